-- clients?select=id&order=vip_level.desc
select a.id, kontor.as_bigint(a.custom->>'vip_level')
from data.clients a
where a.workspace_id = $1 and a.archived_at is null
order by kontor.as_bigint(a.custom->>'vip_level') desc, a.id desc
limit 100;
