-- clients?select=id&name=ilike.*acme*&email=not.like.*@example.org&notes=match.^A&status=imatch.x
select a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and a.name ilike $2::text and not (a.email like $3::text) and a.notes ~ $4::text and a.status ~* $5::text
order by a.id
limit 100;
-- $2 = "%acme%"
-- $3 = "%@example.org"
-- $4 = "^A"
-- $5 = "x"
