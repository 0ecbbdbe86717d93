-- orders?select=number,contacts(name)
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
from data.order_contacts e1
join data.contacts a on a.workspace_id = $1 and a.id = e1.contact_id
where e1.workspace_id = $1 and e1.order_id = p.id and e1.archived_at is null and a.archived_at is null
order by a.id
limit 1000
) c;
-- $2 = []
