-- orders?select=stage,amount.sum(),amount.avg(),priority.max(),count()&order=sum.desc
select a.stage, sum(a.amount), avg(a.amount), max(a.priority)::bigint, count(*)
from data.orders a
where a.workspace_id = $1 and a.archived_at is null
group by 1
order by 2 desc, 1
limit 100;
