-- clients?select=region,vip_level,shoe_size,colours
select (a.custom->>'region'), kontor.as_bigint(a.custom->>'vip_level'), kontor.as_numeric(a.custom->>'shoe_size'), kontor.as_texts(a.custom->'colours'), a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;
