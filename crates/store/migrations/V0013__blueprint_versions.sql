-- A change that follows from another record's: rollups, and the formulas that read them.
alter table kontor.changes drop constraint changes_action_check;
alter table kontor.changes add constraint changes_action_check check (action in ('create', 'update', 'delete', 'archive',
    'restore', 'merge', 'login', 'logout', 'permission_denied', 'revert', 'derive'));

-- The shipped definition of a blueprint as it once was: what a workspace's own changes were made upon. Kept once per
-- version, whoever uses it; `files` holds the text of its files by path, sample data left out.
create table kontor.blueprint_versions (
    name text not null,
    fingerprint text not null,
    files jsonb not null,
    first_seen_at timestamptz not null default now(),
    primary key (name, fingerprint)
);

-- By blueprint, the version that the workspace has taken up; a blueprint that is not named has not been noted yet.
alter table kontor.workspaces add column blueprint_versions jsonb not null default '{}';
