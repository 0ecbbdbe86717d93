//! The read path: plan from the cached model, one pipeline, plan again where the model was old.
use crate::session::Session;
use crate::{Page, Store, page};
use kernel::Outcome;
use meta::Model;
use policy::Actor;
use query::Plan;

impl Store {
    pub async fn read(&self, actor: &Actor, plan: impl Fn(&Model) -> Outcome<Plan>) -> Outcome<Page> {
        let mut retried = false;
        loop {
            let known = self.known(actor.workspace).await?;
            let plan = match plan(&known.model) {
                Ok(plan) => plan,
                Err(refused) if self.is_current(actor, &known).await? => return Err(refused),
                Err(_) => continue,
            };
            let session = Session::new(self).await?;
            let made = match page::alone(&session, actor.workspace, &plan).await {
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
