-- clients?view=active&status=eq.lost&order=created_at.desc&select=name
select a.name, a.created_at, a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and a.status = $2::text
order by a.created_at desc, a.id desc
limit 100;
-- $2 = "lost"
