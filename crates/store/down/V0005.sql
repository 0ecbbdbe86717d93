drop table kontor.job_schedules;
drop table kontor.jobs;
drop function kontor.jobs_arrived();
