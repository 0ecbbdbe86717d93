-- clients?select=name,orders!inner(number,lines!inner(product))&orders.lines.product=like.R*
select a.name, a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and exists (select 1 from data.orders e1 where e1.workspace_id = $1 and e1.client_id = a.id and e1.archived_at is null and exists (select 1 from data.order_lines e2 where e2.workspace_id = $1 and e2.order_id = e1.id and e2.product like $2::text))
order by a.id
limit 100;
-- $2 = "R%"

-- to-many, parents' ids in column 1
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.number, a.id
from data.orders a
where a.workspace_id = $1 and a.client_id = p.id and a.archived_at is null and exists (select 1 from data.order_lines e1 where e1.workspace_id = $1 and e1.order_id = a.id and e1.product like $3::text)
order by a.id
limit 1000
) c;
-- $2 = []
-- $3 = "R%"

-- to-many, parents' ids in column 2
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.product, a.id
from data.order_lines a
where a.workspace_id = $1 and a.order_id = p.id and a.product like $3::text
order by a.position, a.id
limit 1000
) c;
-- $2 = []
-- $3 = "R%"
