-- memos?select=id
select a.id
from data.memos a
where a.workspace_id = $1 and a.archived_at is null and false
order by a.id
limit 100;
