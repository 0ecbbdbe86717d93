\set n random(0, :per - 1)
\set row :n * :workspaces
\set t random(1, 1000000000)
begin;
select * from data.contacts where workspace_id = :ws::uuid and id = ('018f0000-0000-7000-8000-' || lpad(to_hex(:row::bigint), 12, '0'))::uuid for update;
update data.contacts set job_title = 'Title ' || :t::text, updated_at = now(), version = version + 1 where workspace_id = :ws::uuid and id = ('018f0000-0000-7000-8000-' || lpad(to_hex(:row::bigint), 12, '0'))::uuid;
with s as (insert into kontor.change_sets (workspace_id, id, at, member_id, actor_name, actor_kind, source) values (:ws::uuid, gen_random_uuid(), now(), '00000000-0000-0000-0000-000000000000', 'bench', 'system', 'request') returning workspace_id, id, at) insert into kontor.changes (workspace_id, change_set_id, seq, at, object, record_id, action, before, after, version) select workspace_id, id, 1, at, 'contact', ('018f0000-0000-7000-8000-' || lpad(to_hex(:row::bigint), 12, '0'))::uuid, 'update', '{"job_title": "Buyer"}', jsonb_build_object('job_title', 'Title ' || :t::text), 2 from s;
commit;
