//! Jobs as their readers see them: one's own, and for administrators those of the workspace.
use crate::Queue;
use kernel::{Outcome, Problem, Timestamp, Uuid, Value};
use meta::{Codec, Model};
use policy::Actor;
use query::Statement;
use serde_json::{Map, Value as Json, json};
use store::doors::job_schedules;
use store::doors::jobs::{self as door, Cancelling, Retrying};
use store::{Cx, Store};

/// Every trade has administrators by this right.
const ADMINISTERS: &str = "settings.manage";
/// Rights of some trades: to see everybody's jobs, and also to cancel and repeat them.
const VIEWS: &str = "jobs.view";
const MANAGES: &str = "jobs.manage";

pub const STATES: [&str; 5] = ["waiting", "running", "done", "failed", "cancelled"];

/// What of the queue is asked for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    pub state: Option<&'static str>,
    pub queue: Option<Queue>,
    pub kind: Option<String>,
    /// Older than this job: the `cursor` of the page before.
    pub before: Option<Uuid>,
    /// 1 to 200.
    pub limit: u32,
}

const COLUMNS: [(&str, Codec); 17] = [
    ("id", Codec::Uuid),
    ("queue", Codec::Text),
    ("kind", Codec::Text),
    ("state", Codec::Text),
    ("payload", Codec::Jsonb),
    ("member_id", Codec::Uuid),
    ("attempt", Codec::Int4),
    ("max_attempts", Codec::Int4),
    ("done", Codec::Int8),
    ("total", Codec::Int8),
    ("result", Codec::Jsonb),
    ("error", Codec::Text),
    ("change_set_id", Codec::Uuid),
    ("run_at", Codec::Timestamptz),
    ("created_at", Codec::Timestamptz),
    ("started_at", Codec::Timestamptz),
    ("finished_at", Codec::Timestamptz),
];

/// `{"jobs": [...], "cursor": ...}`, newest first.
pub async fn list(store: &Store, actor: &Actor, ask: &Ask) -> Outcome<Json> {
    if !(1..=200).contains(&ask.limit) {
        let detail = "`limit` is a whole number from 1 to 200.";
        return Err(Problem::new("query.invalid", detail).at("limit").into());
    }
    let cx = store.begin_read(actor).await?;
    let jobs = read(&cx, &mine(&cx), ask, None).await?;
    let full = jobs.len() == ask.limit as usize;
    let cursor = jobs.last().filter(|_| full).map(|job| job["id"].clone());
    Ok(json!({ "jobs": jobs, "cursor": cursor }))
}

/// One job, or `record.not_found`.
pub async fn one(store: &Store, actor: &Actor, id: Uuid) -> Outcome<Json> {
    let cx = store.begin_read(actor).await?;
    let ask = Ask { limit: 1, ..Ask::default() };
    let found = read(&cx, &mine(&cx), &ask, Some(id)).await?;
    found.into_iter().next().ok_or_else(|| not_found(id))
}

/// A waiting job will not run; a running one is told to stop, which it does at its next step.
pub async fn cancel(store: &Store, actor: &Actor, id: Uuid) -> Outcome<Json> {
    changeable(store, actor, id).await?;
    match door::cancel(store, actor.workspace, id).await? {
        Cancelling::Cancelled | Cancelling::Told => one(store, actor, id).await,
        Cancelling::Over => {
            Err(Problem::new("job.over", "This job is over; there is nothing to cancel.").into())
        }
    }
}

/// A failed or cancelled job waits again, with all its attempts.
pub async fn retry(store: &Store, actor: &Actor, id: Uuid) -> Outcome<Json> {
    let job = changeable(store, actor, id).await?;
    match door::retry(store, actor.workspace, id).await? {
        Retrying::Waiting => one(store, actor, id).await,
        Retrying::NotOver => {
            let state = job["state"].as_str().unwrap_or_default();
            let detail = format!("Only a failed or cancelled job can be run again; this one is {state}.");
            Err(Problem::new("job.not_failed", detail).into())
        }
        Retrying::Twin => {
            let detail = "The same job is waiting or running already.";
            Err(Problem::new("job.duplicate", detail).into())
        }
    }
}

