-- Who looks like whom, and who was merged into whom.

-- How a word sounds, roughly: its first letter and the classes of the consonants behind it, so that most typing errors
-- keep it. `word` is folded.
create function kontor.sound(word text) returns text
    language sql immutable strict parallel safe
    as $$ select left(left(word, 1) || translate(substr(word, 2), 'bfpvcgjkqsxzdtlmnraeiouyhw', '111122222222334556'), 4) $$;

-- The words of a text, folded, one blank apart.
create function kontor.words(t text) returns text
    language sql immutable strict parallel safe
    as $$ select btrim(regexp_replace(kontor.fold(t), '[^[:alnum:]]+', ' ', 'g')) $$;

-- What two records must share, one at least, to be compared at all: e-mail, phone, identifier, day of birth, two words of
-- the name, a word of the name with company, post code or town, a street with post code or house number. Nulls tell nothing.
create function kontor.match_keys(name text, emails text[], phones text[], identifiers text[], companies text[],
    addresses jsonb[], lines text, days date[]) returns text[]
    language plpgsql immutable parallel safe
    as $$
declare
    keys text[] := '{}';
    codes text[] := '{}';
    streets text[];
    word text;
    code text;
    zip text;
    town text;
    house text;
    address jsonb;
    day date;
begin
    foreach word in array string_to_array(coalesce(kontor.words(name), ''), ' ') loop
        continue when length(word) < 2;
        code := kontor.sound(word);
        if code <> all (codes) then
            codes := codes || code;
        end if;
        exit when cardinality(codes) = 3;
    end loop;
    for i in 1 .. cardinality(codes) loop
        for j in i + 1 .. cardinality(codes) loop
            keys := keys || ('n' || least(codes[i], codes[j]) || ' ' || greatest(codes[i], codes[j]));
        end loop;
    end loop;
    foreach word in array emails loop
        continue when coalesce(btrim(word), '') = '';
        keys := keys || ('e' || lower(btrim(word)));
    end loop;
    foreach word in array phones loop
        code := regexp_replace(word, '[^0-9]', '', 'g');
        continue when coalesce(length(code), 0) < 6;
        keys := keys || ('p' || case when word like '+%' then '+' else '' end || code);
    end loop;
    foreach word in array identifiers loop
        code := lower(regexp_replace(word, '[^[:alnum:]]', '', 'g'));
        continue when coalesce(length(code), 0) < 4;
        keys := keys || ('i' || code);
    end loop;
    foreach word in array companies loop
        continue when coalesce(word, '') = '';
        foreach code in array codes loop
            keys := keys || ('k' || replace(kontor.words(word), ' ', '') || ' ' || code);
        end loop;
    end loop;
    foreach day in array days loop
        continue when day is null;
        keys := keys || ('d' || (day - date '1970-01-01'));
    end loop;
    -- Lines without structure: what holds a digit is taken for a post code or a house number.
    foreach word in array string_to_array(coalesce(kontor.words(lines), ''), ' ') loop
        continue when length(word) < 3 or word !~ '[0-9]';
        foreach code in array codes loop
            keys := keys || ('w' || code || ' ' || word);
        end loop;
        exit when cardinality(keys) > 40;
    end loop;
    foreach address in array addresses loop
        continue when address is null;
        zip := replace(kontor.words(address ->> 'postal_code'), ' ', '');
        town := kontor.sound(split_part(kontor.words(address ->> 'city'), ' ', 1));
        house := substring(address ->> 'street' from '[0-9]+');
        streets := array[
            kontor.sound(substring(kontor.words(address ->> 'street') from '[^0-9 ][^ ]+')),
            kontor.sound(substring(kontor.words(address ->> 'street2') from '[^0-9 ][^ ]+'))];
        foreach code in array codes loop
            if zip <> '' then
                keys := keys || ('w' || code || ' ' || zip);
            end if;
            if town <> '' then
                keys := keys || ('c' || code || ' ' || town);
            end if;
        end loop;
        foreach code in array streets loop
            continue when coalesce(code, '') = '';
            if zip <> '' then
                keys := keys || ('a' || code || ' ' || zip);
            end if;
            if house <> '' then
                keys := keys || ('h' || code || ' ' || house);
            end if;
        end loop;
    end loop;
    return array(select distinct k from unnest(keys) k order by k);
