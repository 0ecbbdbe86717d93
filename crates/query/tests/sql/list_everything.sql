-- clients
select a.id, a.name, a.email, a.status, a.notes, a.address, a.tags, a.credit_limit, a.owner_id, (a.custom->>'region'), kontor.as_bigint(a.custom->>'vip_level'), kontor.as_numeric(a.custom->>'shoe_size'), kontor.as_texts(a.custom->'colours'), a.created_at, a.created_by, a.archived_at, a.version
from data.clients a
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;
