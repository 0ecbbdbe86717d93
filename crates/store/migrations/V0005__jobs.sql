-- Work that is done after the answer has gone out, and when it comes round by itself.

-- Jobs of the engine itself, which belong to no workspace, have the nil id in `workspace_id`: no actor is in that
-- workspace, so no row-level policy ever shows them to one.
create table kontor.jobs (
    workspace_id uuid not null,
    id uuid not null,
    queue text not null check (queue in ('email', 'documents', 'notifications', 'import', 'export', 'reports',
        'webhooks', 'maintenance', 'ai', 'bulk')),
    kind text not null,
    -- Ids only: what a job needs to know it reads when it runs, with the rights of that moment.
    payload jsonb not null default '{}',
    -- On whose behalf, and what the key and the chosen location left of that member's rights. Null: the system's.
    member_id uuid,
    scopes text[],
    location_id uuid,
    change_set_id uuid,
    once_key text,
    state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    run_at timestamptz not null default now(),
    attempt integer not null default 0,
    max_attempts integer not null check (max_attempts > 0),
    leased_by uuid,
    lease_until timestamptz,
    cancel_asked boolean not null default false,
    done bigint not null default 0,
    total bigint,
    result jsonb,
    error text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    primary key (workspace_id, id),
    check (state <> 'running' or (leased_by is not null and lease_until is not null))
);
-- What a claim reads, in its order.
create index jobs_due on kontor.jobs (queue, run_at, id) where state = 'waiting';
create index jobs_leased on kontor.jobs (queue, lease_until) where state = 'running';
create unique index jobs_once on kontor.jobs (workspace_id, kind, once_key)
    where once_key is not null and state in ('waiting', 'running');
create index jobs_of_member on kontor.jobs (workspace_id, member_id, id);
create index jobs_finished on kontor.jobs (finished_at) where finished_at is not null;

-- The application orders and looks; everything that moves a job on is done by the doors.
grant select on kontor.jobs to kontor_app;
grant insert (workspace_id, id, queue, kind, payload, member_id, scopes, location_id, change_set_id, once_key, run_at,
    max_attempts) on kontor.jobs to kontor_app;

alter table kontor.jobs enable row level security;
alter table kontor.jobs force row level security;
create policy tenant on kontor.jobs to kontor_app using (workspace_id = (select kontor.workspace()));
create policy doors on kontor.jobs to current_user using (true);

-- Heard at commit, so a worker never looks for a job that it cannot see yet.
create function kontor.jobs_arrived() returns trigger language plpgsql as $$
begin
    perform pg_notify('kontor_jobs', '');
    return null;
end $$;
create trigger jobs_arrived after insert on kontor.jobs
    for each statement execute function kontor.jobs_arrived();

-- What comes round by itself. One row for the whole installation, so that of several nodes one fires.
create table kontor.job_schedules (
    name text primary key,
    cron text not null,
    last_fired timestamptz not null default now()
);
