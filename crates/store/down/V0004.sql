drop function kontor.sign_in_attempt(bytea, integer, interval);
drop table kontor.sign_in_attempts;
drop index kontor.sessions_by_previous;
alter table kontor.sessions drop column previous_hash;
