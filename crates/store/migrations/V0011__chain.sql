-- The change log as a chain of hashes (docs/decisions/0022-the-chain-of-the-change-log.md). Every value is covered by
-- a digest with a salt of its own, so that it can be erased later while the chain still holds.

-- One salt per row; the salt of each value is derived from it. Null: something of the row was erased, and `erased` holds
-- the salts of what is left and the digests of what is gone.
alter table kontor.changes add column salt uuid default gen_random_uuid();
alter table kontor.changes add column erased jsonb;
alter table kontor.change_sets add column salt uuid default gen_random_uuid();
alter table kontor.change_sets add column erased jsonb;

-- Transactions commit in another order than they begin. A set whose transaction is older than every one that still
-- runs is final, and no older one can follow.
alter table kontor.change_sets add column xid bigint not null default (pg_current_xact_id()::text)::bigint;
create index change_sets_by_xid on kontor.change_sets (workspace_id, xid, id);

create table kontor.seals (
    workspace_id uuid not null,
    seq bigint not null check (seq > 0),
    change_set_id uuid not null,
    at timestamptz not null,
    changes integer not null,
    prev_hash bytea not null,
    hash bytea not null,
    sealed_at timestamptz not null default now(),
    primary key (workspace_id, seq),
    constraint seals_change_set_id_key unique (workspace_id, change_set_id)
);
-- Readers of the log are shown what a change is sealed by.
grant select on kontor.seals to kontor_app;

-- The anchor: the last seal once more, so that an end that was cut off is missed. `xid`: every set of an older
-- transaction is sealed; `place`: the database in whose count of transactions that is said.
create table kontor.chain_heads (
    workspace_id uuid primary key references kontor.workspaces on delete cascade,
    seq bigint not null,
    hash bytea not null,
    xid bigint not null,
    place text not null,
    sealed_at timestamptz not null default now()
);

do $do$
declare
    name text;
begin
    foreach name in array array['seals', 'chain_heads'] loop
        execute format('alter table kontor.%I enable row level security', name);
        execute format('alter table kontor.%I force row level security', name);
        execute format('create policy tenant on kontor.%I to kontor_app using (workspace_id = (select kontor.workspace()))', name);
        execute format('create policy doors on kontor.%I to current_user using (true)', name);
    end loop;
end $do$;

-- A repeated request is answered as the first one was, with the address and the version of what it made.
alter table kontor.idempotency add column location text;
alter table kontor.idempotency add column etag text;
