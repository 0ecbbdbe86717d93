//! Looking for duplicates after the answer: of what was just created, and of all records there are.
use crate::Detector;
use crate::find::{Finder, Found, looks_for};
use crate::pairs::keep;
use identity::Identity;
use jobs::{BoxFuture, Order, Queue, Run, Schedule, Work};
use kernel::{Outcome, Problem, Uuid};
use meta::Codec;
use policy::{Actor, Update};
use query::Statement;
use records::Engine;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use store::doors::workspaces;

const SCAN: &str = "duplicates.scan";
/// Records that are compared in one transaction.
const AT_ONCE: u32 = 200;

impl Detector {
    /// Orders a walk over all records that the asker reaches. The id of the job.
    pub async fn order_scan(&self, actor: &Actor, plural: &str) -> Outcome<Uuid> {
        let cx = self.engine.store().begin(actor).await?;
        let model = cx.model().clone();
        let name = Finder::new(&cx, &model, actor, plural)?.object.name.clone();
        // Who only reads would keep the house busy for nothing: pairs are for those who may do something about them.
        policy::grant::<Update>(&model, actor, &name)?;
        let order =
            Order::new(Queue::Bulk, SCAN, json!({ "object": name })).once(format!("{name} {}", actor.member));
        let job = jobs::enqueue(&cx, &order).await?;
        cx.commit().await?;
        Ok(job)
    }

    /// One step of a walk: pairs that are new, and where to go on.
    async fn step(
        &self,
        actor: &Actor,
        plural: &str,
        after: Uuid,
    ) -> Outcome<(Vec<(Uuid, Uuid)>, Vec<Uuid>)> {
        let cx = self.engine.store().begin(actor).await?;
        let model = cx.model().clone();
        let finder = Finder::new(&cx, &model, actor, plural)?;
        let walk = query::alike::walk(&model, finder.object, &finder.grant, after, AT_ONCE);
        let ids: Vec<Uuid> =
            cx.query(&walk, &[Codec::Uuid]).await?.iter().filter_map(|r| r[0].as_id()).collect();
        let new = compare_and_keep(&cx, &finder, &ids, true).await?;
        cx.commit().await?;
        Ok((new, ids))
    }

    async fn check(&self, actor: &Actor, plural: &str, ids: &[Uuid]) -> Outcome<Vec<(Uuid, Uuid)>> {
        let cx = self.engine.store().begin(actor).await?;
        let model = cx.model().clone();
        let finder = Finder::new(&cx, &model, actor, plural)?;
        let new = compare_and_keep(&cx, &finder, ids, false).await?;
        cx.commit().await?;
        Ok(new)
    }

    /// The same for some of those that wait to be compared. `None`: nobody waits any more.
    async fn check_waiting(&self, actor: &Actor, plural: &str) -> Outcome<Option<Vec<(Uuid, Uuid)>>> {
        let cx = self.engine.store().begin(actor).await?;
        let model = cx.model().clone();
        let finder = Finder::new(&cx, &model, actor, plural)?;
        let some = Statement {
            text: format!(
                "delete from kontor.unchecked u using (select record_id from kontor.unchecked \
                 where workspace_id = $1 and object = $2::text limit {AT_ONCE} for update skip locked) w \
                 where u.workspace_id = $1 and u.object = $2::text and u.record_id = w.record_id \
                 returning u.record_id"
            ),
            params: vec![actor.workspace.into(), finder.object.name.as_str().into()],
        };
        let ids: Vec<Uuid> =
            cx.query(&some, &[Codec::Uuid]).await?.iter().filter_map(|r| r[0].as_id()).collect();
        let new = compare_and_keep(&cx, &finder, &ids, false).await?;
        cx.commit().await?;
        Ok((!ids.is_empty()).then_some(new))
    }
}

async fn compare_and_keep(
    cx: &store::Cx,
    finder: &Finder<'_>,
    ids: &[Uuid],
    after: bool,
) -> Outcome<Vec<(Uuid, Uuid)>> {
    let found = finder.of_stored(ids, after).await?;
    let pairs: Vec<(Uuid, Found)> =
        found.into_iter().flat_map(|(id, all)| all.into_iter().map(move |f| (id, f))).collect();
    keep(cx, &finder.object.name, &once(pairs)).await
}

