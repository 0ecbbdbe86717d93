-- orders?select=client(name),total:amount.sum()
select e1.name, e1.id, sum(a.amount)
from data.orders a
left join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id
where a.workspace_id = $1 and a.archived_at is null
group by 1, 2
order by 1, 2
limit 100;
