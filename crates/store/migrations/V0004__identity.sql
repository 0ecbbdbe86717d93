-- A session remembers the token that its present one replaced, for the moment in which requests that were already
-- under way still carry it.
alter table kontor.sessions add column previous_hash bytea;
create index sessions_by_previous on kontor.sessions (previous_hash) where previous_hash is not null;

-- Sign-in attempts that have not succeeded, by fingerprint of the address tried and of the network address.
create table kontor.sign_in_attempts (
    id bigint generated always as identity primary key,
    subject bytea not null,
    at timestamptz not null default clock_timestamp()
);
create index sign_in_attempts_by_subject on kontor.sign_in_attempts (subject, at);
create index sign_in_attempts_by_time on kontor.sign_in_attempts (at);

-- Counts an attempt before the password is looked at, so that guesses sent at once do not slip through together.
-- Answers the seconds to wait; zero: go on.
create function kontor.sign_in_attempt(subject_ bytea, most integer, span interval)
returns integer language plpgsql as $$
declare
    tried integer;
    oldest timestamptz;
begin
    perform pg_advisory_xact_lock(hashtextextended(encode(subject_, 'hex'), 0));
    select count(*), min(at) into tried, oldest
    from (select at from kontor.sign_in_attempts
          where subject = subject_ and at > clock_timestamp() - span
          order by at desc limit most) recent;
    if tried >= most then
        return greatest(1, ceil(extract(epoch from oldest + span - clock_timestamp())))::integer;
    end if;
    insert into kontor.sign_in_attempts (subject) values (subject_);
    return 0;
end
$$;
