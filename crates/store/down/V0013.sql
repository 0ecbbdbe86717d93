alter table kontor.workspaces drop column blueprint_versions;
drop table kontor.blueprint_versions;
delete from kontor.changes where action = 'derive';
alter table kontor.changes drop constraint changes_action_check;
alter table kontor.changes add constraint changes_action_check check (action in ('create', 'update', 'delete', 'archive',
    'restore', 'merge', 'login', 'logout', 'permission_denied', 'revert'))