end $$;

-- Pairs that look alike. `a_id` is the smaller id, so a pair has one row; a dismissed one stays dismissed.
create table kontor.duplicates (
    workspace_id uuid not null,
    id uuid not null,
    object text not null,
    a_id uuid not null,
    b_id uuid not null,
    score numeric(4, 3) not null check (score between 0 and 1),
    reason text not null,
    evidence jsonb not null default '[]',
    state text not null default 'open' check (state in ('open', 'merged', 'dismissed')),
    found_at timestamptz not null default now(),
    decided_at timestamptz,
    decided_by uuid,
    primary key (workspace_id, id),
    unique (workspace_id, object, a_id, b_id),
    check (a_id < b_id)
);
create index duplicates_of_b on kontor.duplicates (workspace_id, b_id);
create index duplicates_by_score on kontor.duplicates (workspace_id, object, state, score desc, id);
grant select, insert, update, delete on kontor.duplicates to kontor_app;

-- What was merged. What it moved and changed stands in its change set, which un-merging takes back.
create table kontor.merges (
    workspace_id uuid not null,
    id uuid not null,
    object text not null,
    survivor_id uuid not null,
    merged_ids uuid[] not null,
    -- Field name to the id of the record whose value was kept, where it was not the survivor's.
    choices jsonb not null default '{}',
    -- References that were moved, by object and field.
    moved jsonb not null default '{}',
    change_set_id uuid not null,
    at timestamptz not null,
    by uuid not null,
    undone_at timestamptz,
    undone_by uuid,
    primary key (workspace_id, id)
);
create unique index merges_change_set on kontor.merges (workspace_id, change_set_id);
create index merges_by_time on kontor.merges (workspace_id, at desc, id desc);
create index merges_of_survivor on kontor.merges (workspace_id, survivor_id, at desc);
grant select, insert on kontor.merges to kontor_app;
grant update (undone_at, undone_by) on kontor.merges to kontor_app;

-- Where a record went: one row while it is merged.
create table kontor.merged_records (
    workspace_id uuid not null,
    record_id uuid not null,
    object text not null,
    survivor_id uuid not null,
    merge_id uuid not null,
    primary key (workspace_id, record_id, object)
);
create index merged_records_of_survivor on kontor.merged_records (workspace_id, survivor_id);
create index merged_records_of_merge on kontor.merged_records (workspace_id, merge_id);
grant select, insert, delete on kontor.merged_records to kontor_app;

-- Rows of an import that are very like stored records, and what becomes of them. Ids and scores, no values.
create table kontor.import_matches (
    workspace_id uuid not null,
    import_id uuid not null,
    row bigint not null,
    choice text not null check (choice in ('create', 'skip', 'update', 'ask')),
    -- The record that the row changes.
    record_id uuid,
    -- `[{id, score, reason}]`, the most alike first.
    candidates jsonb not null,
    primary key (workspace_id, import_id, row)
);
create index import_matches_of_record on kontor.import_matches (workspace_id, import_id, record_id)
    where record_id is not null;
grant select, insert, delete on kontor.import_matches to kontor_app;
-- How many rows of the file these are.
alter table kontor.imports add column duplicates bigint not null default 0;
-- When its refused rows and matches were let go.
alter table kontor.imports add column swept_at timestamptz;
create index imports_to_sweep on kontor.imports (created_at) where swept_at is null;

do $do$
declare
    name text;
begin
    foreach name in array array['duplicates', 'merges', 'merged_records', 'import_matches'] loop
        execute format('alter table kontor.%I enable row level security', name);
        execute format('alter table kontor.%I force row level security', name);
        execute format('create policy tenant on kontor.%I to kontor_app using (workspace_id = (select kontor.workspace()))', name);
        execute format('create policy doors on kontor.%I to current_user using (true)', name);
    end loop;
end $do$;
