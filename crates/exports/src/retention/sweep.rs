//! The rules applied: every night, and when somebody says so. Each record is a change of its own, through the write path
//! or by the way of erasure, with the rule as its note; one that is refused stays and is named.
use super::rule::{self, Rule, Target, What};
use super::sweep_order;
use crate::person::{self, Gone, forget_later};
use jobs::{BoxFuture, Queue, Run, Schedule, Work};
use kernel::{Failure, Outcome, Problems, Uuid};
use meta::Model;
use policy::{Actor, Read};
use records::{Engine, Source, SourceKind};
use serde_json::{Value as Json, json};
use store::doors::workspaces;

/// Comes round every night.
pub const SWEEP: Schedule = Schedule {
    name: "retention-sweep",
    cron: "20 5 * * *",
    queue: Queue::Maintenance,
    kind: "retention.sweep",
};

/// Records that are looked up at once.
const AT_ONCE: u32 = 200;
/// Refusals of a rule that the job's result names.
const NAMED: usize = 20;

/// `retention.sweep`: of the engine itself, orders one for each workspace; of a workspace, applies its rules.
pub struct Sweeper(pub Engine);

/// What a rule did.
#[derive(Default)]
struct Done {
    erased: u64,
    deleted: u64,
    to_review: u64,
    refused: u64,
    refusals: Vec<Json>,
}

impl Work for Sweeper {
    fn kind(&self) -> &'static str {
        SWEEP.kind
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            match run.workspace.is_nil() {
                true => self.order_all(run).await,
                false => self.sweep(run).await,
            }
        })
    }
}

impl Sweeper {
    async fn order_all(&self, run: &Run) -> Outcome<()> {
        let mut count = 0;
        for workspace in workspaces::list(self.0.store()).await?.into_iter().filter(|w| w.is_active) {
            let actor = Actor::system(workspace.id, "Retention");
            let model = self.0.model(&actor).await?;
            if !rule::all(&self.0, &actor, &model).await?.iter().any(Rule::is_enabled) {
                continue;
            }
            let cx = self.0.store().begin(&actor).await?;
            jobs::enqueue(&cx, &sweep_order()).await?;
            cx.commit().await?;
            count += 1;
        }
        run.finish_with(json!({ "workspaces": count })).await
    }

    /// As the system, whoever ordered it: the rules are the workspace's, and the right to apply them was asked for.
    async fn sweep(&self, run: &Run) -> Outcome<()> {
        let actor = Actor::system(run.workspace, "Retention");
        let model = self.0.model(&actor).await?;
        let mut told = vec![];
        let mut seen = 0;
        for rule in rule::all(&self.0, &actor, &model).await?.iter().filter(|r| r.is_enabled()) {
            let mut one = json!({ "rule": rule.id, "object": rule.object });
            match rule.target(&model) {
                Err(fault) => {
                    tracing::warn!(workspace.id = %run.workspace, rule.id = %rule.id, "A retention rule cannot be applied");
                    one["fault"] = fault.into();
                }
                Ok(target) => {
                    let Some(done) = self.apply(run, &actor, &model, rule, &target, &mut seen).await? else {
                        return Ok(());
                    };
                    tracing::info!(
                        workspace.id = %run.workspace, rule.id = %rule.id, erased = done.erased, deleted = done.deleted,
                        refused = done.refused, "Applied a retention rule to {}", rule.object
                    );
                    one["erased"] = done.erased.into();
                    one["deleted"] = done.deleted.into();
                    one["to_review"] = done.to_review.into();
                    one["refused"] = done.refused.into();
                    one["refusals"] = done.refusals.into();
                }
            }
            told.push(one);
        }
        run.finish_with(json!({ "rules": told })).await
    }

    /// `None`: it was to stop.
    async fn apply(
        &self,
        run: &Run,
        actor: &Actor,
        model: &Model,
        rule: &Rule,
        target: &Target<'_>,
        seen: &mut u64,
    ) -> Outcome<Option<Done>> {
        let grant = policy::grant::<Read>(model, actor, &target.object.name)?;
        let (mut done, mut after) = (Done::default(), Uuid::nil());
        loop {
            let cx = self.0.store().begin_read(actor).await?;
            let rows = cx.query(&target.due(&grant, after, AT_ONCE), &query::retention::DUE).await?;
            drop(cx);
            let ids: Vec<Uuid> = rows.iter().filter_map(|r| r[0].as_id()).collect();
            let Some(last) = ids.last() else { return Ok(Some(done)) };
            after = *last;
            for id in ids {
                if run.is_cancelled() {
                    return Ok(None);
                }
                match self.one(actor, model, rule, target, id).await {
                    Ok(()) => match rule.what_happens {
                        What::ErasePersonal => done.erased += 1,
                        What::Delete => done.deleted += 1,
                        What::Review => done.to_review += 1,
                    },
                    // What the law or a reference holds stays, and is named.
                    Err(Failure::Refused(problems)) => done.refuse(id, &problems),
                    Err(broken) => return Err(broken),
                }
                *seen += 1;
                run.progress(*seen, None).await?;
            }
        }
    }

    async fn one(
        &self,
        actor: &Actor,
        model: &Model,
        rule: &Rule,
        target: &Target<'_>,
        id: Uuid,
    ) -> Outcome<()> {
        let (engine, object) = (&self.0, target.object);
        let note = rule.sentence();
        match rule.what_happens {
            What::Review => Ok(()),
            What::Delete => self.delete(actor, target, id, note).await,
            What::ErasePersonal => {
                let all = person::seeing_all(actor);
                // A client may be a firm: then its own record is what there is to erase.
                let is_person =
                    person::is_person(object) && person::the_person(engine, &all, object, id).await.is_ok();
                match is_person {
                    true => person::forget_person(engine, &all, model, object, id, note).await?,
                    false => person::forget_record(engine, &all, object, id, note).await?,
                };
                Ok(())
            }
        }
    }

    /// With all that was merged into it; from the log go the personal values of whatever went.
    async fn delete(&self, actor: &Actor, target: &Target<'_>, id: Uuid, note: String) -> Outcome<()> {
        let (engine, object) = (&self.0, target.object);
        let ids = person::with_merged(engine, actor, object, id).await?;
        let source = Source::new(SourceKind::System).note(note).without_automations();
        let mut batch = engine.batch(actor, source).await?;
        batch.delete(&object.name, &ids).await?;
        forget_later(&mut batch, Gone::Deleted);
        batch.commit().await?;
        Ok(())
    }
}

impl Done {
    fn refuse(&mut self, id: Uuid, problems: &Problems) {
        self.refused += 1;
        if self.refusals.len() < NAMED {
            let why: Vec<&str> = problems.iter().map(|p| p.detail.as_str()).collect();
            self.refusals.push(json!({ "id": id, "reason": why.join(" ") }));
        }
    }
}
