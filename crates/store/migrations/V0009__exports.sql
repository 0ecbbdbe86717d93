-- What was taken out of a workspace, by whom, and where the file lies until it is swept.

create table kontor.exports (
    workspace_id uuid not null references kontor.workspaces on delete cascade,
    id uuid not null,
    member_id uuid,
    kind text not null check (kind in ('list', 'workspace', 'person')),
    object text,
    -- As in the list's address; holds what was searched for, so it goes when the file goes.
    query text not null default '',
    format text not null check (format in ('csv', 'xlsx', 'jsonl', 'zip')),
    header text not null default 'labels' check (header in ('labels', 'names')),
    title text,
    record_id uuid,
    job_id uuid,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    file_key text,
    file_name text,
    rows bigint,
    bytes bigint,
    primary key (workspace_id, id)
);
create index exports_of_member on kontor.exports (workspace_id, member_id, id);
create index exports_finished on kontor.exports (finished_at) where file_key is not null;

grant select on kontor.exports to kontor_app;
grant insert (workspace_id, id, member_id, kind, object, query, format, header, title, record_id) on kontor.exports to kontor_app;
grant update (job_id, finished_at, file_key, file_name, rows, bytes) on kontor.exports to kontor_app;

alter table kontor.exports enable row level security;
alter table kontor.exports force row level security;
create policy tenant on kontor.exports to kontor_app using (workspace_id = (select kontor.workspace()));
create policy doors on kontor.exports to current_user using (true);
