-- orders?select=number&stage=eq.open Prefer: count=estimated
select a.number, a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and a.stage = $2::text
order by a.id
limit 100;
-- $2 = "open"

-- estimate
select 1
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and a.stage = $2::text;
-- $2 = "open"

-- estimate, exact
select count(*)
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and a.stage = $2::text;
-- $2 = "open"
