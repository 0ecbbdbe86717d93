-- A workspace's own objects and fields: rows of own objects, values that must be unique, the state of indexes.

alter table kontor.workspaces
    -- Counts changes of the overlay: two administrators do not write over each other.
    add column overlay_version bigint not null default 0;

-- One table for the objects of all workspaces; `custom` holds their fields, as it does for own fields of shipped objects.
create table kontor.custom_records (
    workspace_id uuid not null references kontor.workspaces on delete cascade,
    object text not null,
    id uuid not null,
    location_id uuid,
    custom jsonb not null default '{}',
    search_text text,
    created_at timestamptz not null default now(),
    created_by uuid,
    updated_at timestamptz not null default now(),
    updated_by uuid,
    archived_at timestamptz,
    version bigint not null default 1,
    constraint custom_records_pkey primary key (workspace_id, object, id)
);
create index custom_records_by_time on kontor.custom_records (workspace_id, object, created_at, id);
create index custom_records_by_location on kontor.custom_records (workspace_id, location_id) where location_id is not null;
do $do$
declare
    home text;
begin
    select quote_ident(n.nspname) into strict home
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
    -- Led by the workspace and the object, as the search columns of blueprints' tables are led by the workspace.
    execute format('create index custom_records_search on kontor.custom_records
        using gin (workspace_id, object, search_text %s.gin_trgm_ops) with (gin_pending_list_limit = 256)', home);
end $do$;
create index custom_records_custom on kontor.custom_records using gin (custom jsonb_path_ops)
    with (gin_pending_list_limit = 256);
grant select, insert, update, delete on kontor.custom_records to kontor_app;

-- jsonb has no unique constraints: what must be unique among the values of own fields stands here once more, for records
-- that are not archived. `value` is the value as text, or its fingerprint where it is long.
create table kontor.custom_unique (
    workspace_id uuid not null references kontor.workspaces on delete cascade,
    object text not null,
    field text not null,
    value text not null,
    record_id uuid not null,
    constraint custom_unique_pkey primary key (workspace_id, object, field, value)
);
create index custom_unique_of_record on kontor.custom_unique (workspace_id, record_id);
grant select, insert, delete on kontor.custom_unique to kontor_app;

-- Indexes that own fields ask for. `name` is that of the first of them.
create table kontor.custom_indexes (
    workspace_id uuid not null references kontor.workspaces on delete cascade,
    object text not null,
    field text not null,
    -- What it is built over; another kind of the field makes another one.
    definition text not null,
    name text not null,
    state text not null default 'building' check (state in ('building', 'ready', 'failed', 'leaving')),
    error text,
    at timestamptz not null default now(),
    constraint custom_indexes_pkey primary key (workspace_id, object, field)
);
grant select, insert, update, delete on kontor.custom_indexes to kontor_app;

-- Values of own fields, typed. Casts of text are not immutable (`date` and `timestamptz` depend on settings), which an
-- index asks for; and a cast that fails would show the value in its error. These give null for what does not fit, so they
-- may be marked leakproof. In plpgsql, because SQL functions are put in the place of their call and lose both.
create function kontor.as_bigint(t text) returns bigint
    language plpgsql immutable strict parallel safe
    as $$ begin
        if t ~ '^-?[0-9]{1,18}$' then return t::bigint; end if;
        if t ~ '^-?[0-9]{19}$' and t::numeric between -9223372036854775808 and 9223372036854775807 then
            return t::bigint;
        end if;
        return null;
    end $$;
create function kontor.as_numeric(t text) returns numeric
    language plpgsql immutable strict parallel safe
    as $$ begin
        if t ~ '^-?[0-9]{1,100}(\.[0-9]{1,100})?$' then return t::numeric; end if;
        return null;
    end $$;
create function kontor.as_boolean(t text) returns boolean
    language plpgsql immutable strict parallel safe
    as $$ begin return case t when 'true' then true when 'false' then false end; end $$;
-- Without `exception`, which no parallel worker may use: a day that its month does not have is told by its moving on.
create function kontor.as_date(t text) returns date
    language plpgsql immutable strict parallel safe
    as $$
declare
    day date;
begin
    if t !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' or t < '0001' then return null; end if;
    day := make_date(left(t, 4)::int, substr(t, 6, 2)::int, 1) + (substr(t, 9, 2)::int - 1);
    return case when extract(day from day) = substr(t, 9, 2)::int then day end;
end $$;
-- As Kontor writes it: RFC 3339 in UTC.
create function kontor.as_timestamptz(t text) returns timestamptz
    language plpgsql immutable strict parallel safe
    as $$ begin
        if t ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?Z$' then
            return (kontor.as_date(left(t, 10)) + make_time(substr(t, 12, 2)::int, substr(t, 15, 2)::int,
                rtrim(substr(t, 18), 'Z')::float8)) at time zone 'UTC';
        end if;
        return null;
    end $$;
create function kontor.as_uuid(t text) returns uuid
    language plpgsql immutable strict parallel safe
    as $$ begin
        if t ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then return t::uuid; end if;
        return null;
    end $$;
create function kontor.as_texts(j jsonb) returns text[]
    language plpgsql immutable strict parallel safe
    as $$ begin
        if jsonb_typeof(j) = 'array' then return array(select jsonb_array_elements_text(j)); end if;
        return null;
    end $$;
create function kontor.as_uuids(j jsonb) returns uuid[]
    language plpgsql immutable strict parallel safe
    as $$ begin
        if jsonb_typeof(j) = 'array' then return array(select kontor.as_uuid(e) from jsonb_array_elements_text(j) e); end if;
        return null;
    end $$;

-- What searches look at in a record of an own object: the named keys, lists included, folded, and behind them the forms
-- in which the numbers among them are typed.
create function kontor.search_of(custom jsonb, keys text[], numbers text[]) returns text
    language sql stable parallel safe
    as $$
        select coalesce(kontor.fold(string_agg(words, ' ' order by place)), '')
            || coalesce((select string_agg(kontor.search_keys(custom ->> n), '' order by at)
                         from unnest(numbers) with ordinality m(n, at)), '')
        from unnest(keys) with ordinality k(name, place)
        cross join lateral (
            select case jsonb_typeof(custom -> name)
                when 'array' then (select string_agg(e, ' ') from jsonb_array_elements_text(custom -> name) e)
                else custom ->> name
            end as words
        ) w
    $$;

-- The value as it stands in custom_unique.
create function kontor.unique_value(t text) returns text
    language sql immutable strict parallel safe
    as $$ select case when length(t) <= 200 then t else encode(sha256(convert_to(t, 'UTF8')), 'hex') end $$;

-- Takes a value for a record, or says who has it: the error names object and field, as a constraint of a column would.
-- Two that want the same wait for each other.
create function kontor.claim(object text, field text, value text, record_id uuid) returns void
    language plpgsql
    as $$
begin
    insert into kontor.custom_unique as u (workspace_id, object, field, value, record_id)
    values (kontor.workspace(), $1, $2, kontor.unique_value($3), $4)
    on conflict do nothing;
    if not found then
        raise exception 'the value is taken' using errcode = 'unique_violation', schema = 'custom', table = $1, column = $2;
    end if;
end $$;

-- Sorting without an index is for few rows. Raises when there are more than `most`; `counted` counts one further at most.
create function kontor.few(counted bigint, most bigint, object text, field text) returns boolean
    language plpgsql stable
    as $$
begin
    if counted > most then
        raise exception 'too many rows to sort without an index'
            using errcode = 'KO001', schema = 'custom', table = $3, column = $4;
    end if;
    return true;
end $$;

-- The one thing of its workspace that the application may write: its own changes to the model. Null where somebody else
-- was faster.
create function kontor.change_overlay(own jsonb, seen bigint) returns bigint
    language sql security definer set search_path = pg_catalog, pg_temp
    as $$
        update kontor.workspaces w
        set overlay = $1, overlay_version = w.overlay_version + 1, model_revision = w.model_revision + 1, updated_at = now()
        where w.id = kontor.workspace() and w.overlay_version = $2
        returning w.overlay_version
    $$;
-- Every node reads the model again: the state of an index is part of it.
create function kontor.touch_model() returns void
    language sql security definer set search_path = pg_catalog, pg_temp
    as $$ update kontor.workspaces w set model_revision = w.model_revision + 1 where w.id = kontor.workspace() $$;
revoke all on function kontor.change_overlay(jsonb, bigint), kontor.touch_model() from public;
grant execute on function kontor.change_overlay(jsonb, bigint), kontor.touch_model() to kontor_app;

do $do$
declare
    name text;
begin
    foreach name in array array['custom_records', 'custom_unique', 'custom_indexes'] loop
        execute format('alter table kontor.%I enable row level security', name);
        execute format('alter table kontor.%I force row level security', name);
        execute format('create policy tenant on kontor.%I to kontor_app using (workspace_id = (select kontor.workspace()))', name);
        execute format('create policy doors on kontor.%I to current_user using (true)', name);
    end loop;
end $do$;
