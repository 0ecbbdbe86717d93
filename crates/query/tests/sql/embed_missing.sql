-- clients?select=name,orders()&orders=is.null&orders.stage=eq.open
select a.name, a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and not exists (select 1 from data.orders e1 where e1.workspace_id = $1 and e1.client_id = a.id and e1.archived_at is null and e1.stage = $2::text)
order by a.id
limit 100;
-- $2 = "open"
