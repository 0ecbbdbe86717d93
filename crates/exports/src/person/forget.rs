//! The log forgets what a change has emptied or deleted. It can only do so once the change stands, whose own entries hold
//! the values as they were; so the order goes with the change, and nothing is remembered because a process died between
//! the two.
use super::related::personal;
use files::{Files, uploads};
use jobs::{BoxFuture, Order, Queue, Run, Work};
use kernel::{Outcome, Uuid, Value};
use meta::{Codec, Model};
use policy::Actor;
use query::Statement;
use records::{Batch, Engine};
use serde_json::json;
use store::doors::log::{self, Erase};

const KIND: &str = "privacy.forget";

/// Which records of a change are to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// Those that it changed: their personal fields were emptied.
    Emptied,
    /// Those that it deleted, and not those that only referred to them.
    Deleted,
}

impl Gone {
    fn action(self) -> &'static str {
        match self {
            Self::Emptied => "update",
            Self::Deleted => "delete",
        }
    }
}

/// Orders it in the transaction of the change.
pub fn forget_later(batch: &mut Batch, gone: Gone) {
    if !batch.has_changes() {
        return;
    }
    let actor = Actor::system(batch.actor().workspace, "Privacy");
    let change_set = batch.change_set();
    let order = Order::new(Queue::Bulk, KIND, json!({ "change_set": change_set, "action": gone.action() }));
    batch.push(jobs::statement(&actor, &order, Some(change_set)));
}

/// `privacy.forget`: every value that the personal fields of these records ever had goes from the log, and of files the
/// bytes go with them.
pub struct Forgetter {
    engine: Engine,
    files: Files,
}

impl Work for Forgetter {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let actor = Actor::system(run.workspace, "Privacy");
            let model = self.engine.model(&actor).await?;
            let erase = self.of(&actor, &model, run).await?;
            let stored: Vec<_> = erase.iter().filter(|e| e.object == uploads::OBJECT).collect();
            for file in &stored {
                uploads::remove(&self.files, run.workspace, file.record).await?;
            }
            let entries = log::erase(self.engine.store(), run.workspace, &erase).await?;
            run.finish_with(json!({ "entries": entries, "files": stored.len() })).await
        })
    }
}

impl Forgetter {
    pub fn new(engine: &Engine, files: &Files) -> Self {
        Self { engine: engine.clone(), files: files.clone() }
    }

    async fn of(&self, actor: &Actor, model: &Model, run: &Run) -> Outcome<Vec<Erase>> {
        let text = |name: &str| run.payload[name].as_str().unwrap_or_default();
        let change_set: Uuid = text("change_set").parse().map_err(anyhow::Error::from)?;
        let statement = Statement {
            text: "select distinct object, record_id from kontor.changes where workspace_id = $1 \
                   and change_set_id = $2::uuid and action = $3::text"
                .into(),
            params: vec![actor.workspace.into(), change_set.into(), Value::from(text("action"))],
        };
        let cx = self.engine.store().begin_read(actor).await?;
        let rows = cx.query(&statement, &[Codec::Text, Codec::Uuid]).await?;
        let one = |row: &Vec<Value>| {
            let object = model.objects.get(row[0].as_text()?)?;
            let fields: Vec<String> = personal(object).map(|f| f.name.clone()).collect();
            (!fields.is_empty()).then_some(Erase {
                object: object.name.clone(),
                record: row[1].as_id()?,
                fields,
            })
        };
        Ok(rows.iter().filter_map(one).collect())
    }
}
