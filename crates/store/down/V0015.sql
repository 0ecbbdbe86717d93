drop function kontor.touch_model(), kontor.change_overlay(jsonb, bigint), kontor.few(bigint, bigint, text, text),
    kontor.claim(text, text, text, uuid), kontor.unique_value(text), kontor.search_of(jsonb, text[], text[]);
drop table kontor.custom_indexes, kontor.custom_unique, kontor.custom_records;
alter table kontor.workspaces drop column overlay_version;
do $do$
declare
    name text;
begin
    -- Indexes over own fields stand on these functions.
    for name in select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'data' and c.relkind = 'i' and c.relname like 'own\_%'
    loop
        execute format('drop index %s', name);
    end loop;
end $do$;
drop function kontor.as_uuids(jsonb), kontor.as_texts(jsonb), kontor.as_uuid(text), kontor.as_timestamptz(text),
    kontor.as_date(text), kontor.as_boolean(text), kontor.as_numeric(text), kontor.as_bigint(text);
