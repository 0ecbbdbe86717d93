-- orders?select=id&owner_id=eq.me&ordered_on=gte.today-30&due_at=lt.now&assignee_ids=cs.{me}
select a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and a.owner_id = $2::uuid and a.ordered_on >= (current_date - 30) and a.due_at < (now()) and a.assignee_ids @> $3::uuid[]
order by a.id
limit 100;
-- $2 = "00000000-0000-0000-0000-0000000000a1"
-- $3 = ["00000000-0000-0000-0000-0000000000a1"]
