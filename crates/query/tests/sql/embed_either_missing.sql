-- orders?select=number,client(),contacts()&or=(client.is.null,contacts.not.is.null)
select a.number, a.id
from data.orders a
left join data.clients e1 on e1.workspace_id = $1 and e1.id = a.client_id
where a.workspace_id = $1 and a.archived_at is null and (e1.id is null or exists (select 1 from data.order_contacts e3
join data.contacts e2 on e2.workspace_id = $1 and e2.id = e3.contact_id where e3.workspace_id = $1 and e3.order_id = a.id and e3.archived_at is null and e2.archived_at is null))
order by a.id
limit 100;
