-- Workspaces, who works in them, and how they prove it.
-- Tables with a workspace are fenced twice: row-level security for the application's role, and no privilege at all
-- where only the system doors have business. The owner passes by a policy of its own, for the doors.

create table kontor.workspaces (
    id uuid primary key,
    slug text not null,
    name text not null,
    blueprints text[] not null default '{}',
    overlay jsonb,
    model_revision bigint not null default 1,
    timezone text not null default 'UTC',
    currency text not null default 'EUR',
    settings jsonb not null default '{}',
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint workspaces_slug_key unique (slug),
    constraint workspaces_slug_check check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$')
);
-- The revision is compared in every transaction; the rest of the row is the doors' business.
grant select (id, model_revision, is_active) on kontor.workspaces to kontor_app;

create table kontor.users (
    id uuid primary key,
    email text not null,
    name text not null,
    password_hash text,
    is_super_admin boolean not null default false,
    is_active boolean not null default true,
    email_verified boolean not null default false,
    image text,
    timezone text,
    preferences jsonb not null default '{}',
    last_login_at timestamptz,
    password_changed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint users_email_key unique (email),
    constraint users_email_check check (email = lower(email))
);

create table kontor.members (
    workspace_id uuid not null references kontor.workspaces on delete cascade,
    id uuid not null,
    user_id uuid not null references kontor.users on delete cascade,
    name text not null,
    email text not null,
    client_id uuid,
    is_active boolean not null default true,
    job_title text,
    created_at timestamptz not null default now(),
    created_by uuid,
    updated_at timestamptz not null default now(),
    updated_by uuid,
    version bigint not null default 1,
    primary key (workspace_id, id),
    constraint members_user_id_key unique (workspace_id, user_id),
    constraint members_email_key unique (workspace_id, email)
);
create index members_of_user on kontor.members (user_id);
grant select on kontor.members to kontor_app;

create table kontor.role_assignments (
    workspace_id uuid not null,
    id uuid not null,
    member_id uuid not null,
    role text not null,
    location_id uuid,
    created_at timestamptz not null default now(),
    created_by uuid,
    primary key (workspace_id, id),
    constraint role_assignments_member_id_fkey foreign key (workspace_id, member_id)
        references kontor.members (workspace_id, id) on delete cascade,
    constraint role_assignments_key unique nulls not distinct (workspace_id, member_id, role, location_id)
);
grant select on kontor.role_assignments to kontor_app;

create table kontor.role_overrides (
    workspace_id uuid not null references kontor.workspaces on delete cascade,
    location_id uuid not null,
    role text not null,
    rights jsonb not null default '{}',
    updated_at timestamptz not null default now(),
    updated_by uuid,
    primary key (workspace_id, location_id, role)
);
grant select on kontor.role_overrides to kontor_app;

create table kontor.sessions (
    id uuid primary key default gen_random_uuid(),
    token_hash bytea not null,
    user_id uuid not null references kontor.users on delete cascade,
    workspace_id uuid references kontor.workspaces on delete cascade,
    csrf text not null,
    created_at timestamptz not null default now(),
    refreshed_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ip inet,
    user_agent text,
    constraint sessions_token_hash_key unique (token_hash)
);
create index sessions_of_user on kontor.sessions (user_id);
create index sessions_by_expiry on kontor.sessions (expires_at);

create table kontor.api_keys (
    workspace_id uuid not null references kontor.workspaces on delete cascade,
    id uuid not null,
    member_id uuid not null,
    name text not null,
    key_hash bytea not null,
    prefix text not null,
    scopes text[] not null default '{}',
    created_at timestamptz not null default now(),
    created_by uuid,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    primary key (workspace_id, id),
    constraint api_keys_key_hash_key unique (key_hash),
    constraint api_keys_member_id_fkey foreign key (workspace_id, member_id)
        references kontor.members (workspace_id, id) on delete cascade
);
create index api_keys_of_member on kontor.api_keys (workspace_id, member_id);

create table kontor.invitations (
    workspace_id uuid not null references kontor.workspaces on delete cascade,
    id uuid not null,
    email text not null,
    role text not null,
    location_id uuid,
    token_hash bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    accepted_at timestamptz,
    revoked_at timestamptz,
    invited_by uuid,
    primary key (workspace_id, id),
    constraint invitations_token_hash_key unique (token_hash)
);

create table kontor.auth_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    kind text not null,
    workspace_id uuid,
    user_id uuid,
    member_id uuid,
    email text,
    ip inet,
    user_agent text,
    request_id text,
    detail jsonb
);
create index auth_log_by_email on kontor.auth_log (email, at desc);
create index auth_log_by_ip on kontor.auth_log (ip, at desc);
create index auth_log_by_workspace on kontor.auth_log (workspace_id, at desc);

do $do$
declare
    name text;
begin
    foreach name in array array['members', 'role_assignments', 'role_overrides', 'sessions', 'api_keys', 'invitations',
        'auth_log']
    loop
        execute format('alter table kontor.%I enable row level security', name);
        execute format('alter table kontor.%I force row level security', name);
        execute format('create policy tenant on kontor.%I to kontor_app using (workspace_id = (select kontor.workspace()))', name);
        execute format('create policy doors on kontor.%I to current_user using (true)', name);
    end loop;
end $do$;
