//! What is known about tokens that were seen a moment ago, and how nodes tell each other to forget it.
use crate::Inner;
use crate::caller::Known;
use crate::token::Fingerprint;
use kernel::Uuid;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};
use store::Notice;
use store::doors::identity::CHANNEL;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

/// More tokens at work within half a minute than this, and the oldest knowledge is dropped.
const MOST: usize = 20_000;

/// A token, and the workspace it was used for when the request named one.
pub(crate) type Key = (Fingerprint, Option<String>);

pub(crate) struct Cache {
    life: Duration,
    entries: RwLock<HashMap<Key, (Instant, Arc<Known>)>>,
    /// Counts what was forgotten: an answer that was read before is not kept after.
    generation: AtomicU64,
    /// Tells that something was forgotten, to who must ask again.
    pub told: watch::Sender<()>,
}

impl Cache {
    pub fn new(life: Duration) -> Self {
        Self { life, entries: RwLock::default(), generation: AtomicU64::new(0), told: watch::Sender::new(()) }
    }

    pub fn get(&self, key: &Key) -> Option<Arc<Known>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let (since, known) = entries.get(key)?;
        (since.elapsed() < self.life).then(|| known.clone())
    }

    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Keeps an answer, unless something was forgotten since `generation`, when the reading began.
    pub fn keep(&self, key: Key, known: Arc<Known>, generation: u64) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation() != generation {
            return;
        }
        if entries.len() >= MOST {
            entries.retain(|_, (since, _)| since.elapsed() < self.life / 2);
        }
        if entries.len() < MOST {
            entries.insert(key, (Instant::now(), known));
        }
    }

    pub fn forget(&self, what: &str, id: Uuid) {
        self.forget_where(|known| known.is_about(what, id));
    }
    pub fn forget_token(&self, token: &Fingerprint) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::AcqRel);
        entries.retain(|key, _| key.0 != *token);
        drop(entries);
        self.told.send_replace(());
    }
    fn forget_all(&self) {
        self.forget_where(|_| true);
    }
    fn forget_where(&self, gone: impl Fn(&Known) -> bool) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::AcqRel);
        entries.retain(|_, (_, known)| !gone(known));
        drop(entries);
        self.told.send_replace(());
    }
}

/// Forgets what another node, or a command line, says is no longer true. Ends with the identity it serves.
pub(crate) fn follow(identity: Weak<Inner>) {
    let Some(inner) = identity.upgrade() else { return };
    let listener = inner.store.listen(&[CHANNEL]);
    let mut notices = listener.subscribe();
    drop(inner);
    tokio::spawn(async move {
        let _listens = listener;
        loop {
            let notice = notices.recv().await;
            let Some(inner) = identity.upgrade() else { return };
            match notice {
                Ok(Notice::Message { payload, .. }) => obey(&inner.cache, &payload),
                // Something may have been said while nobody listened.
                Ok(Notice::Connected) | Err(RecvError::Lagged(_)) => inner.cache.forget_all(),
                Err(RecvError::Closed) => return,
            }
        }
    });
}

fn obey(cache: &Cache, payload: &str) {
    let told = payload.split_once(' ').and_then(|(what, id)| Some((what, id.parse().ok()?)));
    match told {
        Some((what, id)) => cache.forget(what, id),
        None => cache.forget_all(),
    }
}
