//! The queue as a worker sees it: jobs of all workspaces, claimed under a lease, carried on, and ended.
use crate::{Store, problems};
use futures_util::future::try_join4;
use jiff::SignedDuration;
use kernel::{Outcome, Timestamp, Uuid};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio_postgres::Row;

/// Heard by workers: empty when there may be something to do, `cancel:<id>` when a running job is to stop.
pub const CHANNEL: &str = "kontor_jobs";

/// How many more jobs of a queue are wanted.
#[derive(Debug, Clone)]
pub struct Room {
    pub queue: &'static str,
    pub here: usize,
    /// How many may run at once on all nodes together.
    pub everywhere: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct Claimed {
    pub workspace: Uuid,
    pub id: Uuid,
    pub queue: String,
    pub kind: String,
    pub payload: Json,
    pub member: Option<Uuid>,
    pub scopes: Option<Vec<String>>,
    pub location: Option<Uuid>,
    /// From 1.
    pub attempt: u32,
    pub max_attempts: u32,
}

/// Which run of which job: a worker that lost its lease cannot end the run of the one that took over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Holding {
    pub workspace: Uuid,
    pub id: Uuid,
    pub attempt: u32,
}

#[derive(Debug, Clone)]
pub enum Ending {
    Done(Option<Json>),
    /// For good.
    Failed(String),
    /// To be tried again after this.
    Retry(String, Duration),
    Cancelled,
    /// Given back unfinished, as if it had never been claimed.
    Returned,
}

/// What a worker wants of its turn.
#[derive(Debug)]
pub struct Asked<'a> {
    pub rooms: &'a [Room],
    /// What it can do.
    pub kinds: &'a [&'a str],
    /// Kinds whose end is told to who ordered them, also when nothing went wrong.
    pub tells: &'a [&'a str],
    pub lease: Duration,
}

/// The kind of the job that tells a member that another one of theirs has ended; its payload is `{job}`.
pub const ENDED: &str = "notices.ended";

#[derive(Debug)]
pub struct Turn {
    pub claimed: Vec<Claimed>,
    /// How long until the next job of the wanted queues is due.
    pub next: Option<Duration>,
}

/// Ends runs and claims others, in one transaction.
pub async fn turn(
    store: &Store,
    worker: Uuid,
    ended: &[(Holding, Ending)],
    asked: &Asked<'_>,
) -> Outcome<Turn> {
    let Asked { rooms, kinds, tells, lease } = *asked;
    let mut door = store.door().await?;
    let queues: Vec<&str> = rooms.iter().map(|r| r.queue).collect();
    let here: Vec<i32> = rooms.iter().map(|r| r.here as i32).collect();
    let everywhere: Vec<Option<i32>> = rooms.iter().map(|r| r.everywhere.map(|n| n as i32)).collect();
    let bounded = rooms.iter().any(|r| r.everywhere.is_some());
    let endings = Json::Array(ended.iter().map(|(held, ending)| row(held, ending)).collect());
    let seconds = lease.as_secs_f64();
    let (end, lost, lock, claim, again, next) = (
        door.prepare(END).await?,
        door.prepare(LOST).await?,
        door.prepare(LOCK).await?,
        door.prepare(CLAIM).await?,
        door.prepare("select pg_notify('kontor_jobs', '')").await?,
        door.prepare(NEXT).await?,
    );
    let transaction = door.transaction().await?;
    // Sent together and run in this order: what has ended makes room, and what is counted is counted under the lock.
    let ending = async { transaction.query(&end, &[&worker, &endings]).await };
    let freeing = async { transaction.query(&lost, &[&queues]).await };
    let locking = async { transaction.execute(&lock, &[&bounded]).await };
    let claiming =
        async { transaction.query(&claim, &[&queues, &here, &everywhere, &kinds, &worker, &seconds]).await };
    let (gone, lost, _, rows) =
        try_join4(ending, freeing, locking, claiming).await.map_err(problems::plain)?;
    let told: Vec<&Row> = gone.iter().chain(&lost).filter(|row| is_told(row, tells)).collect();
    if !told.is_empty() {
        let of = |name: &str| told.iter().map(|row| row.get(name)).collect::<Vec<Uuid>>();
        let (workspaces, ids) = (of("workspace_id"), of("id"));
        transaction.execute(TELL, &[&workspaces, &ids, &ENDED]).await.map_err(problems::plain)?;
    }
    if ended.iter().any(|(_, ending)| matches!(ending, Ending::Returned)) {
        transaction.execute(&again, &[]).await.map_err(problems::plain)?;
    }
    let due = transaction.query_one(&next, &[&queues, &kinds]).await.map_err(problems::plain)?;
    transaction.commit().await.map_err(problems::plain)?;
    let next = due.get::<_, Option<f64>>(0).map(|s| Duration::from_secs_f64(s.max(0.001)));
    Ok(Turn { claimed: rows.iter().map(claimed).collect(), next })
}

