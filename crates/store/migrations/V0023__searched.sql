-- What a search looks at in one own field of a shipped object: the value folded, and the forms in which its numbers are
-- typed. In plpgsql, as the typed values of own fields are: an SQL function would be put in the place of its call, and
-- under row-level security the index over it could not be used.
create function kontor.searched(t text) returns text
    language plpgsql immutable strict parallel safe
    as $$ begin return kontor.fold(t) || kontor.search_keys(t); end $$;
