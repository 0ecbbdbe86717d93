-- orders?select=stage,count() Prefer: count=exact
select a.stage, count(*)
from data.orders a
where a.workspace_id = $1 and a.archived_at is null
group by 1
order by 1
limit 100;

-- count
select count(*) from (
select a.stage, count(*)
from data.orders a
where a.workspace_id = $1 and a.archived_at is null
group by 1
) t;
