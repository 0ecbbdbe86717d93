\set n random(1, 1000000000)
\set m random(0, :clients - 1)
\set client :m * :workspaces
begin;
insert into data.contacts (workspace_id, id, first_name, last_name, name, email, client_id, is_primary, marketing_consent, do_not_call, email_bounced, custom, created_at, created_by, updated_at, updated_by, version) values (:ws::uuid, gen_random_uuid(), 'New', 'Person ' || :n::text, 'New Person ' || :n::text, 'new.' || :n::text || '@example.com', ('018e0000-0000-7000-8000-' || lpad(to_hex(:client::bigint), 12, '0'))::uuid, false, 'unknown', false, false, '{}', now(), '00000000-0000-0000-0000-000000000000', now(), '00000000-0000-0000-0000-000000000000', 1);
with s as (insert into kontor.change_sets (workspace_id, id, at, member_id, actor_name, actor_kind, source) values (:ws::uuid, gen_random_uuid(), now(), '00000000-0000-0000-0000-000000000000', 'bench', 'system', 'request') returning workspace_id, id, at) insert into kontor.changes (workspace_id, change_set_id, seq, at, object, record_id, action, before, after, version) select workspace_id, id, 1, at, 'contact', gen_random_uuid(), 'create', null, jsonb_build_object('first_name', 'New', 'last_name', 'Person ' || :n::text, 'email', 'new.' || :n::text || '@example.com'), 1 from s;
commit;
