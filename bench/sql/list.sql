\set t random(0, 3)
\set d random(1, 28)
select a.id, a.name, a.email, a.phone, a.job_title, a.created_at, c.id, c.name from data.contacts a left join data.clients c on c.workspace_id = a.workspace_id and c.id = a.client_id where a.workspace_id = :ws::uuid and a.archived_at is null and a.job_title = (array['Director', 'Buyer', 'Engineer', 'Assistant'])[:t::int + 1] and a.created_at < make_timestamptz(2025, 11, :d::int, 0, 0, 0, 'UTC') order by a.created_at desc, a.id desc limit 50;
