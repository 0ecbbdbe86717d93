//! The log of sign-ins and refusals. Written in the background: it never fails what it tells about (S2-124).
use crate::{Identity, Membership};
use kernel::Uuid;
use policy::{Actor, Origin};
use serde_json::Value;
use store::doors::identity::{self as door, LogEntry};

pub struct Happened(LogEntry);

impl Happened {
    pub fn new(action: &'static str) -> Self {
        Self(LogEntry { action, metadata: serde_json::json!({}), ..LogEntry::default() })
    }
    pub fn by(self, actor: &Actor) -> Self {
        let mut this = self.user(actor.user).from(&actor.origin);
        this.0.workspace = Some(actor.workspace);
        this.0.member = Some(actor.member);
        this
    }
    pub fn user(mut self, user: Uuid) -> Self {
        self.0.user = Some(user);
        self
    }
    pub fn member(mut self, workspace: &Membership) -> Self {
        self.0.workspace = Some(workspace.id);
        self.0.member = Some(workspace.member);
        self
    }
    pub fn from(mut self, origin: &Origin) -> Self {
        self.0.ip = origin.ip;
        self.0.user_agent = origin.user_agent.clone();
        self.0.request_id = origin.request_id.clone();
        self
    }
    pub fn with(mut self, metadata: Value) -> Self {
        self.0.metadata = metadata;
        self
    }
}

impl Identity {
    pub fn log(&self, what: Happened) {
        let store = self.store().clone();
        tokio::spawn(async move {
            if let Err(error) = door::log(&store, &what.0).await {
                tracing::error!("The log of sign-ins could not be written: {error}");
            }
        });
    }
}
