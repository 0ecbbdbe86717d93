-- order_lines?select=id
select a.id
from data.order_lines a
where a.workspace_id = $1 and exists (select 1 from data.orders r1 where r1.workspace_id = $1 and r1.id = a.order_id and (r1.location_id = $2::uuid and (r1.owner_id = $3::uuid or r1.assignee_ids @> array[$3::uuid] or exists (select 1 from data.clients r2 where r2.workspace_id = $1 and r2.id = r1.client_id and r2.owner_id = $3::uuid))))
order by a.id
limit 100;
-- $2 = "00000000-0000-0000-0000-0000000000b1"
-- $3 = "00000000-0000-0000-0000-0000000000a1"
