drop index kontor.jobs_by_state;
