//! The sessions of one person: listed, and ended one by one or all at once.
use crate::{Happened, Identity, Membership, SessionEntry};
use kernel::{Outcome, Problem, Uuid};
use policy::Actor;
use store::doors::identity as door;

impl Identity {
    pub async fn sessions(&self, user: Uuid) -> Outcome<Vec<SessionEntry>> {
        door::sessions(self.store(), user).await
    }

    pub async fn end_session(&self, actor: &Actor, session: Uuid) -> Outcome<()> {
        if !door::end_session(self.store(), actor.user, session).await? {
            return Err(Problem::new("record.not_found", "You have no such session.").into());
        }
        self.0.cache.forget("session", session);
        self.log(Happened::new("session_ended").by(actor));
        Ok(())
    }

    /// Ends every session but the one at hand; how many.
    pub async fn end_other_sessions(&self, actor: &Actor, keep: Option<Uuid>) -> Outcome<u64> {
        let ended = door::end_sessions(self.store(), actor.user, keep).await?;
        self.0.cache.forget("user", actor.user);
        self.log(Happened::new("session_ended").by(actor).with(serde_json::json!({ "sessions": ended })));
        Ok(ended)
    }

    pub async fn switch_workspace(&self, user: Uuid, session: Uuid, slug: &str) -> Outcome<Membership> {
        let all = door::memberships(self.store(), user).await?;
        let found = all.into_iter().find(|m| m.slug == slug);
        let workspace = found.ok_or_else(|| crate::sign_in::no_workspace(slug))?;
        door::switch_workspace(self.store(), session, workspace.id).await?;
        self.0.cache.forget("session", session);
        Ok(workspace)
    }

    /// Removes what time has ended; for the nightly `session-cleanup`.
    pub async fn sweep(&self) -> Outcome<u64> {
        door::sweep(self.store()).await
    }
}
