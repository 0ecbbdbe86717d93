-- orders/00000000-0000-0000-0000-0000000000d1?select=*,lines(*)
select a.id, a.number, a.stage, a.client_id, a.payer_id, a.amount, a.priority, a.ordered_on, a.due_at, a.paid, a.owner_id, a.assignee_ids, a.location_id, a.created_at, a.created_by, a.archived_at, a.version
from data.orders a
where a.workspace_id = $1 and a.id = $2::uuid and a.owner_id = $3::uuid;
-- $2 = "00000000-0000-0000-0000-0000000000d1"
-- $3 = "00000000-0000-0000-0000-0000000000a1"

-- to-many, parents' ids in column 0
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.id, a.order_id, a.position, a.product, a.quantity, a.price, a.created_at, a.created_by, a.version
from data.order_lines a
where a.workspace_id = $1 and a.order_id = p.id and exists (select 1 from data.orders r1 where r1.workspace_id = $1 and r1.id = a.order_id and r1.owner_id = $3::uuid)
order by a.position, a.id
limit 1000
) c;
-- $2 = []
-- $3 = "00000000-0000-0000-0000-0000000000a1"
