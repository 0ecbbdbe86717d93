-- orders?select=number,client(name)&as_of=2026-01-31T10:00:00Z Prefer: count=exact
with then_orders_log as materialized (
select c.record_id, c.version, c.at, c.seq, c.before, c.after
from kontor.change_sets s
join kontor.changes c on c.workspace_id = s.workspace_id and c.change_set_id = s.id and c.at = s.at
where s.workspace_id = $1 and s.at > $2::timestamptz and c.at > $2::timestamptz and c.object = 'order'
),
then_orders_first as (
select distinct on (record_id) record_id, version, before is null as is_new, after is null as is_gone
from then_orders_log order by record_id, version, at, seq
),
then_orders_fields as (
select record_id, jsonb_object_agg(key, value) as fields from (
select distinct on (c.record_id, k.key) c.record_id, k.key, coalesce(c.before->k.key, 'null') as value
from then_orders_log c cross join lateral jsonb_object_keys(coalesce(c.before, '{}') || coalesce(c.after, '{}')) k(key)
order by c.record_id, k.key, c.version, c.at, c.seq) each_field group by record_id
),
then_orders as materialized (
select f.record_id as id, f.is_new, f.fields || jsonb_build_object('workspace_id', $1, 'id', f.record_id, 'version', case when f.is_gone then f.version else f.version - 1 end) as fields
from (select o.record_id, o.version, o.is_new, o.is_gone, coalesce(e.fields, '{}') as fields
from then_orders_first o left join then_orders_fields e using (record_id)) f
left join data.orders t on t.workspace_id = $1 and t.id = f.record_id
left join lateral (select c.at, s.member_id from kontor.changes c join kontor.change_sets s on s.workspace_id = $1 and s.id = c.change_set_id and s.at = c.at where c.workspace_id = $1 and c.record_id = f.record_id and c.object = 'order' and c.at <= $2::timestamptz order by c.at desc, c.version desc limit 1) p on not f.is_new
),
then_clients_log as materialized (
select c.record_id, c.version, c.at, c.seq, c.before, c.after
from kontor.change_sets s
join kontor.changes c on c.workspace_id = s.workspace_id and c.change_set_id = s.id and c.at = s.at
where s.workspace_id = $1 and s.at > $2::timestamptz and c.at > $2::timestamptz and c.object = 'client'
),
then_clients_first as (
select distinct on (record_id) record_id, version, before is null as is_new, after is null as is_gone
from then_clients_log order by record_id, version, at, seq
),
then_clients_fields as (
select record_id, jsonb_object_agg(key, value) as fields from (
select distinct on (c.record_id, k.key) c.record_id, k.key, coalesce(c.before->k.key, 'null') as value
from then_clients_log c cross join lateral jsonb_object_keys(coalesce(c.before, '{}') || coalesce(c.after, '{}')) k(key)
order by c.record_id, k.key, c.version, c.at, c.seq) each_field group by record_id
),
then_clients as materialized (
select f.record_id as id, f.is_new, f.fields || jsonb_build_object('workspace_id', $1, 'id', f.record_id, 'version', case when f.is_gone then f.version else f.version - 1 end) || case when (f.fields ?| array['iban']) then jsonb_build_object('iban', null) else '{}' end || jsonb_build_object('custom', coalesce(t.custom, '{}') || (select coalesce(jsonb_object_agg(k.key, k.value), '{}') from jsonb_each(f.fields) k where k.key in ('region', 'vip_level', 'shoe_size', 'colours'))) as fields
from (select o.record_id, o.version, o.is_new, o.is_gone, coalesce(e.fields, '{}') as fields
from then_clients_first o left join then_clients_fields e using (record_id)) f
left join data.clients t on t.workspace_id = $1 and t.id = f.record_id
left join lateral (select c.at, s.member_id from kontor.changes c join kontor.change_sets s on s.workspace_id = $1 and s.id = c.change_set_id and s.at = c.at where c.workspace_id = $1 and c.record_id = f.record_id and c.object = 'client' and c.at <= $2::timestamptz order by c.at desc, c.version desc limit 1) p on not f.is_new
)
select a.number, e1.name, e1.id, a.id
from (select t.* from data.orders t where t.workspace_id = $1 and not exists (select 1 from then_orders h where h.id = t.id)
union all
select r.* from then_orders h left join data.orders t on t.workspace_id = $1 and t.id = h.id cross join lateral jsonb_populate_record(t, h.fields) r where not h.is_new) a
left join (select t.* from data.clients t where t.workspace_id = $1 and not exists (select 1 from then_clients h where h.id = t.id)
union all
select r.* from then_clients h left join data.clients t on t.workspace_id = $1 and t.id = h.id cross join lateral jsonb_populate_record(t, h.fields) r where not h.is_new) e1 on e1.workspace_id = $1 and e1.id = a.client_id and e1.owner_id = $5::uuid and exists (select 1 from data.clients present where present.workspace_id = $1 and present.id = e1.id and present.owner_id = $6::uuid)
where a.workspace_id = $1 and a.archived_at is null and a.owner_id = $3::uuid and exists (select 1 from data.orders present where present.workspace_id = $1 and present.id = a.id and present.owner_id = $4::uuid)
order by a.id
limit 100;
-- $2 = "2026-01-31T10:00:00Z"
-- $3 = "00000000-0000-0000-0000-0000000000a1"
-- $4 = "00000000-0000-0000-0000-0000000000a1"
-- $5 = "00000000-0000-0000-0000-0000000000a1"
-- $6 = "00000000-0000-0000-0000-0000000000a1"

