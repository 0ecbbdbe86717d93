-- orders?select=number,client!inner(name)&client.name=eq.Acme&order=number Prefer: count=exact
select a.number, e1.name, e1.id, a.id
from data.orders a
join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id and e1.name = $2::text
where a.workspace_id = $1 and a.archived_at is null
order by a.number, a.id
limit 100;
-- $2 = "Acme"

-- count
select count(*)
from data.orders a
join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id and e1.name = $2::text
where a.workspace_id = $1 and a.archived_at is null;
-- $2 = "Acme"
