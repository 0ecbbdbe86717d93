//! The read path: plan from the cached model, one pipeline, plan again where the model was old.
use crate::page::PageError;
use crate::session::{Ask, Session};
use crate::{Page, Store, page, raw};
use kernel::{Outcome, Value};
use meta::{Codec, Model};
use policy::Actor;
use query::{Plan, Statement};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Row;

/// A plan that may be shared, with the values of its main statement.
pub struct Planned {
    pub plan: Arc<Plan>,
    pub params: Vec<Value>,
}

impl From<Plan> for Planned {
    fn from(mut plan: Plan) -> Self {
        Self { params: std::mem::take(&mut plan.rows.params), plan: Arc::new(plan) }
    }
}

/// What a question with a time limit sets for itself. Compiling a plan takes longer than such a question may.
const HURRY: &str = "select set_config('statement_timeout', $1::text, true), set_config('jit', 'off', true)";

impl Store {
    /// Several questions in one round trip and one transaction, each within `most`: their rows, typed by `codecs`.
    pub async fn ask(
        &self,
        actor: &Actor,
        most: Duration,
        codecs: &[Codec],
        plan: impl Fn(&Model) -> Outcome<Vec<Statement>>,
    ) -> Outcome<(Arc<Model>, Vec<Vec<Vec<Value>>>)> {
        let hurry = Statement { text: HURRY.into(), params: vec![most.as_millis().to_string().into()] };
        let mut retried = false;
        loop {
            let known = self.known(actor.workspace).await?;
            let statements = match plan(&known.model) {
                Ok(statements) => statements,
                Err(refused) if self.is_current(actor, &known).await? => return Err(refused),
                Err(_) => continue,
            };
            let session = Session::new(self).await?;
            let asks = std::iter::once(&hurry).chain(&statements).map(Ask::from);
            let mut answers: Vec<Vec<Vec<Value>>> = statements.iter().map(|_| vec![]).collect();
            let asked = async {
                let questions = session.prepare_all(asks).await?;
                let take = |at: usize, row: Row| -> Result<(), PageError> {
                    if let Some(rows) = at.checked_sub(1).and_then(|at| answers.get_mut(at)) {
                        rows.push(raw::values(&row, codecs)?);
                    }
                    Ok(())
                };
                session.read(actor.workspace, &questions, take).await
            };
            let outcome = match asked.await {
                Ok((revision, _)) if revision != Some(known.model.revision) => {
                    self.at_revision(actor.workspace, revision).await?;
                    continue;
                }
                Ok((_, outcome)) => outcome,
                Err(e) => Err(e),
            };
            match outcome {
                Ok(()) => return Ok((known.model, answers)),
                Err(PageError::Database(e)) => self.mend(&session, e, &known.model, &mut retried).await?,
                Err(bug) => return Err(bug.failure(&known.model)),
            }
        }
    }

    /// Rows as JSON, in a transaction of their own.
    pub async fn read<P: Into<Planned>>(
        &self,
        actor: &Actor,
        plan: impl Fn(&Model) -> Outcome<P>,
    ) -> Outcome<Page> {
        let mut retried = false;
        loop {
            let known = self.known(actor.workspace).await?;
            let planned: Planned = match plan(&known.model) {
                Ok(planned) => planned.into(),
                Err(refused) if self.is_current(actor, &known).await? => return Err(refused),
                Err(_) => continue,
            };
            let session = Session::new(self).await?;
            let made = match page::alone(&session, actor.workspace, &planned).await {
                Ok((revision, _)) if revision != Some(known.model.revision) => {
                    self.at_revision(actor.workspace, revision).await?;
                    continue;
                }
                Ok((_, made)) => made,
                Err(e) => Err(e),
            };
            match made {
                Ok(page) => return Ok(page),
                Err(PageError::Database(e)) => self.mend(&session, e, &known.model, &mut retried).await?,
                Err(bug) => return Err(bug.failure(&known.model)),
            }
        }
    }
}
