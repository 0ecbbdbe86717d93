-- members?select=name&q=mara
with found as materialized (
select a.id as id
from kontor.members a
where a.workspace_id = $1 and a.archived_at is null and (kontor.fold(a.name::text) like kontor.like_pattern($2::text) or kontor.fold(a.email::text) like kontor.like_pattern($2::text))
limit 10000
)
select a.name, a.id
from found
join kontor.members a on a.workspace_id = $1 and a.id = found.id
order by a.id
limit 100;
-- $2 = "mara"
