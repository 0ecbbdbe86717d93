//! Changes by others, told to members as they happen: one listener per process, each member's part of it trimmed by the
//! policy that also trims lists.
mod hub;
mod missed;
mod seat;
mod stream;

pub use missed::Since;
pub use stream::{Event, Events};

use hub::Hub;
use identity::{Identity, Pass};
use kernel::Outcome;
use policy::Actor;
use records::Engine;
use std::sync::Arc;
use tokio::sync::watch;

/// The one place of a process where changes arrive and go on to who listens. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    engine: Engine,
    identity: Identity,
    hub: Hub,
    /// Whether the server is about to stop.
    stopping: watch::Sender<bool>,
}

impl Live {
    /// Nothing is listened to before somebody comes.
    pub fn new(engine: &Engine, identity: &Identity) -> Self {
        Self(Arc::new(Inner {
            engine: engine.clone(),
            identity: identity.clone(),
            hub: Hub::default(),
            stopping: watch::Sender::new(false),
        }))
    }

    /// Ends every stream, so that the server can end.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Everything from now on that `actor`, who came with `pass`, may know; with `since`, what they missed first.
    pub async fn listen(&self, actor: Arc<Actor>, pass: Pass, since: Option<Since>) -> Outcome<Events> {
        let seat = self.0.hub.take_seat(&self.0.engine, &actor).await?;
        Ok(stream::begin(self.clone(), actor, pass, seat, since))
    }

    /// What came since then, at once: for whom a stream does not reach.
    pub async fn missed(&self, actor: &Actor, since: Since) -> Outcome<Vec<Event>> {
        missed::since(&self.0.engine, actor, since).await
    }
}
