-- clients?select=id&tags=cs.{vip,broker}&colours=ov.{red}&address=cs.{"city":"Kiel"}
select a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and a.tags @> $2::text[] and kontor.as_texts(a.custom->'colours') && $3::text[] and a.address @> $4::jsonb
order by a.id
limit 100;
-- $2 = ["vip","broker"]
-- $3 = ["red"]
-- $4 = {"city":"Kiel"}
