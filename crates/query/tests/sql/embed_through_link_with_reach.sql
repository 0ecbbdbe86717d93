-- orders?select=number,contacts(name)
select a.number, a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and (a.owner_id = $2::uuid or a.assignee_ids @> array[$2::uuid] or exists (select 1 from data.clients r1 where r1.workspace_id = $1 and r1.id = a.client_id and r1.owner_id = $2::uuid))
order by a.id
limit 100;
-- $2 = "00000000-0000-0000-0000-0000000000a1"

-- to-many, parents' ids in column 1
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.name, a.id
from data.order_contacts e1
join data.contacts a on a.workspace_id = $1 and a.id = e1.contact_id
where e1.workspace_id = $1 and e1.order_id = p.id and e1.archived_at is null and exists (select 1 from data.orders r1 where r1.workspace_id = $1 and r1.id = e1.order_id and (r1.owner_id = $3::uuid or r1.assignee_ids @> array[$3::uuid] or exists (select 1 from data.clients r2 where r2.workspace_id = $1 and r2.id = r1.client_id and r2.owner_id = $3::uuid))) and a.archived_at is null and a.created_by = $4::uuid
order by a.id
limit 1000
) c;
-- $2 = []
-- $3 = "00000000-0000-0000-0000-0000000000a1"
-- $4 = "00000000-0000-0000-0000-0000000000a1"
