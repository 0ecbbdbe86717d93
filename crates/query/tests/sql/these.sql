-- orders/00000000-0000-0000-0000-0000000000d2,00000000-0000-0000-0000-0000000000d1?select=id,client(name)
select a.id, e1.name, e1.id
from data.orders a
left join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id and e1.owner_id = $4::uuid
where a.workspace_id = $1 and a.id = any($2::uuid[]) and a.owner_id = $3::uuid
order by array_position($5::uuid[], a.id);
-- $2 = ["00000000-0000-0000-0000-0000000000d2","00000000-0000-0000-0000-0000000000d1"]
-- $3 = "00000000-0000-0000-0000-0000000000a1"
-- $4 = "00000000-0000-0000-0000-0000000000a1"
-- $5 = ["00000000-0000-0000-0000-0000000000d2","00000000-0000-0000-0000-0000000000d1"]
