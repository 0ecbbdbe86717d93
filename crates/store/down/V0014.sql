alter table kontor.imports drop column swept_at;
alter table kontor.imports drop column duplicates;
drop table kontor.import_matches;
drop table kontor.merged_records;
drop table kontor.merges;
drop table kontor.duplicates;
-- Tables of blueprints may have columns made with it; they go along and come back with the next `kontor migrate`.
drop function kontor.match_keys(text, text[], text[], text[], text[], jsonb[], text, date[]) cascade;
drop function kontor.words(text);
drop function kontor.sound(text);
