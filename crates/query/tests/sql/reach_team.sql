-- orders?select=id
select a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and (a.owner_id = any($2::uuid[]) or a.assignee_ids && $2::uuid[] or exists (select 1 from data.clients r1 where r1.workspace_id = $1 and r1.id = a.client_id and r1.owner_id = any($2::uuid[])))
order by a.id
limit 100;
-- $2 = ["00000000-0000-0000-0000-0000000000a1","00000000-0000-0000-0000-0000000000a2"]
