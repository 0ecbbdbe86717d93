-- Imports as jobs: what was uploaded, how far an import is, and what belongs to it while it runs.

create table kontor.import_uploads (
    workspace_id uuid not null,
    id uuid not null,
    member_id uuid,
    name text not null,
    bytes bigint not null,
    file_key text not null,
    created_at timestamptz not null default now(),
    primary key (workspace_id, id)
);
create index import_uploads_by_time on kontor.import_uploads (created_at);

create table kontor.imports (
    workspace_id uuid not null,
    id uuid not null,
    member_id uuid,
    upload_id uuid not null,
    file text not null,
    object text not null,
    -- The order as it was given: mapping, mode, key, choices.
    spec jsonb not null,
    job_id uuid,
    state text not null default 'waiting' check (state in ('waiting', 'checking', 'writing', 'done', 'refused', 'failed',
        'cancelled', 'undoing', 'undone')),
    dry_run boolean not null,
    -- Rows of the file that are behind it in this pass. Moves in the transaction that wrote them.
    position bigint not null default 0,
    total bigint,
    created bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    skipped bigint not null default 0,
    refused bigint not null default 0,
    header text[] not null default '{}',
    notes text[] not null default '{}',
    problem jsonb,
    conflicts jsonb,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (workspace_id, id)
);
create index imports_by_time on kontor.imports (workspace_id, created_at desc, id desc);

-- The change sets of an import, in the order in which they were written.
create table kontor.import_chunks (
    workspace_id uuid not null,
    import_id uuid not null,
    seq integer not null,
    change_set_id uuid not null,
    -- Null: it stands.
    undone_at timestamptz,
    primary key (workspace_id, import_id, seq)
);
create index import_chunks_by_set on kontor.import_chunks (workspace_id, change_set_id);

-- Rows that were refused, with their cells, so that they can be mended and sent again.
create table kontor.import_errors (
    workspace_id uuid not null,
    import_id uuid not null,
    row bigint not null,
    cells text[],
    errors jsonb not null,
    primary key (workspace_id, import_id, row)
);

-- Keys that the file has had so far, as hashes, so that a second row with one is known as such in a file of any size.
create table kontor.import_keys (
    workspace_id uuid not null,
    import_id uuid not null,
    key text not null,
    row bigint not null,
    primary key (workspace_id, import_id, key)
);

-- References to rows of the same file that had not come yet.
create table kontor.import_links (
    workspace_id uuid not null,
    import_id uuid not null,
    row bigint not null,
    record_id uuid not null,
    refs jsonb not null,
    primary key (workspace_id, import_id, row)
);

grant select, insert, delete on kontor.import_uploads, kontor.import_errors, kontor.import_keys, kontor.import_links
    to kontor_app;
grant select, insert, update on kontor.imports to kontor_app;
grant select, insert, update (undone_at) on kontor.import_chunks to kontor_app;

do $do$
declare
    name text;
begin
    foreach name in array array['import_uploads', 'imports', 'import_chunks', 'import_errors', 'import_keys',
        'import_links'] loop
        execute format('alter table kontor.%I enable row level security', name);
        execute format('alter table kontor.%I force row level security', name);
        execute format('create policy tenant on kontor.%I to kontor_app using (workspace_id = (select kontor.workspace()))', name);
        execute format('create policy doors on kontor.%I to current_user using (true)', name);
    end loop;
end $do$;