/// Two new records may find each other; a pair is one row.
fn once(pairs: Vec<(Uuid, Found)>) -> Vec<(Uuid, Found)> {
    let mut seen = std::collections::HashSet::new();
    pairs.into_iter().filter(|(id, f)| seen.insert((*id.min(&f.id), *id.max(&f.id)))).collect()
}

/// `duplicates.scan`: all records of an object that the orderer reaches.
pub struct Scan {
    pub detector: Detector,
    pub identity: Identity,
}

impl Work for Scan {
    fn kind(&self) -> &'static str {
        SCAN
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let actor = self.identity.actor_for(run).await?;
            let plural = plural(&self.detector, &actor, &run.payload).await?;
            let (mut at, mut seen, mut new) = (Uuid::nil(), 0, 0);
            while !run.is_cancelled() {
                let (pairs, ids) = self.detector.step(&actor, &plural, at).await?;
                let Some(last) = ids.last() else { break };
                at = *last;
                seen += ids.len() as u64;
                new += pairs.len();
                run.progress(seen, None).await?;
            }
            run.finish_with(json!({ "object": plural, "records": seen, "new_pairs": new })).await
        })
    }
}

/// Once a week: what was changed since it was made is compared again.
pub const SCAN_ALL: Schedule = Schedule {
    name: "duplicate-scan",
    cron: "0 1 * * 0",
    queue: Queue::Maintenance,
    kind: "duplicates.scan_all",
};

/// `duplicates.scan_all`: orders a walk over every object of every workspace that looks for duplicates.
pub struct ScanAll {
    pub detector: Detector,
}

impl ScanAll {
    async fn order(&self, workspace: Uuid) -> Outcome<u64> {
        let actor = Actor::system(workspace, "Duplicates");
        let cx = self.detector.engine.store().begin(&actor).await?;
        let model = cx.model().clone();
        let mut count = 0;
        for object in model.objects.values().filter(|o| looks_for(o)) {
            let order =
                Order::new(Queue::Bulk, SCAN, json!({ "object": object.name })).once(object.name.as_str());
            jobs::enqueue(&cx, &order).await?;
            count += 1;
        }
        cx.commit().await?;
        Ok(count)
    }
}

impl Work for ScanAll {
    fn kind(&self) -> &'static str {
        SCAN_ALL.kind
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let mut count = 0;
            for workspace in workspaces::list(self.detector.engine.store()).await? {
                if workspace.is_active {
                    count += self.order(workspace.id).await?;
                }
            }
            run.finish_with(json!({ "count": count })).await
        })
    }
}

/// `duplicates.check`: records that were just made, those that the payload names or those that wait.
pub struct Check {
    pub detector: Detector,
}

impl Work for Check {
    fn kind(&self) -> &'static str {
        records::CHECK_DUPLICATES
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            // A duplicate is one whoever made it: the pair is kept for those who reach both.
            let actor = Actor::system(run.workspace, "Duplicates");
            let plural = plural(&self.detector, &actor, &run.payload).await?;
            let mut new = vec![];
            if run.payload["ids"].is_null() {
                while !run.is_cancelled()
                    && let Some(some) = self.detector.check_waiting(&actor, &plural).await?
                {
                    new.extend(some);
                }
            } else {
                let ids: Vec<Uuid> = serde_json::from_value(run.payload["ids"].clone())
                    .map_err(|e| anyhow::anyhow!("the ids of a job: {e}"))?;
                new = self.detector.check(&actor, &plural, &ids).await?;
            }
            let pairs: Vec<Json> = new.iter().map(|(a, b)| json!([a, b])).collect();
            run.finish_with(json!({ "event": "duplicateDetected", "object": plural, "pairs": pairs })).await
        })
    }
}

/// What a worker needs to do this crate's jobs.
pub fn works(engine: &Engine, identity: &Identity) -> Vec<Arc<dyn Work>> {
    let detector = Detector::new(engine.clone());
    vec![
        Arc::new(Scan { detector: detector.clone(), identity: identity.clone() }),
        Arc::new(ScanAll { detector: detector.clone() }),
        Arc::new(Check { detector }),
    ]
}

async fn plural(detector: &Detector, actor: &Actor, payload: &Json) -> Outcome<String> {
    let model = detector.engine.model(actor).await?;
    let name = payload["object"].as_str().unwrap_or_default();
    match model.objects.get(name) {
        Some(object) => Ok(object.plural.clone()),
        None => {
            Err(Problem::new("meta.no_such_object", format!("There is no object `{name}` any more.")).into())
        }
    }
}
