//! Notifications: what a member should know becomes a record of theirs, unless they would rather not.
mod named;
mod tell;
mod work;

use identity::Identity;
use jobs::Work;
use records::Engine;
use std::sync::Arc;

/// The object whose records members find behind the bell.
const NOTIFICATION: &str = "notification";
/// Where members say by which ways they want to hear of what.
const PREFERENCE: &str = "notification_preference";

/// What can be told: that a record is somebody's, and that a job has ended.
pub fn works(engine: &Engine, identity: &Identity) -> Vec<Arc<dyn Work>> {
    let (engine, identity) = (engine.clone(), identity.clone());
    vec![
        Arc::new(work::Named { engine: engine.clone(), identity: identity.clone() }),
        Arc::new(work::Ended { engine, identity }),
    ]
}
