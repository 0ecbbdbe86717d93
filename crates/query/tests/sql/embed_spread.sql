-- orders?select=number,...client(client_name:name)
select a.number, e1.name, a.id
from data.orders a
left join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;
