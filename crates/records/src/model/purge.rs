//! Deleting what has values: it waits for a day in which it can be brought back, then a job deletes the values in small
//! transactions, and with the last of them goes the definition. Nobody writes what is put away, and nobody waits.
use super::overlay::Overlay;
use super::{Deletion, ModelChange, no_such_field};
use crate::Engine;
use anyhow::Context;
use jobs::{BoxFuture, Order, Queue, Run, Work};
use kernel::{Outcome, Problem, Timestamp, Uuid, Value};
use meta::Codec;
use policy::Actor;
use query::Statement;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::time::Duration;
use store::Cx;

const KIND: &str = "model.purge";

/// How long what is deleted can be brought back.
const GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// What the clocks of two nodes may differ by: what goes within it is not brought back any more.
const CLOCKS: Duration = Duration::from_secs(60);

/// Rows of one transaction.
const STEP: i64 = 5_000;

/// The key of an entry that says when its values go.
pub(super) const LEAVING: &str = "leaving";

/// Whether it is too late for what this entry defines.
pub(super) fn is_gone(entry: &Json) -> bool {
    let at = entry[LEAVING].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    at.is_some_and(|at| at <= Timestamp::now() + CLOCKS)
}

/// Whose values a job deletes.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Leaving {
    object: String,
    field: Option<String>,
}

pub(super) fn order(object: &str, field: Option<&str>, at: Timestamp) -> Order {
    let leaving = Leaving { object: object.into(), field: field.map(Into::into) };
    Order::new(Queue::Maintenance, KIND, json!(leaving)).at(at)
}

impl Engine {
    /// When the values of what is deleted go; `None` where there are none, or nothing is deleted.
    pub(super) async fn leaves_at(&self, actor: &Actor, change: &ModelChange) -> Outcome<Option<Timestamp>> {
        let (object, field, deletion) = match change {
            ModelChange::DeleteObject { object, deletion } => (object, None, deletion),
            ModelChange::DeleteField { object, field, deletion } => (object, Some(field), deletion),
            _ => return Ok(None),
        };
        let cx = self.store().begin_read(actor).await?;
        let entry = put_away(&cx, object, field.map(String::as_str))?;
        // Where it is not put away, the edit says what is wrong.
        if entry.is_none() {
            return Ok(None);
        }
        let held = Held::of(&cx, object, field.map(String::as_str));
        let found = held.count(&cx, actor).await?;
        if found == 0 {
            return Ok(None);
        }
        let Deletion { confirm, now } = deletion;
        let name = field.unwrap_or(object);
        if confirm.as_deref() != Some(name.as_str()) {
            let what = if field.is_some() { "values" } else { "records" };
            let detail = format!("`{name}` has {what} that would be deleted.");
            return Err(Problem::new("model.confirm", detail)
                .hint(format!("Send `?confirm={name}` to delete them."))
                .with(json!({ "records": found }))
                .into());
        }
        Ok(Some(if *now { Timestamp::now() } else { Timestamp::now() + GRACE }))
    }
}

/// The entry of an own object or field that is put away.
fn put_away(cx: &Cx, object: &str, field: Option<&str>) -> Result<Option<Json>, Problem> {
    let overlay = Overlay::of(cx.workspace().overlay.as_ref());
    let entry = match field {
        None => overlay.own(object).map(|at| overlay.object(at).clone()),
        Some(field) => {
            let (o, f) = overlay.field(object, field).ok_or_else(|| no_such_field(object, field))?;
            let entry = overlay.object(o)["fields"][f].clone();
            overlay.has_own_field(object, field).then_some(entry)
        }
    };
    Ok(entry.filter(|e| e["archived"] == true))
}

/// Deletes the values of what is leaving, then the definition.
pub struct ModelPurge {
    engine: Engine,
}

impl ModelPurge {
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// `None`: it was brought back, or another order has a later time.
    async fn due(&self, actor: &Actor, leaving: &Leaving) -> Outcome<Option<Held>> {
        let cx = self.engine.store().begin(actor).await?;
        let field = leaving.field.as_deref();
        let entry = put_away(&cx, &leaving.object, field).ok().flatten();
        Ok(entry.filter(is_gone).map(|_| Held::of(&cx, &leaving.object, field)))
    }
}

