-- orders?select=number,assignees(name)
select a.number, a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;

-- to-many, parents' ids in column 1
select p.id, c.*
from unnest($2::uuid[]) p(id)
cross join lateral (
select a.name, a.id
from data.orders e1
join kontor.members a on a.workspace_id = $1 and a.id = any(e1.assignee_ids)
where e1.workspace_id = $1 and e1.id = p.id and a.archived_at is null
order by a.id
limit 1000
) c;
-- $2 = []
