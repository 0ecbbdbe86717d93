-- clients?select=called:name,credit_limit::text,address->>city,address->geo->0
select a.name, a.credit_limit::text, (a.address->>$2::text), ((a.address->$3::text)->0), a.id
from data.clients a
where a.workspace_id = $1 and a.archived_at is null
order by a.id
limit 100;
-- $2 = "city"
-- $3 = "geo"
