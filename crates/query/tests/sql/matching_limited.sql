-- PATCH orders?stage=eq.open&order=amount.desc&limit=2
select a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and a.stage = $2::text
order by a.amount desc, a.id desc
limit 2
for update of a;
-- $2 = "open"
