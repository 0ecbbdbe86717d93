-- clients?select=name&q=acme Prefer: count=exact
with found as materialized (
select a.id as id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and a.search_text like kontor.like_pattern($2::text)
limit 10000
)
select a.name, a.id
from found
join data.clients a on a.workspace_id = $1 and a.id = found.id
order by a.id
limit 100;
-- $2 = "acme"

-- count
with found as materialized (
select a.id as id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and a.search_text like kontor.like_pattern($2::text)
limit 10000
)
select count(*)
from found
join data.clients a on a.workspace_id = $1 and a.id = found.id;
-- $2 = "acme"
