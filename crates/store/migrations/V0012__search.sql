-- Search over all objects. The trigram index of a search column is led by the workspace, so that what one workspace looks
-- for is not weighed down by the rows of the others; numbers of documents and telephones are found however typed.

create extension if not exists btree_gin with schema kontor;

-- What numbers are also found by: letters and digits of a value as words, without leading zeros, each between blanks of its
-- own, then all its digits in one. `SO-2025-0001` gives ` so  2025  1  20250001 `; what holds no digit gives nothing.
create function kontor.search_keys(t text) returns text
    language sql immutable parallel safe
    as $$
        select case when t ~ '[0-9]' then
            regexp_replace(
                regexp_replace(kontor.fold(t), '([a-z]+|[0-9]+)|[^a-z0-9]+', ' \1 ', 'g'), ' 0+(?=[0-9])', ' ', 'g')
            || ' ' || regexp_replace(t, '[^0-9]+', '', 'g') || ' '
        else '' end
    $$;

-- How much of what was looked for stands in a text, mistyped letters allowed: 0 to 1. Wherever the extension is.
do $do$
declare
    home text;
begin
    select quote_ident(n.nspname) into strict home
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
    execute format($sql$
        create function kontor.likeness(wanted text, t text) returns real
            language sql immutable strict parallel safe
            as $$ select %s.word_similarity(wanted, t) $$
    $sql$, home);
end $do$;
