-- orders?select=number,lines(*)
select a.number, a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;

-- to-many, parents' ids in column 1
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.id, a.order_id, a.position, a.product, a.quantity, a.price, a.created_at, a.created_by, a.version
from data.order_lines a
where a.workspace_id = $1 and a.order_id = p.id
order by a.position, a.id
limit 1000
) c;
-- $2 = []
