-- clients?select=region,vip_level,shoe_size,colours
select (a.custom->>'region'), (a.custom->>'vip_level')::bigint, (a.custom->>'shoe_size')::numeric, case when jsonb_typeof(a.custom->'colours') = 'array' then array(select jsonb_array_elements_text(a.custom->'colours'))::text[] end, a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;
