//! An entry of the log about something that changed no record: an export, an erasure.
use crate::Engine;
use crate::log::head;
use crate::write::Source;
use kernel::{Outcome, Timestamp, Uuid, new_id};
use policy::Actor;

impl Engine {
    /// Writes down who did it, when, and what the source's note says.
    pub async fn note(&self, actor: &Actor, source: Source) -> Outcome<Uuid> {
        let id = new_id();
        let cx = self.store().begin(actor).await?;
        cx.commit_with(&[head(actor, &source, id, Timestamp::now())]).await?;
        Ok(id)
    }
}
