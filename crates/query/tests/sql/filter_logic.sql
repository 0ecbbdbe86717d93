-- orders?select=id&or=(stage.eq.open,and(amount.gt.10,not.or(paid.is.true,priority.is.null)))&not.and=(stage.eq.lost,paid.is.false)
select a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and (a.stage = $2::text or (a.amount > $3::numeric and not (a.paid is true or a.priority is null))) and not (a.stage = $4::text and a.paid is false)
order by a.id
limit 100;
-- $2 = "open"
-- $3 = "10"
-- $4 = "lost"