-- count
with then_orders_log as materialized (
select c.record_id, c.version, c.at, c.seq, c.before, c.after
from kontor.change_sets s
join kontor.changes c on c.workspace_id = s.workspace_id and c.change_set_id = s.id and c.at = s.at
where s.workspace_id = $1 and s.at > $2::timestamptz and c.at > $2::timestamptz and c.object = 'order'
),
then_orders_first as (
select distinct on (record_id) record_id, version, before is null as is_new, after is null as is_gone
from then_orders_log order by record_id, version, at, seq
),
then_orders_fields as (
select record_id, jsonb_object_agg(key, value) as fields from (
select distinct on (c.record_id, k.key) c.record_id, k.key, coalesce(c.before->k.key, 'null') as value
from then_orders_log c cross join lateral jsonb_object_keys(coalesce(c.before, '{}') || coalesce(c.after, '{}')) k(key)
order by c.record_id, k.key, c.version, c.at, c.seq) each_field group by record_id
),
then_orders as materialized (
select f.record_id as id, f.is_new, f.fields || jsonb_build_object('workspace_id', $1, 'id', f.record_id, 'version', case when f.is_gone then f.version else f.version - 1 end) as fields
from (select o.record_id, o.version, o.is_new, o.is_gone, coalesce(e.fields, '{}') as fields
from then_orders_first o left join then_orders_fields e using (record_id)) f
left join data.orders t on t.workspace_id = $1 and t.id = f.record_id
left join lateral (select c.at, s.member_id from kontor.changes c join kontor.change_sets s on s.workspace_id = $1 and s.id = c.change_set_id and s.at = c.at where c.workspace_id = $1 and c.record_id = f.record_id and c.object = 'order' and c.at <= $2::timestamptz order by c.at desc, c.version desc limit 1) p on not f.is_new
),
then_clients_log as materialized (
select c.record_id, c.version, c.at, c.seq, c.before, c.after
from kontor.change_sets s
join kontor.changes c on c.workspace_id = s.workspace_id and c.change_set_id = s.id and c.at = s.at
where s.workspace_id = $1 and s.at > $2::timestamptz and c.at > $2::timestamptz and c.object = 'client'
),
then_clients_first as (
select distinct on (record_id) record_id, version, before is null as is_new, after is null as is_gone
from then_clients_log order by record_id, version, at, seq
),
then_clients_fields as (
select record_id, jsonb_object_agg(key, value) as fields from (
select distinct on (c.record_id, k.key) c.record_id, k.key, coalesce(c.before->k.key, 'null') as value
from then_clients_log c cross join lateral jsonb_object_keys(coalesce(c.before, '{}') || coalesce(c.after, '{}')) k(key)
order by c.record_id, k.key, c.version, c.at, c.seq) each_field group by record_id
),
then_clients as materialized (
select f.record_id as id, f.is_new, f.fields || jsonb_build_object('workspace_id', $1, 'id', f.record_id, 'version', case when f.is_gone then f.version else f.version - 1 end) || case when (f.fields ?| array['iban']) then jsonb_build_object('iban', null) else '{}' end || jsonb_build_object('custom', coalesce(t.custom, '{}') || (select coalesce(jsonb_object_agg(k.key, k.value), '{}') from jsonb_each(f.fields) k where k.key in ('region', 'vip_level', 'shoe_size', 'colours'))) as fields
from (select o.record_id, o.version, o.is_new, o.is_gone, coalesce(e.fields, '{}') as fields
from then_clients_first o left join then_clients_fields e using (record_id)) f
left join data.clients t on t.workspace_id = $1 and t.id = f.record_id
left join lateral (select c.at, s.member_id from kontor.changes c join kontor.change_sets s on s.workspace_id = $1 and s.id = c.change_set_id and s.at = c.at where c.workspace_id = $1 and c.record_id = f.record_id and c.object = 'client' and c.at <= $2::timestamptz order by c.at desc, c.version desc limit 1) p on not f.is_new
)
select count(*)
from (select t.* from data.orders t where t.workspace_id = $1 and not exists (select 1 from then_orders h where h.id = t.id)
union all
select r.* from then_orders h left join data.orders t on t.workspace_id = $1 and t.id = h.id cross join lateral jsonb_populate_record(t, h.fields) r where not h.is_new) a
where a.workspace_id = $1 and a.archived_at is null and a.owner_id = $3::uuid and exists (select 1 from data.orders present where present.workspace_id = $1 and present.id = a.id and present.owner_id = $4::uuid);
-- $2 = "2026-01-31T10:00:00Z"
-- $3 = "00000000-0000-0000-0000-0000000000a1"
-- $4 = "00000000-0000-0000-0000-0000000000a1"
