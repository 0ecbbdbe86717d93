-- What lies in the storage for records of the object `file`: what is on its way, what is there, and what nobody knows any more.
-- Where the bytes lie follows from the id, which is also the record's.
create table kontor.stored_files (
    workspace_id uuid not null references kontor.workspaces on delete cascade,
    id uuid not null,
    member_id uuid,
    -- The record as it is to be made; goes once it is.
    wish jsonb,
    bytes bigint not null,
    created_at timestamptz not null default now(),
    -- When all of it had come and the record was made.
    completed_at timestamptz,
    -- Since when there is no such record any more.
    gone_at timestamptz,
    primary key (workspace_id, id)
);
create index stored_files_under_way on kontor.stored_files (created_at) where completed_at is null;
create index stored_files_gone on kontor.stored_files (gone_at) where gone_at is not null;

grant select, insert on kontor.stored_files to kontor_app;
grant update (completed_at, wish) on kontor.stored_files to kontor_app;

alter table kontor.stored_files enable row level security;
alter table kontor.stored_files force row level security;
create policy tenant on kontor.stored_files to kontor_app using (workspace_id = (select kontor.workspace()));
create policy doors on kontor.stored_files to current_user using (true);
