-- orders?select=id&archived_at=not.is.null
select a.id
from data.orders a
where a.workspace_id = $1 and not (a.archived_at is null)
order by a.id
limit 100;
