-- What failed is looked for among everything that was done: the newest first, a page at a time.
create index jobs_by_state on kontor.jobs (workspace_id, state, id);
