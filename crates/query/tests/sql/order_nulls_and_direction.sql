-- orders?select=id&order=amount.desc.nullslast,ordered_on&limit=10&offset=20
select a.id, a.amount, a.ordered_on
from data.orders a
where a.workspace_id = $1 and a.archived_at is null
order by a.amount desc nulls last, a.ordered_on, a.id
limit 10
offset $2::bigint;
-- $2 = 20
