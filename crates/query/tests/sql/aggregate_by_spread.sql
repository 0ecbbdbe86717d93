-- orders?select=...client(status),count()&order=client(status)
select e1.status, count(*)
from data.orders a
left join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id
where a.workspace_id = $1 and a.archived_at is null
group by 1
order by 1
limit 100;
