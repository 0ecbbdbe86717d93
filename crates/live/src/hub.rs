//! Where changes arrive: they are read once, and handed to everybody who listens in their workspace.
use crate::seat::{Listener, Seat, locked};
use kernel::{Outcome, Problem, Uuid};
use policy::Actor;
use records::{Engine, Told};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use store::Notice;
use store::herald::{self, ChangeTold};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long the first who come wait for the connection that listens.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(crate) struct Hub {
    room: Arc<Mutex<Room>>,
    ear: OnceLock<Ear>,
}

#[derive(Default)]
pub(crate) struct Room {
    pub listeners: HashMap<Uuid, Vec<Listener>>,
    pub next: u64,
}

/// The task that listens, and whether it does by now.
struct Ear {
    ready: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hub {
    /// A seat from which nothing is missed any more.
    pub async fn take_seat(&self, engine: &Engine, actor: &Actor) -> Outcome<Seat> {
        let seat = Seat::take(&self.room, actor.workspace, actor.member)?;
        let mut ready = self.ear.get_or_init(|| Ear::open(engine.clone(), self.room.clone())).ready.clone();
        match tokio::time::timeout(PATIENCE, ready.wait_for(|ready| *ready)).await {
            Ok(Ok(_)) => Ok(seat),
            _ => Err(Problem::new("service.unavailable", "Changes cannot be listened to now.").into()),
        }
    }
}

impl Ear {
    fn open(engine: Engine, room: Arc<Mutex<Room>>) -> Self {
        let (tell, ready) = watch::channel(false);
        let task = tokio::spawn(async move {
            let listener = engine.store().listen(&[herald::CHANNEL]);
            let notices = listener.subscribe();
            hear(&engine, &room, notices, &tell).await;
        });
        Self { ready, task }
    }
}

async fn hear(
    engine: &Engine,
    room: &Mutex<Room>,
    mut notices: Receiver<Notice>,
    ready: &watch::Sender<bool>,
) {
    loop {
        match notices.recv().await {
            Ok(Notice::Message { payload, .. }) => match herald::heard(&payload) {
                Some(changes) => hand_on(engine, room, changes).await,
                None => send_away(room),
            },
            // The connection was gone for a while: whoever listened does not know what they missed.
            Ok(Notice::Connected) => {
                if ready.send_replace(true) {
                    send_away(room);
                }
            }
            Err(RecvError::Lagged(_)) => send_away(room),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Reads what changed where somebody listens, and gives it to them.
async fn hand_on(engine: &Engine, room: &Mutex<Room>, changes: Vec<ChangeTold>) {
    let mut by_workspace: HashMap<Uuid, Vec<ChangeTold>> = HashMap::new();
    for change in changes {
        by_workspace.entry(change.workspace).or_default().push(change);
    }
    by_workspace.retain(|workspace, _| locked(room).listeners.contains_key(workspace));
    for (workspace, changes) in by_workspace {
        match engine.told(workspace, &changes).await {
            Ok(told) => told.into_iter().for_each(|told| give(room, workspace, &Arc::new(told))),
            Err(e) => {
                tracing::warn!("Changes could not be read for those who listen: {e}");
                empty(room, Some(workspace));
            }
        }
    }
}

/// Whoever has no room for it is too slow, and loses the seat.
fn give(room: &Mutex<Room>, workspace: Uuid, told: &Arc<Told>) {
    if let Some(listeners) = locked(room).listeners.get_mut(&workspace) {
        listeners.retain(|l| !matches!(l.queue.try_send(told.clone()), Err(TrySendError::Full(_))));
    }
}

fn send_away(room: &Mutex<Room>) {
    empty(room, None);
}

/// Their queues end, which tells them to look at everything anew.
fn empty(room: &Mutex<Room>, workspace: Option<Uuid>) {
    let mut inside = locked(room);
    match workspace {
        Some(workspace) => drop(inside.listeners.remove(&workspace)),
        None => inside.listeners.clear(),
    }
}
