-- clients?select=name,orders(number,amount)&orders.stage=eq.open&orders.order=amount.desc&orders.limit=3
select a.name, a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;

-- to-many, parents' ids in column 1
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.number, a.amount, a.id
from data.orders a
where a.workspace_id = $1 and a.client_id = p.id and a.archived_at is null and a.stage = $3::text
order by a.amount desc, a.id desc
limit 3
) c;
-- $2 = []
-- $3 = "open"
