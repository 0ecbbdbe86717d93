-- clients?select=id&region=eq.north&vip_level=gt.3&shoe_size=is.null
select a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and (a.custom->>'region') = $2::text and kontor.as_bigint(a.custom->>'vip_level') > $3::bigint and kontor.as_numeric(a.custom->>'shoe_size') is null
order by a.id
limit 100;
-- $2 = "north"
-- $3 = 3
