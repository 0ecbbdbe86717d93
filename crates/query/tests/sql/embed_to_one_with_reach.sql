-- orders?select=number,client(name)
select a.number, e1.name, e1.id, a.id
from data.orders a
left join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id and e1.owner_id = $3::uuid
where a.workspace_id = $1 and a.archived_at is null and a.owner_id = $2::uuid
order by a.id
limit 100;
-- $2 = "00000000-0000-0000-0000-0000000000a1"
-- $3 = "00000000-0000-0000-0000-0000000000a1"
