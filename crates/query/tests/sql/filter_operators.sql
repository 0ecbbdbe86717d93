-- orders?select=id&amount=gte.100.5&priority=in.(1,2)&ordered_on=lt.2026-01-31&paid=is.true&stage=neq.lost&client_id=eq.00000000-0000-0000-0000-0000000000c1
select a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and a.amount >= $2::numeric and a.priority = any($3::text[]::bigint[]) and a.ordered_on < $4::date and a.paid is true and a.stage <> $5::text and a.client_id = $6::uuid
order by a.id
limit 100;
-- $2 = "100.5"
-- $3 = ["1","2"]
-- $4 = "2026-01-31"
-- $5 = "lost"
-- $6 = "00000000-0000-0000-0000-0000000000c1"
