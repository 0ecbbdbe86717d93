-- PATCH orders?stage=eq.open&client_id=is.null
select a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and a.owner_id = $2::uuid and a.stage = $3::text and a.client_id is null
order by a.id
limit 1001
for update of a;
-- $2 = "00000000-0000-0000-0000-0000000000a1"
-- $3 = "open"
