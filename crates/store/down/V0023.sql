do $do$
declare
    name text;
begin
    for name in
        select format('%I.%I', n.nspname, c.relname)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('data', 'kontor') and c.relkind = 'i' and c.relname like 'own\_%\_search'
    loop
        execute 'drop index ' || name;
    end loop;
end $do$;
drop function kontor.searched(text);
