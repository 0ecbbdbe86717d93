-- What the search columns stand on goes with them; `kontor migrate` of the version before makes its own again.
drop function kontor.search_keys(text) cascade;
drop function kontor.likeness(text, text);
do $do$
declare
    name record;
begin
    for name in select i.indexrelid::regclass as index from pg_index i
        join pg_opclass o on o.oid = any(i.indclass) join pg_depend d on d.objid = o.oid and d.deptype = 'e'
        join pg_extension e on e.oid = d.refobjid where e.extname = 'btree_gin'
    loop
        execute format('drop index %s', name.index);
    end loop;
end $do$;
drop extension btree_gin;
