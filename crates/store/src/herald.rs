//! Word of change sets that stand, for whoever listens on any node. It goes out after the commit and for many changes
//! at once: a `notify` within their transactions would let them commit only one after the other
//! (docs/decisions/0049-live-changes-are-told-after-the-commit.md).
use crate::Store;
use deadpool_postgres::Pool;
use kernel::{Timestamp, Uuid};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::mpsc;

/// Payloads of this channel are read by [`heard`].
pub const CHANNEL: &str = "kontor_changes";
/// Change sets of one notice: PostgreSQL takes less than 8,000 bytes, and each is 90.
const TOLD_AT_ONCE: usize = 80;
/// While a notice is fresh, the next change sets gather.
const BETWEEN: Duration = Duration::from_millis(20);
/// Change sets that may wait to be told.
const BACKLOG: usize = 10_000;
/// In place of the change sets that there was no room for.
const MISSED: &str = "missed";

/// A change set that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeTold {
    pub workspace: Uuid,
    pub set: Uuid,
    pub at: Timestamp,
}

pub(crate) struct Herald {
    waiting: mpsc::Sender<String>,
    missed: Arc<AtomicBool>,
}

impl Herald {
    /// Tells on connections of the doors' pool until it is dropped.
    pub fn new(doors: Pool) -> Self {
        let (waiting, lines) = mpsc::channel(BACKLOG);
        let missed = Arc::new(AtomicBool::new(false));
        tokio::spawn(tell_all(doors, lines, missed.clone()));
        Self { waiting, missed }
    }
}

impl Store {
    /// To be called when the change stands. Costs its writer nothing: it is told beside.
    pub fn tell_change(&self, told: ChangeTold) {
        let line = format!("{} {} {}", told.workspace, told.set, told.at.as_microsecond());
        if self.inner.herald.waiting.try_send(line).is_err() {
            self.inner.herald.missed.store(true, Relaxed);
        }
    }
}

async fn tell_all(doors: Pool, mut waiting: mpsc::Receiver<String>, missed: Arc<AtomicBool>) {
    let mut lines = vec![];
    while waiting.recv_many(&mut lines, TOLD_AT_ONCE).await > 0 {
        if missed.swap(false, Relaxed) {
            lines.push(MISSED.into());
        }
        if let Err(e) = tell(&doors, &lines.join("\n")).await {
            if doors.is_closed() {
                return;
            }
            missed.store(true, Relaxed);
            tracing::warn!("Changes were not told to those who listen: {e:#}");
        }
        lines.clear();
        tokio::time::sleep(BETWEEN).await;
    }
}

async fn tell(doors: &Pool, payload: &str) -> anyhow::Result<()> {
    let client = doors.get().await?;
    let statement = client.prepare_cached("select pg_notify($1, $2)").await?;
    client.query(&statement, &[&CHANNEL, &payload]).await?;
    Ok(())
}

/// What a notice says; `None`: some were missed.
pub fn heard(payload: &str) -> Option<Vec<ChangeTold>> {
    payload.lines().map(line).collect()
}

fn line(text: &str) -> Option<ChangeTold> {
    let mut parts = text.split(' ');
    let told = ChangeTold {
        workspace: parts.next()?.parse().ok()?,
        set: parts.next()?.parse().ok()?,
        at: Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?,
    };
    parts.next().is_none().then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_back_or_said_to_be_incomplete() {
        let told = ChangeTold {
            workspace: Uuid::from_u128(7),
            set: Uuid::from_u128(8),
            at: Timestamp::from_microsecond(1_700_000_000_000_001).expect("a time"),
        };
        let line = format!("{} {} {}", told.workspace, told.set, told.at.as_microsecond());
        assert_eq!(heard(&format!("{line}\n{line}")), Some(vec![told, told]));
        assert_eq!(heard(&format!("{line}\n{MISSED}")), None);
        let longest = (line.len() + 1) * TOLD_AT_ONCE + MISSED.len();
        assert!(longest < 8000, "a notice of {longest} bytes would be refused");
    }
}
