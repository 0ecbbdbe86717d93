//! A job while it runs, as its work sees it.
use futures_util::future::BoxFuture;
use kernel::{Outcome, Uuid};
use serde_json::Value as Json;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::Store;
use store::doors::jobs::{self as door, Claimed, Holding};

/// Progress is written at most this often, save for the first and the last time.
const BETWEEN: Duration = Duration::from_millis(250);

/// What is done for jobs of one kind. It may be done twice for one job (a node that dies has perhaps finished, and
/// told nobody), so what it does must bear that.
pub trait Work: Send + Sync {
    /// As orders name it: `export.records`.
    fn kind(&self) -> &'static str;
    /// A refusal (4xx) is final, any other failure is tried again after a while.
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>>;
    /// Whether the member who ordered it is told when it is done; when it has failed they are in any case.
    fn tells(&self) -> bool {
        false
    }
}

/// One attempt at a job.
pub struct Run {
    pub id: Uuid,
    /// Nil: a job of the engine itself.
    pub workspace: Uuid,
    /// On whose behalf; `None`: the system's. `identity.actor_for(run)` gives the actor.
    pub member: Option<Uuid>,
    /// What the API key that ordered it leaves of the member's rights. `None`: all of them.
    pub scopes: Option<Vec<String>>,
    /// The location that was chosen when it was ordered.
    pub location: Option<Uuid>,
    pub payload: Json,
    /// From 1.
    pub attempt: u32,
    pub(crate) store: Store,
    pub(crate) worker: Uuid,
    /// Somebody wants it to stop, or its lease went to another worker.
    pub(crate) cancel: AtomicBool,
    /// The work has asked and heard that it is to stop.
    pub(crate) heard: AtomicBool,
    pub(crate) result: Mutex<Option<Json>>,
    written: Mutex<Option<Instant>>,
}

impl Run {
    pub(crate) fn new(store: &Store, worker: Uuid, claimed: &Claimed) -> Self {
        Self {
            id: claimed.id,
            workspace: claimed.workspace,
            member: claimed.member,
            scopes: claimed.scopes.clone(),
            location: claimed.location,
            payload: claimed.payload.clone(),
            attempt: claimed.attempt,
            store: store.clone(),
            worker,
            cancel: AtomicBool::new(false),
            heard: AtomicBool::new(false),
            result: Mutex::new(None),
            written: Mutex::new(None),
        }
    }

    pub(crate) fn holding(&self) -> Holding {
        Holding { workspace: self.workspace, id: self.id, attempt: self.attempt }
    }

    /// Tells how far it has come. Cheap to call often: not every call is written.
    pub async fn progress(&self, done: u64, total: Option<u64>) -> Outcome<()> {
        if !self.is_worth_writing(total == Some(done)) {
            return Ok(());
        }
        let told = door::progress(&self.store, self.worker, &self.holding(), done, total).await?;
        if told.unwrap_or(true) {
            self.cancel.store(true, Relaxed);
        }
        Ok(())
    }

    fn is_worth_writing(&self, last: bool) -> bool {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let due = written.is_none_or(|at| now.duration_since(at) >= BETWEEN);
        if due {
            *written = Some(now);
        }
        due || last
    }

    /// To be asked between steps, and outside a transaction that is to be kept: a work that hears `true` stops.
    pub fn is_cancelled(&self) -> bool {
        let cancelled = self.cancel.load(Relaxed);
        if cancelled {
            self.heard.store(true, Relaxed);
        }
        cancelled
    }

    /// What the job's reader gets: ids, counts, a link's key. Kept when the run succeeds.
    pub async fn finish_with(&self, result: Json) -> Outcome<()> {
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        Ok(())
    }
}
