//! What every handler can reach.
use crate::HttpConfig;
use crate::health::Probe;
use crate::limits::Limiter;
use crate::shell::content_policy;
use files::Files;
use http::HeaderValue;
use identity::Identity;
use live::Live;
use records::Engine;
use std::ops::Deref;
use std::sync::Arc;
use store::Store;

/// The parts, behind one pointer: every layer and every handler of a request takes a copy.
#[derive(Clone)]
pub struct AppState(Arc<Held>);

struct Held {
    parts: Parts,
    content_policy: HeaderValue,
}

pub struct Parts {
    pub store: Store,
    pub engine: Engine,
    pub identity: Identity,
    pub files: Files,
    pub live: Live,
    pub limiter: Arc<dyn Limiter>,
    /// Parts beside the database and the limits whose health is told: file storage, mail.
    pub probes: Arc<[Arc<dyn Probe>]>,
    pub config: Arc<HttpConfig>,
}

impl From<Parts> for AppState {
    fn from(parts: Parts) -> Self {
        let content_policy = content_policy(parts.files.storage_origin());
        Self(Arc::new(Held { parts, content_policy }))
    }
}

impl AppState {
    /// What pages may load and talk to, where a reply does not say so itself.
    pub(crate) fn content_policy(&self) -> &HeaderValue {
        &self.0.content_policy
    }
}

impl Deref for AppState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}
