//! Bytes that no record needs: uploads that nobody finished, and files that were deleted for good.
use crate::Files;
use jiff::SignedDuration;
use jobs::{BoxFuture, Queue, Run, Schedule, Work};
use kernel::{Outcome, Uuid};
use serde_json::json;
use store::Store;
use store::doors::files::{self as door, Stored};

/// Comes round every night.
pub const SWEEP: Schedule =
    Schedule { name: "file-cleanup", cron: "50 4 * * *", queue: Queue::Maintenance, kind: KIND };

const KIND: &str = "maintenance.files";
/// An upload that was begun and not completed; longer than anybody may still complete it.
const BEGUN_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The bytes of a record that was deleted for good: for as long the deletion can be undone with them.
const GONE_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

pub struct Sweeper {
    store: Store,
    files: Files,
}

impl Sweeper {
    pub fn new(store: &Store, files: &Files) -> Self {
        Self { store: store.clone(), files: files.clone() }
    }

    async fn abandoned(&self) -> Outcome<u64> {
        let mut count = 0;
        loop {
            match door::abandoned(&self.store, BEGUN_KEPT).await? {
                none if none.is_empty() => return Ok(count),
                some => count += self.let_go(&some).await?,
            }
        }
    }

    async fn gone(&self) -> Outcome<u64> {
        door::note_gone(&self.store).await?;
        let mut count = 0;
        loop {
            match door::gone(&self.store, GONE_KEPT).await? {
                none if none.is_empty() => return Ok(count),
                some => count += self.let_go(&some).await?,
            }
        }
    }

    async fn let_go(&self, some: &[Stored]) -> Outcome<u64> {
        for stored in some {
            // The bytes first: a row without its bytes is swept, bytes without their row are never found again.
            remove(&self.files, stored.workspace, stored.id).await?;
            door::forget(&self.store, stored).await?;
        }
        Ok(some.len() as u64)
    }
}

/// Everything that lies in the storage under this id.
pub async fn remove(files: &Files, workspace: Uuid, id: Uuid) -> Outcome<()> {
    for area in [super::COMING, super::KEPT] {
        for key in files.keys(&format!("{workspace}/{area}/{id}")).await? {
            files.delete(&key).await?;
        }
    }
    Ok(())
}

impl Work for Sweeper {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let (abandoned, deleted) = (self.abandoned().await?, self.gone().await?);
            tracing::info!(abandoned, deleted, "Did {KIND}");
            run.finish_with(json!({ "abandoned": abandoned, "deleted": deleted })).await
        })
    }
}
