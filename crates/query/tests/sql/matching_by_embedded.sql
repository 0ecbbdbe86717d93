-- PATCH orders?select=*,client!inner(name)&client.name=eq.Acme
select a.id
from data.orders a
join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id and e1.name = $2::text
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 1001
for update of a;
-- $2 = "Acme"
