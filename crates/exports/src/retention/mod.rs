//! How long records are kept (S4-044): rules are records of the object `retention_rule`, so each workspace has its own,
//! with a history. What they reach can be looked at before it goes, and goes every night.
mod rule;
mod sweep;

pub use sweep::{SWEEP, Sweeper};

use jobs::{Order, Queue};
use kernel::{Outcome, Uuid, Value};
use policy::{Actor, Read};
use records::Engine;
use serde_json::{Value as Json, json};

/// The right to set rules, to see what they reach, and to apply them.
pub const RIGHT: &str = "privacy.manage";
/// Records of a rule that are shown at once, at most.
const SHOWN: u32 = 500;

/// Which part of a rehearsal is asked for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Only the rule of this object: `lead`.
    pub object: Option<String>,
    /// Behind this record.
    pub after: Option<Uuid>,
    /// 1 to 500.
    pub limit: u32,
}

/// What the rules would do now, as far as the asker reaches: nothing is written.
pub async fn rehearse(engine: &Engine, actor: &Actor, ask: &Ask) -> Outcome<Json> {
    let model = engine.model(actor).await?;
    policy::may(&model, actor, RIGHT)?;
    let limit = ask.limit.clamp(1, SHOWN);
    let mut told = vec![];
    for rule in rule::all(engine, actor, &model).await? {
        if ask.object.as_ref().is_some_and(|o| *o != rule.object) {
            continue;
        }
        let mut one = rule.to_json();
        match rule.target(&model) {
            Err(fault) => one["fault"] = fault.into(),
            Ok(target) => {
                // Who may not read these records is told the rule and not whom it reaches.
                let grant = policy::grant::<Read>(&model, actor, &target.object.name);
                let due = match &grant {
                    Ok(grant) => {
                        let cx = engine.store().begin_read(actor).await?;
                        let statement = target.due(grant, ask.after.unwrap_or_default(), limit);
                        cx.query(&statement, &query::retention::DUE).await?
                    }
                    Err(_) => vec![],
                };
                let last = due.last().filter(|_| due.len() == limit as usize);
                one["after"] = last.map_or(Json::Null, |r| r[0].to_json());
                one["before"] = json!(target.before);
                one["due"] = due.iter().map(|r| shown(r)).collect();
            }
        }
        told.push(one);
    }
    Ok(json!({ "rules": told }))
}

fn shown(row: &[Value]) -> Json {
    json!({ "id": row[0].to_json(), "since": row[1].to_json(), "title": row[2].to_json() })
}

/// Applies the rules now, as a job. Its id.
pub async fn order(engine: &Engine, actor: &Actor) -> Outcome<Uuid> {
    policy::may(&*engine.model(actor).await?, actor, RIGHT)?;
    let cx = engine.store().begin(actor).await?;
    let job = jobs::enqueue(&cx, &sweep_order()).await?;
    cx.commit().await?;
    Ok(job)
}

fn sweep_order() -> Order {
    Order::new(Queue::Bulk, SWEEP.kind, json!({})).once("retention")
}
