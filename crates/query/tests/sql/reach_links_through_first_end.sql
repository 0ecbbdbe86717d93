-- order_contacts?select=id
select a.id
from data.order_contacts a
where a.workspace_id = $1 and a.archived_at is null and exists (select 1 from data.orders r1 where r1.workspace_id = $1 and r1.id = a.order_id and r1.owner_id = $2::uuid)
order by a.id
limit 100;
-- $2 = "00000000-0000-0000-0000-0000000000a1"
