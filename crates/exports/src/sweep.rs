//! Files of exports are kept for a week; what was searched for is forgotten with them.
use files::Files;
use jobs::{BoxFuture, Queue, Run, Schedule, Work};
use kernel::Outcome;
use serde_json::json;
use store::Store;
use store::doors::exports as door;

/// Comes round every night.
pub const SWEEP: Schedule =
    Schedule { name: "export-cleanup", cron: "40 4 * * *", queue: Queue::Maintenance, kind: KIND };

const KIND: &str = "maintenance.exports";
const KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

pub struct Sweeper {
    store: Store,
    files: Files,
}

impl Sweeper {
    pub fn new(store: &Store, files: &Files) -> Self {
        Self { store: store.clone(), files: files.clone() }
    }

    async fn sweep(&self) -> Outcome<u64> {
        let mut count = 0;
        loop {
            let old = door::older_than(&self.store, KEPT).await?;
            if old.is_empty() {
                return Ok(count);
            }
            for export in &old {
                // The file first: a row without its file is swept, a file without its row is never found again.
                self.files.delete(&export.file_key).await?;
                door::forget(&self.store, export).await?;
            }
            count += old.len() as u64;
        }
    }
}

impl Work for Sweeper {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let count = self.sweep().await?;
            tracing::info!(count, "Did {KIND}");
            run.finish_with(json!({ "count": count })).await
        })
    }
}
