drop table kontor.idempotency;
drop function kontor.next_number(text, integer);
drop table kontor.counters;
drop table kontor.stage_history;
drop function kontor.ensure_partitions(date, integer);
drop table kontor.changes;
drop table kontor.change_sets;
