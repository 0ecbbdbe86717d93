-- clients?view=active
select a.id, a.name, (a.custom->>'region'), e1.name, e1.id
from data.clients a
left join kontor.members e1 on e1.workspace_id = $1 and e1.id = a.owner_id
where a.workspace_id = $1 and a.archived_at is null and a.status = $2::text
order by a.name, a.id
limit 100;
-- $2 = "active"
