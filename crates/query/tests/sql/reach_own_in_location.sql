-- orders?select=id
select a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and (a.location_id = $2::uuid and a.owner_id = $3::uuid)
order by a.id
limit 100;
-- $2 = "00000000-0000-0000-0000-0000000000b1"
-- $3 = "00000000-0000-0000-0000-0000000000a1"
