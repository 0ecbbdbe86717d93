//! What every handler can reach.
use crate::HttpConfig;
use crate::health::Probe;
use crate::limits::Limiter;
use files::Files;
use identity::Identity;
use live::Live;
use records::Engine;
use std::ops::Deref;
use std::sync::Arc;
use store::Store;

/// The parts, behind one pointer: every layer and every handler of a request takes a copy.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

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
        Self(Arc::new(parts))
    }
}

impl Deref for AppState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
