-- clients?select=id&notes=wfts(german).Boot -Segel&name=fts.kiel|!nord&address=plfts.kiel
select a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and to_tsvector('german', a.notes) @@ websearch_to_tsquery('german', $2::text) and to_tsvector('simple', a.name) @@ to_tsquery('simple', $3::text) and to_tsvector('simple', a.address) @@ plainto_tsquery('simple', $4::text)
order by a.id
limit 100;
-- $2 = "Boot -Segel"
-- $3 = "kiel|!nord"
-- $4 = "kiel"
