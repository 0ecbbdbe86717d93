//! The read path: plan from the cached model, one pipeline, plan again where the model was old.
use crate::session::Session;
use crate::{Page, Store, page};
use kernel::{Outcome, Value};
use meta::Model;
use policy::Actor;
use query::Plan;
use std::sync::Arc;

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

impl Store {
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
                Err(page::PageError::Database(e)) => {
                    self.mend(&session, e, &known.model, &mut retried).await?
                }
                Err(bug) => return Err(bug.failure(&known.model)),
            }
        }
    }
}
