-- clients?select=name,orders(stage,amount.sum())
select a.name, a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;

-- to-many, parents' ids in column 1
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.stage, sum(a.amount)
from data.orders a
where a.workspace_id = $1 and a.client_id = p.id and a.archived_at is null
group by 1
order by 1
limit 1000
) c;
-- $2 = []
