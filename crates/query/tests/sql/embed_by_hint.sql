-- orders?select=number,clients!payer_id(name),who:client(name)
select a.number, e1.name, e1.id, e2.name, e2.id, a.id
from data.orders a
left join data.clients e1 on e1.workspace_id = $1 and e1.id = a.payer_id
left join data.clients e2 on e2.workspace_id = $1 and e2.id = a.client_id
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;