fn row(held: &Holding, ending: &Ending) -> Json {
    let mut row = json!({ "workspace_id": held.workspace, "id": held.id, "attempt": held.attempt });
    let more = match ending {
        Ending::Done(result) => json!({ "state": "done", "result": result }),
        Ending::Failed(error) => json!({ "state": "failed", "error": error }),
        Ending::Retry(error, delay) => {
            json!({ "state": "waiting", "error": error, "delay": delay.as_secs_f64() })
        }
        Ending::Cancelled => json!({ "state": "cancelled" }),
        Ending::Returned => json!({ "state": "waiting", "returned": true }),
    };
    if let (Some(row), Json::Object(more)) = (row.as_object_mut(), more) {
        row.extend(more);
    }
    row
}

/// What ended is told to who ordered it, in the same transaction.
const TELL: &str = "
    insert into kontor.jobs (workspace_id, id, queue, kind, payload, max_attempts)
    select workspace_id, gen_random_uuid(), 'notifications', $3::text, jsonb_build_object('job', id), 3
    from unnest($1::uuid[], $2::uuid[]) as ended(workspace_id, id)";

/// A job that failed, and of some kinds one that is done. A notice about a notice would be no use to anybody.
fn is_told(ended: &Row, tells: &[&str]) -> bool {
    let (kind, state) = (ended.get::<_, &str>("kind"), ended.get::<_, &str>("state"));
    let concerns = ended.get::<_, Option<Uuid>>("member_id").is_some() && kind != ENDED;
    concerns && (state == "failed" || state == "done" && tells.contains(&kind))
}

const END: &str = "
    update kontor.jobs j
    set state = case when e.state = 'waiting' and j.cancel_asked then 'cancelled' else e.state end,
        attempt = j.attempt - case when e.returned then 1 else 0 end,
        run_at = case when e.delay is null then j.run_at else now() + make_interval(secs => e.delay) end,
        result = case when e.state = 'done' then coalesce(e.result, j.result) else j.result end,
        error = case when e.state = 'done' then null else coalesce(e.error, j.error) end,
        leased_by = null, lease_until = null,
        finished_at = case when e.state = 'waiting' and not j.cancel_asked then null else now() end
    from jsonb_to_recordset($2::jsonb) as e(workspace_id uuid, id uuid, attempt integer, state text, error text,
                                            result jsonb, delay double precision, returned boolean)
    where j.workspace_id = e.workspace_id and j.id = e.id and j.attempt = e.attempt
      and j.state = 'running' and j.leased_by = $1::uuid
    returning j.workspace_id, j.id, j.kind, j.state, j.member_id";

/// Whoever ran these is gone. The attempt counts: a job that takes its worker down with it must not do so for ever.
const LOST: &str = "
    update kontor.jobs j
    set state = case when j.cancel_asked then 'cancelled' when j.attempt < j.max_attempts then 'waiting' else 'failed' end,
        error = 'The worker that ran it was lost.',
        leased_by = null, lease_until = null,
        finished_at = case when j.cancel_asked or j.attempt >= j.max_attempts then now() end
    from (select workspace_id, id from kontor.jobs
          where state = 'running' and queue = any($1::text[]) and lease_until < now()
          for update skip locked) lost
    where j.workspace_id = lost.workspace_id and j.id = lost.id
    returning j.workspace_id, j.id, j.kind, j.state, j.member_id";

/// Two nodes that count the running jobs of a bounded queue at once would both find room.
const LOCK: &str = "select pg_advisory_xact_lock(hashtext('kontor.jobs')) where $1::boolean";

