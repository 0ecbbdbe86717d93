-- orders?select=id,client(name)&order=client(name).desc
select a.id, e1.name, e1.id
from data.orders a
left join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id
where a.workspace_id = $1 and a.archived_at is null
order by e1.name desc, a.id desc
limit 100;
