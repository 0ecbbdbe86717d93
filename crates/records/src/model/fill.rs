//! The job that computes a rollup or formula of one's own for the records that were there before it.
use crate::Engine;
use crate::write::{FillStep, Filled};
use anyhow::Context;
use jobs::{BoxFuture, Order, Queue, Run, Work};
use kernel::{Outcome, Uuid, Value};
use meta::{Codec, Field, Model, Object, Place};
use policy::Actor;
use query::{Statement, shape};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use store::Cx;

const KIND: &str = "rollup.fill";

/// By object, the fields to be computed: names, not values.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Wanted {
    objects: BTreeMap<String, Vec<String>>,
}

/// Orders the job where the change leaves records without the values that they should have. Its id, for who wants to
/// see how far it is.
pub(super) async fn enqueue(cx: &Cx, actor: &Actor, old: &Model, new: &Model) -> Outcome<Option<Uuid>> {
    let mut wanted = Wanted::default();
    for object in new.objects.values() {
        let fields = differing(old.objects.get(&object.name), object);
        if !fields.is_empty() && has_records(cx, actor, object).await? {
            wanted.objects.insert(object.name.clone(), fields);
        }
    }
    if wanted.objects.is_empty() {
        return Ok(None);
    }
    let order = Order::new(Queue::Maintenance, KIND, json!(wanted));
    jobs::enqueue(cx, &order).await.map(Some)
}

/// Computed fields of one's own that are new (or back), or are computed otherwise than before.
fn differing(before: Option<&Object>, after: &Object) -> Vec<String> {
    let same = |field: &Field| {
        let was = before.and_then(|o| o.fields.get(&field.name));
        was.is_some_and(|was| {
            let formula = |f: &Field| f.formula.as_ref().map(|f| (f.cel.clone(), f.result));
            let choices = |f: &Field| f.options.iter().map(|o| o.value.clone()).collect::<Vec<_>>();
            formula(was) == formula(field)
                && (&was.rollup, was.kind, was.scale) == (&field.rollup, field.kind, field.scale)
                && choices(was) == choices(field)
        })
    };
    let computed = after.fields.values().filter(|f| f.rollup.is_some() || f.formula.is_some());
    computed.filter(|f| f.place == Place::Custom && !same(f)).map(|f| f.name.clone()).collect()
}

async fn has_records(cx: &Cx, actor: &Actor, object: &Object) -> Outcome<bool> {
    let from = shape::from(object, "a");
    let text = format!("select 1 from {from} where a.workspace_id = $1 limit 1");
    let statement = Statement { text, params: vec![actor.workspace.into()] };
    Ok(!cx.query(&statement, &[Codec::Int4]).await?.is_empty())
}

/// Computes what an order names, with the system's eyes: what a rollup holds does not depend on who looks.
pub struct ComputedFill {
    engine: Engine,
}

impl ComputedFill {
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }

    async fn total(&self, actor: &Actor, wanted: &Wanted) -> Outcome<u64> {
        let cx = self.engine.store().begin_read(actor).await?;
        let mut total = 0;
        for object in wanted.objects.keys().filter_map(|name| cx.model().objects.get(name)) {
            let from = shape::from(object, "a");
            let text = format!("select count(*) from {from} where a.workspace_id = $1");
            let statement = Statement { text, params: vec![actor.workspace.into()] };
            let rows = cx.query(&statement, &[Codec::Int8]).await?;
            if let Some(Value::Int(n)) = rows.first().and_then(|r| r.first()) {
                total += n.unsigned_abs();
            }
        }
        Ok(total)
    }
}

impl Work for ComputedFill {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let wanted: Wanted =
                serde_json::from_value(run.payload.clone()).context("the order of a fill")?;
            let actor = Actor::system(run.workspace, KIND);
            let total = self.total(&actor, &wanted).await?;
            let mut all = Filled::default();
            for (object, fields) in &wanted.objects {
                let mut last = None;
                while let Some(step) = self.engine.fill_step(&actor, object, fields, last).await? {
                    let FillStep { last: seen, done } = step;
                    last = Some(seen);
                    all.looked_at += done.looked_at;
                    all.changed += done.changed;
                    run.progress(all.looked_at, Some(total.max(all.looked_at))).await?;
                    if run.is_cancelled() {
                        return Ok(());
                    }
                }
            }
            run.finish_with(json!({ "records": all.looked_at, "changed": all.changed })).await
        })
    }
}
