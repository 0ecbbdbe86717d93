-- clients
select a.id, a.name, a.email, a.status, a.notes, a.address, a.tags, a.owner_id, (a.custom->>'region'), (a.custom->>'vip_level')::bigint, (a.custom->>'shoe_size')::numeric, case when jsonb_typeof(a.custom->'colours') = 'array' then array(select jsonb_array_elements_text(a.custom->'colours'))::text[] end, a.created_at, a.created_by, a.archived_at, a.version
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and a.owner_id = $2::uuid
order by a.id
limit 100;
-- $2 = "00000000-0000-0000-0000-0000000000a1"
