-- Schemas, extensions and the few functions that everything else stands on.
-- The role kontor_app exists before this runs: roles belong to the cluster, not to this database.

create schema if not exists kontor;
create schema if not exists data;

create extension if not exists pg_trgm with schema kontor;
create extension if not exists unaccent with schema kontor;

grant usage on schema kontor, data to kontor_app;

-- The tenant of this transaction. Local settings end as '' and not as null, hence nullif.
create function kontor.workspace() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('kontor.workspace', true), '')::uuid $$;

-- Lower case without accents, for search. unaccent() is only stable because its dictionary could be changed; with the
-- dictionary named, and not changed, it may be called immutable, which generated columns ask for. The extension may
-- have been put into another schema by whoever runs the server, so the schema is looked up.
do $do$
declare
    home text;
begin
    select quote_ident(n.nspname) into strict home
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'unaccent';
    execute format($sql$
        create function kontor.fold(t text) returns text
            language sql immutable strict parallel safe
            as $$ select lower(%1$s.unaccent('%1$s.unaccent'::regdictionary, t)) $$
    $sql$, home);
end $do$;

-- `%term%`, folded like the search columns, with the term's own wildcards taken literally.
create function kontor.like_pattern(t text) returns text
    language sql immutable strict parallel safe
    as $$ select '%' || replace(replace(replace(kontor.fold(t), '\', '\\'), '%', '\%'), '_', '\_') || '%' $$;
