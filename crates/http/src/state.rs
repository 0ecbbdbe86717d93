//! What every handler can reach.
use crate::HttpConfig;
use crate::health::Probe;
use crate::limits::Limiter;
use files::Files;
use identity::Identity;
use records::Engine;
use std::sync::Arc;
use store::Store;

/// Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub store: Store,
    pub engine: Engine,
    pub identity: Identity,
    pub files: Files,
    pub limiter: Arc<dyn Limiter>,
    /// Parts beside the database and the limits whose health is told: file storage, mail.
    pub probes: Arc<[Arc<dyn Probe>]>,
    pub config: Arc<HttpConfig>,
}