/// What comes round, when it did last and will next. For administrators; the same in every workspace.
pub async fn schedules(store: &Store, actor: &Actor) -> Outcome<Json> {
    let model = store.model(actor.workspace).await?;
    policy::may(&model, actor, ADMINISTERS)?;
    let (now, rows) = job_schedules::all(store).await?;
    let next = |cron: &str| crate::schedule::next(cron, now).ok().as_ref().map(Timestamp::to_string);
    let all: Vec<Json> = rows
        .iter()
        .map(|r| json!({ "name": r.name, "cron": r.cron, "last_run": r.last_fired, "next_run": next(&r.cron) }))
        .collect();
    Ok(json!({ "schedules": all }))
}

/// Whose jobs alone the actor sees; `None`: everybody's.
fn mine(cx: &Cx) -> Option<Uuid> {
    let oversees = holds_one(cx.model(), cx.actor(), &[ADMINISTERS, MANAGES, VIEWS]);
    (!oversees).then_some(cx.actor().member)
}

/// A key sees, cancels and repeats only what was ordered with no more rights than it has itself; `None`: whatever its
/// owner may.
fn key_scopes(actor: &Actor) -> Option<Vec<String>> {
    let scopes = actor.scopes.as_ref()?;
    (!scopes.iter().any(|s| s == "*")).then(|| scopes.to_vec())
}

/// A job that the actor may cancel or run again: their own, or anybody's for who manages jobs.
async fn changeable(store: &Store, actor: &Actor, id: Uuid) -> Outcome<Json> {
    let job = one(store, actor, id).await?;
    let model = store.model(actor.workspace).await?;
    let own = job["member_id"].as_str() == Some(actor.member.to_string().as_str());
    if !own && !holds_one(&model, actor, &[MANAGES]) {
        policy::may(&model, actor, ADMINISTERS)?;
    }
    Ok(job)
}

fn holds_one(model: &Model, actor: &Actor, rights: &[&str]) -> bool {
    rights.iter().any(|right| policy::may(model, actor, right).is_ok())
}

async fn read(cx: &Cx, mine: &Option<Uuid>, ask: &Ask, id: Option<Uuid>) -> Outcome<Vec<Json>> {
    let mut params = vec![Value::Id(cx.actor().workspace)];
    let mut only = String::new();
    let mut narrow = |test: &str, value: Option<Value>| {
        if let Some(value) = value {
            params.push(value);
            only.push_str(&format!(" and {}", test.replace('?', &format!("${}", params.len()))));
        }
    };
    narrow("member_id = ?::uuid", mine.map(Value::Id));
    narrow("scopes <@ ?::text[]", key_scopes(cx.actor()).map(Value::Texts));
    narrow("id = ?::uuid", id.map(Value::Id));
    narrow("id < ?::uuid", ask.before.map(Value::Id));
    narrow("state = ?::text", ask.state.map(Value::from));
    narrow("queue = ?::text", ask.queue.map(|q| q.name().into()));
    narrow("kind = ?::text", ask.kind.as_deref().map(Value::from));
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let text = format!(
        "select {} from kontor.jobs where workspace_id = $1::uuid{only} order by id desc limit {}",
        names.join(", "),
        ask.limit
    );
    let codecs = COLUMNS.map(|(_, codec)| codec);
    let rows = cx.query(&Statement { text, params }, &codecs).await?;
    Ok(rows.iter().map(|row| shown(row)).collect())
}

fn shown(row: &[Value]) -> Json {
    let job = COLUMNS.iter().zip(row).map(|((name, _), value)| match (*name, value) {
        ("error", Value::Text(error)) => (name.to_string(), told(error).into()),
        _ => (name.to_string(), value.to_json()),
    });
    Json::Object(job.collect::<Map<_, _>>())
}

/// A refusal is for its reader, a fault of ours is for the log.
fn told(error: &str) -> &str {
    if error.starts_with("internal: ") {
        "internal: Something went wrong on our side; the log tells."
    } else {
        error
    }
}

fn not_found(id: Uuid) -> kernel::Failure {
    Problem::new("record.not_found", format!("There is no job {id}.")).into()
}
