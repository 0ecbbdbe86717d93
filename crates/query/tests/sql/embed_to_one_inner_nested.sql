-- orders?select=number,client!inner(name,owner!inner(name))&client.owner.name=eq.Mara
select a.number, e1.name, e2.name, e2.id, e1.id, a.id
from data.orders a
join (data.clients e1
join kontor.members e2 on e2.workspace_id = $1 and e2.id = e1.owner_id and e2.name = $2::text) on e1.workspace_id = $1 and e1.id = a.client_id
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;
-- $2 = "Mara"