const CLAIM: &str = "
    with wanted as (
        select queue, least(here, everywhere - (select count(*) from kontor.jobs r
                                                where everywhere is not null and r.queue = w.queue
                                                  and r.state = 'running')) as room
        from unnest($1::text[], $2::integer[], $3::integer[]) as w(queue, here, everywhere)
    ), picked as materialized (
        select due.workspace_id, due.id
        from wanted cross join lateral (
            select workspace_id, id from kontor.jobs
            where queue = wanted.queue and state = 'waiting' and run_at <= now() and kind = any($4::text[])
            order by run_at, id limit greatest(wanted.room, 0) for update skip locked) due
    )
    update kontor.jobs j
    set state = 'running', attempt = j.attempt + 1, leased_by = $5::uuid,
        lease_until = now() + make_interval(secs => $6::double precision), started_at = now(), done = 0, total = null
    from picked
    where j.workspace_id = picked.workspace_id and j.id = picked.id
    returning j.workspace_id, j.id, j.queue, j.kind, j.payload, j.member_id, j.scopes, j.location_id, j.attempt,
              j.max_attempts";

const NEXT: &str = "
    select extract(epoch from min(due.run_at) - now())::double precision
    from unnest($1::text[]) as w(queue)
    cross join lateral (select run_at from kontor.jobs
                        where queue = w.queue and state = 'waiting' and run_at > now() and kind = any($2::text[])
                        order by run_at limit 1) due";

fn claimed(row: &Row) -> Claimed {
    Claimed {
        workspace: row.get("workspace_id"),
        id: row.get("id"),
        queue: row.get("queue"),
        kind: row.get("kind"),
        payload: row.get("payload"),
        member: row.get("member_id"),
        scopes: row.get("scopes"),
        location: row.get("location_id"),
        attempt: row.get::<_, i32>("attempt") as u32,
        max_attempts: row.get::<_, i32>("max_attempts") as u32,
    }
}

/// Prolongs the leases of what a worker runs. Answers with what it still holds, and whether each is to stop. What was
/// claimed and never heard of (the answer was lost) is not among `runs`, and runs out.
pub async fn renew(
    store: &Store,
    worker: Uuid,
    runs: &[Holding],
    lease: Duration,
) -> Outcome<Vec<(Uuid, bool)>> {
    let sql = "update kontor.jobs j set lease_until = now() + make_interval(secs => $3::double precision)
               from unnest($4::uuid[], $2::uuid[], $5::integer[]) as r(workspace_id, id, attempt)
               where j.workspace_id = r.workspace_id and j.id = r.id and j.attempt = r.attempt
                 and j.leased_by = $1::uuid and j.state = 'running'
               returning j.id, j.cancel_asked";
    let ids: Vec<Uuid> = runs.iter().map(|r| r.id).collect();
    let workspaces: Vec<Uuid> = runs.iter().map(|r| r.workspace).collect();
    let attempts: Vec<i32> = runs.iter().map(|r| r.attempt as i32).collect();
    let seconds = lease.as_secs_f64();
    let door = store.door().await?;
    let rows = door.rows(sql, &[&worker, &ids, &seconds, &workspaces, &attempts]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1))).collect())
}

/// How far a run has come. Answers whether it is to stop; `None`: the lease is lost.
pub async fn progress(
    store: &Store,
    worker: Uuid,
    held: &Holding,
    done: u64,
    total: Option<u64>,
) -> Outcome<Option<bool>> {
    let sql = "update kontor.jobs set done = $5, total = $6
               where workspace_id = $1 and id = $2 and attempt = $3 and leased_by = $4 and state = 'running'
               returning cancel_asked";
    let (done, total) = (clamp(done), total.map(clamp));
    let attempt = held.attempt as i32;
    let door = store.door().await?;
    let row = door.row(sql, &[&held.workspace, &held.id, &attempt, &worker, &done, &total]).await?;
    Ok(row.map(|r| r.get(0)))
}

/// A job that has ended, for who tells of it.
#[derive(Debug, Clone)]
pub struct EndedJob {
    pub state: String,
    pub member: Option<Uuid>,
    pub payload: Json,
    pub result: Json,
    pub error: Option<String>,
}

pub async fn ended(store: &Store, workspace: Uuid, id: Uuid) -> Outcome<Option<EndedJob>> {
    let sql = "select state, member_id, payload, coalesce(result, 'null') as result, error from kontor.jobs
               where workspace_id = $1 and id = $2 and finished_at is not null";
    let row = store.door().await?.row(sql, &[&workspace, &id]).await?;
    Ok(row.map(|r| EndedJob {
        state: r.get("state"),
        member: r.get("member_id"),
        payload: r.get("payload"),
        result: r.get("result"),
        error: r.get("error"),
    }))
}

