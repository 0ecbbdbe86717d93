-- orders?select=number,client(name,contacts(name))
select a.number, e1.name, e1.id, a.id
from data.orders a
left join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;

-- to-many, parents' ids in column 2
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.name, a.id
from data.contacts a
where a.workspace_id = $1 and a.client_id = p.id and a.archived_at is null
order by a.id
limit 1000
) c;
-- $2 = []
