-- clients?select=name,iban
select a.name, a.iban, a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;
