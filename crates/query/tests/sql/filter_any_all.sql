-- orders?select=id&priority=gt(any).{1,2}&number=like(all).{A*,*9}&stage=in.(open,"on, hold")
select a.id
from data.orders a
where a.workspace_id = $1 and a.archived_at is null and a.priority > any($2::text[]::bigint[]) and a.number like all($3::text[]) and a.stage = any($4::text[])
order by a.id
limit 100;
-- $2 = ["1","2"]
-- $3 = ["A%","%9"]
-- $4 = ["open","on, hold"]
