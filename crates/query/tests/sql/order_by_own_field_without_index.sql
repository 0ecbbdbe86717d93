-- clients?select=id&order=shoe_size
select a.id, kontor.as_numeric(a.custom->>'shoe_size')
from data.clients a
where a.workspace_id = $1 and a.archived_at is null and kontor.few((select count(*) from (select 1 from data.clients o where o.workspace_id = $1 limit 10001) few), 10000, 'client', 'shoe_size')
order by kontor.as_numeric(a.custom->>'shoe_size'), a.id
limit 100;
