\set n random(0, :per - 1)
\set row :n * :workspaces
select * from data.contacts where workspace_id = :ws::uuid and id = ('018f0000-0000-7000-8000-' || lpad(to_hex(:row::bigint), 12, '0'))::uuid;
