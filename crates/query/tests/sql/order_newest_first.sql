-- orders?select=id&order=created_at.desc
select a.id, a.created_at
from data.orders a
where a.workspace_id = $1 and a.archived_at is null
order by a.created_at desc, a.id desc
limit 100;
