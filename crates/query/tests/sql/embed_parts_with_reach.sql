-- orders?select=number,lines(product)
select a.number, a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and a.location_id = $2::uuid
order by a.id
limit 100;
-- $2 = "00000000-0000-0000-0000-0000000000b1"

-- to-many, parents' ids in column 1
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.product, a.id
from data.order_lines a
where a.workspace_id = $1 and a.order_id = p.id and exists (select 1 from data.orders r1 where r1.workspace_id = $1 and r1.id = a.order_id and r1.location_id = $3::uuid)
order by a.position, a.id
limit 1000
) c;
-- $2 = []
-- $3 = "00000000-0000-0000-0000-0000000000b1"