fn clamp(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What became of a wish to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelling {
    /// It had not begun and will not.
    Cancelled,
    /// It runs and has been told.
    Told,
    /// It was over already, or is not there.
    Over,
}

pub async fn cancel(store: &Store, workspace: Uuid, id: Uuid) -> Outcome<Cancelling> {
    let sql = "with changed as (
                   update kontor.jobs
                   set cancel_asked = true,
                       state = case when state = 'waiting' then 'cancelled' else state end,
                       finished_at = case when state = 'waiting' then now() end
                   where workspace_id = $1 and id = $2 and state in ('waiting', 'running')
                   returning state, id)
               select state, pg_notify('kontor_jobs', 'cancel:' || id::text) from changed";
    let row = store.door().await?.row(sql, &[&workspace, &id]).await?;
    Ok(match row.map(|r| r.get::<_, String>(0)).as_deref() {
        None => Cancelling::Over,
        Some("cancelled") => Cancelling::Cancelled,
        Some(_) => Cancelling::Told,
    })
}

/// What became of a wish to run a job once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retrying {
    Waiting,
    /// It has not failed and was not cancelled.
    NotOver,
    /// Another job with its key is waiting or running.
    Twin,
}

/// A failed or cancelled job gets all its attempts anew.
pub async fn retry(store: &Store, workspace: Uuid, id: Uuid) -> Outcome<Retrying> {
    let sql = "with old as (
                   select j.*, exists (select from kontor.jobs t
                                       where t.workspace_id = j.workspace_id and t.kind = j.kind
                                         and t.once_key = j.once_key and t.state in ('waiting', 'running')) as twin
                   from kontor.jobs j
                   where j.workspace_id = $1 and j.id = $2 and j.state in ('failed', 'cancelled') for update
               ), changed as (
                   update kontor.jobs j
                   set state = 'waiting', attempt = 0, run_at = now(), cancel_asked = false, finished_at = null,
                       error = null, result = null, done = 0, total = null
                   from old
                   where j.workspace_id = old.workspace_id and j.id = old.id and not old.twin
                   returning j.id)
               select twin, (select pg_notify('kontor_jobs', '') from changed)::text from old";
    let row = match store.door().await?.row(sql, &[&workspace, &id]).await {
        // The twin came between looking and changing.
        Err(kernel::Failure::Broken(e)) if is_taken(&e) => return Ok(Retrying::Twin),
        other => other?,
    };
    Ok(match row.map(|r| r.get::<_, bool>(0)) {
        None => Retrying::NotOver,
        Some(true) => Retrying::Twin,
        Some(false) => Retrying::Waiting,
    })
}

fn is_taken(error: &anyhow::Error) -> bool {
    let code = error.downcast_ref::<tokio_postgres::Error>().and_then(|e| e.code());
    code == Some(&tokio_postgres::error::SqlState::UNIQUE_VIOLATION)
}

/// Forgets finished jobs: failed ones after the longer time. Answers with how many.
pub async fn sweep(store: &Store, done_kept: SignedDuration, failed_kept: SignedDuration) -> Outcome<u64> {
    let sql = "delete from kontor.jobs
               where finished_at < now() - make_interval(secs => $1::double precision)
                 and (state <> 'failed' or finished_at < now() - make_interval(secs => $2::double precision))";
    let (done, failed) = (done_kept.as_secs_f64(), failed_kept.as_secs_f64());
    store.door().await?.execute(sql, &[&done, &failed]).await
}

/// The queues as a whole, for metrics and `kontor doctor`.
#[derive(Debug, Clone)]
pub struct Standing {
    pub queue: String,
    pub waiting: i64,
    pub running: i64,
    pub failed: i64,
    /// When the job was due that has waited longest.
    pub oldest: Option<Timestamp>,
}

/// Queues that hold anything unfinished or failed.
pub async fn standing(store: &Store) -> Outcome<Vec<Standing>> {
    let sql = "select queue, count(*) filter (where state = 'waiting') as waiting,
                      count(*) filter (where state = 'running') as running,
                      count(*) filter (where state = 'failed') as failed,
                      min(run_at) filter (where state = 'waiting' and run_at <= now()) as oldest
               from kontor.jobs where state in ('waiting', 'running', 'failed') group by queue order by queue";
    let rows = store.door().await?.rows(sql, &[]).await?;
    let standing = |r: &Row| Standing {
        queue: r.get("queue"),
        waiting: r.get("waiting"),
        running: r.get("running"),
        failed: r.get("failed"),
        oldest: r.get("oldest"),
    };
    Ok(rows.iter().map(standing).collect())
}
