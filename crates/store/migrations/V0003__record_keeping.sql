-- The change log, and what else is written beside every record: stages, numbers, remembered answers.

create table kontor.change_sets (
    workspace_id uuid not null,
    id uuid not null,
    at timestamptz not null,
    member_id uuid not null,
    actor_name text not null,
    actor_kind text not null,
    source text not null check (source in ('request', 'import', 'demo', 'undo', 'automation', 'job', 'system')),
    note text,
    undo_of uuid,
    request_id text,
    ip inet,
    user_agent text,
    location_id uuid,
    primary key (workspace_id, id, at)
) partition by range (at);
create index change_sets_by_time on kontor.change_sets (workspace_id, at desc, id desc);

create table kontor.changes (
    workspace_id uuid not null,
    change_set_id uuid not null,
    seq integer not null,
    at timestamptz not null,
    object text not null,
    record_id uuid not null,
    action text not null check (action in ('create', 'update', 'delete', 'archive', 'restore', 'merge', 'login',
        'logout', 'permission_denied', 'revert')),
    before jsonb,
    after jsonb,
    version bigint,
    primary key (workspace_id, change_set_id, seq, at)
) partition by range (at);
-- Record ids are unique by themselves; the object in front would only make the index larger.
create index changes_of_record on kontor.changes (workspace_id, record_id, at desc);

create table kontor.change_sets_default partition of kontor.change_sets default;
create table kontor.changes_default partition of kontor.changes default;

-- Append-only for the application: no update, no delete, no truncate.
grant select, insert on kontor.change_sets, kontor.changes to kontor_app;

-- Makes the partitions of `months` months from the month of `from_day` on, those that are missing. A month whose rows
-- already went to the default partition stays there. Answers with how many were made.
create function kontor.ensure_partitions(from_day date, months integer) returns integer
    language plpgsql
    as $$
declare
    parent text;
    first_day date;
    child text;
    made integer := 0;
begin
    foreach parent in array array['change_sets', 'changes'] loop
        for i in 0 .. months - 1 loop
            first_day := (date_trunc('month', from_day) + make_interval(months => i))::date;
            child := parent || '_' || to_char(first_day, 'YYYY_MM');
            continue when to_regclass('kontor.' || child) is not null;
            begin
                execute format('create table kontor.%I partition of kontor.%I for values from (%L) to (%L)', child, parent,
                    first_day::text || ' 00:00:00+00', (first_day + interval '1 month')::date::text || ' 00:00:00+00');
                made := made + 1;
            exception when check_violation then
                raise notice 'the default partition already holds rows of %', child;
            end;
        end loop;
    end loop;
    return made;
end $$;

create table kontor.stage_history (
    workspace_id uuid not null,
    id bigint generated always as identity,
    object text not null,
    record_id uuid not null,
    field text not null,
    from_stage text,
    to_stage text,
    at timestamptz not null,
    by uuid,
    change_set_id uuid not null,
    primary key (workspace_id, id)
);
create index stage_history_of_record on kontor.stage_history (workspace_id, record_id, at desc);
grant select, insert on kontor.stage_history to kontor_app;

create table kontor.counters (
    workspace_id uuid not null,
    series text not null,
    year integer not null,
    last bigint not null,
    primary key (workspace_id, series, year)
);
grant select, insert, update on kontor.counters to kontor_app;

-- The next number of a series. The row stays locked until the transaction ends: a number is either committed or given
-- to the next one, so the series has no gaps.
create function kontor.next_number(series text, year integer) returns bigint
    language sql
    as $$
        insert into kontor.counters as c (workspace_id, series, year, last)
        values (kontor.workspace(), $1, $2, 1)
        on conflict (workspace_id, series, year) do update set last = c.last + 1
        returning last
    $$;

create table kontor.idempotency (
    workspace_id uuid not null,
    member_id uuid not null,
    key text not null,
    request_hash text not null,
    status integer not null,
    body text not null,
    at timestamptz not null default now(),
    primary key (workspace_id, member_id, key)
);
create index idempotency_by_time on kontor.idempotency (at);
grant select, insert on kontor.idempotency to kontor_app;

do $do$
declare
    name text;
begin
    foreach name in array array['change_sets', 'changes', 'stage_history', 'counters', 'idempotency'] loop
        execute format('alter table kontor.%I enable row level security', name);
        execute format('alter table kontor.%I force row level security', name);
        execute format('create policy tenant on kontor.%I to kontor_app using (workspace_id = (select kontor.workspace()))', name);
        execute format('create policy doors on kontor.%I to current_user using (true)', name);
    end loop;
end $do$;
