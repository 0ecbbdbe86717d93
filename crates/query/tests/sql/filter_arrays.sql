-- clients?select=id&tags=cs.{vip,broker}&colours=ov.{red}&address=cs.{"city":"Kiel"}
select a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and a.tags @> $2::text[] and case when jsonb_typeof(a.custom->'colours') = 'array' then array(select jsonb_array_elements_text(a.custom->'colours'))::text[] end && $3::text[] and a.address @> $4::jsonb
order by a.id
limit 100;
-- $2 = ["vip","broker"]
-- $3 = ["red"]
-- $4 = {"city":"Kiel"}