impl Work for ModelPurge {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let leaving: Leaving =
                serde_json::from_value(run.payload.clone()).context("the order of a deletion")?;
            let actor = Actor::system(run.workspace, KIND);
            let Some(held) = self.due(&actor, &leaving).await? else { return Ok(()) };
            let mut done = 0;
            let mut last = Uuid::nil();
            while let Some((rows, seen)) = held.step(&self.engine, &actor, last).await? {
                last = seen;
                done += rows;
                run.progress(done, None).await?;
                if run.is_cancelled() {
                    return Ok(());
                }
            }
            held.release(&self.engine, &actor).await?;
            let Leaving { object, field } = leaving;
            let deletion =
                Deletion { confirm: Some(field.clone().unwrap_or_else(|| object.clone())), now: true };
            let change = match field {
                Some(field) => ModelChange::DeleteField { object, field, deletion },
                None => ModelChange::DeleteObject { object, deletion },
            };
            self.engine.change_model(&actor, &change, None).await?;
            run.finish_with(json!({ "records": done })).await
        })
    }
}

/// Where the values are: a key of `custom`, or the records of an own object.
struct Held {
    table: String,
    object: String,
    /// The records are all of one table; those of an own object say whose they are.
    own: bool,
    field: Option<String>,
}

impl Held {
    fn of(cx: &Cx, object: &str, field: Option<&str>) -> Self {
        let known = cx.model().objects.get(object);
        let own = known.is_none_or(|o| o.is_own());
        let table = known.map_or(meta::OWN_TABLE, |o| o.table.as_str());
        Self { table: table.into(), object: object.into(), own, field: field.map(Into::into) }
    }

    fn condition(&self, alias: &str) -> String {
        let own = match self.own {
            true => format!(" and {alias}.object = $2::text"),
            false => " and $2::text is not null".into(),
        };
        let key = match self.field {
            Some(_) => format!(" and {alias}.custom ? $3::text"),
            None => " and $3::text is null".into(),
        };
        format!("{alias}.workspace_id = $1{own}{key}")
    }

    fn params(&self, actor: &Actor) -> Vec<Value> {
        vec![actor.workspace.into(), self.object.as_str().into(), self.field.clone().into()]
    }

    /// As many as a person cares to know.
    async fn count(&self, cx: &Cx, actor: &Actor) -> Outcome<i64> {
        let text = format!(
            "select count(*) from (select 1 from {} a where {} limit 100000) few",
            self.table,
            self.condition("a")
        );
        let rows = cx.query(&Statement { text, params: self.params(actor) }, &[Codec::Int8]).await?;
        Ok(match rows.first().and_then(|r| r.first()) {
            Some(Value::Int(n)) => *n,
            _ => 0,
        })
    }

    /// Deletes the next values, in order of id: how many, and the last one's record. `None`: there are no more.
    async fn step(&self, engine: &Engine, actor: &Actor, after: Uuid) -> Outcome<Option<(u64, Uuid)>> {
        let (table, some) = (&self.table, self.condition("a"));
        let same = if self.own { "t.workspace_id = $1 and t.object = $2" } else { "t.workspace_id = $1" };
        let gone = match self.field {
            Some(_) => format!(
                "update {table} t set custom = t.custom - $3 from batch s where {same} and t.id = s.id"
            ),
            None => format!("delete from {table} t using batch s where {same} and t.id = s.id"),
        };
        let text = format!(
            "with batch as (select a.id from {table} a where {some} and a.id > $4::uuid order by a.id limit {STEP} \
             for update), gone as ({gone} returning 1) \
             select (select count(*) from gone), (select id from batch order by id desc limit 1)"
        );
        let mut params = self.params(actor);
        params.push(after.into());
        let cx = engine.store().begin(actor).await?;
        let rows = cx.query(&Statement { text, params }, &[Codec::Int8, Codec::Uuid]).await?;
        cx.commit().await?;
        Ok(match rows.first().map(Vec::as_slice) {
            Some([Value::Int(rows), last]) => last.as_id().map(|last| (rows.unsigned_abs(), last)),
            _ => None,
        })
    }

    /// Unique values stand once more elsewhere.
    async fn release(&self, engine: &Engine, actor: &Actor) -> Outcome<()> {
        let text = format!(
            "delete from kontor.custom_unique where workspace_id = $1 and ctid = any(array( \
             select ctid from kontor.custom_unique where workspace_id = $1 and object = $2::text \
             and ($3::text is null or field = $3::text) limit {STEP}))"
        );
        let statement = Statement { text, params: self.params(actor) };
        loop {
            let cx = engine.store().begin(actor).await?;
            let done = cx.execute(&statement).await?;
            cx.commit().await?;
            if done < STEP as u64 {
                return Ok(());
            }
        }
    }
}
