//! Uploaded files are kept for a week, refused rows for a month: they hold what somebody wanted to bring in.
use files::Files;
use jiff::SignedDuration;
use jobs::{BoxFuture, Queue, Run, Schedule, Work};
use kernel::Outcome;
use serde_json::json;
use store::Store;
use store::doors::imports as door;

/// `temp-file-cleanup` of S2-172.
pub const SWEEP: Schedule =
    Schedule { name: "temp-file-cleanup", cron: "0 5 * * *", queue: Queue::Maintenance, kind: KIND };

const KIND: &str = "maintenance.imports";
const FILES_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
const ROWS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

pub struct Sweeper {
    store: Store,
    files: Files,
}

impl Sweeper {
    pub fn new(store: &Store, files: &Files) -> Self {
        Self { store: store.clone(), files: files.clone() }
    }

    async fn uploads(&self) -> Outcome<u64> {
        let mut count = 0;
        loop {
            let old = door::uploads_older_than(&self.store, FILES_KEPT).await?;
            if old.is_empty() {
                return Ok(count);
            }
            for upload in &old {
                // The file first: a row without its file is swept, a file without its row is never found again.
                self.files.delete(&upload.file_key).await?;
                door::forget_upload(&self.store, upload).await?;
            }
            count += old.len() as u64;
        }
    }

    async fn rows(&self) -> Outcome<u64> {
        let mut count = 0;
        loop {
            match door::sweep_older_than(&self.store, ROWS_KEPT).await? {
                0 => return Ok(count),
                some => count += some,
            }
        }
    }
}

impl Work for Sweeper {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let (files, imports) = (self.uploads().await?, self.rows().await?);
            tracing::info!(files, imports, "Did {KIND}");
            run.finish_with(json!({ "files": files, "imports": imports })).await
        })
    }
}
