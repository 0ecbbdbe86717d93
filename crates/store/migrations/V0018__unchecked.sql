-- Records that were just made and are to be compared with those that are there: taken many at a time by one job.
create table kontor.unchecked (
    workspace_id uuid not null,
    object text not null,
    record_id uuid not null,
    primary key (workspace_id, object, record_id)
);
grant select, insert, update, delete on kontor.unchecked to kontor_app;
alter table kontor.unchecked enable row level security;
alter table kontor.unchecked force row level security;
create policy tenant on kontor.unchecked to kontor_app using (workspace_id = (select kontor.workspace()));
create policy doors on kontor.unchecked to current_user using (true);
