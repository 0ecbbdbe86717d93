//! Backups as jobs that come round by the calendar.
use crate::Backups;
use jobs::{BoxFuture, Queue, Run, Schedule, Work};
use kernel::Outcome;
use serde_json::json;
use std::sync::Arc;

/// `database-backup` is S2-172's; the drill of the week shows that what is taken can be used.
pub const SCHEDULES: [Schedule; 2] = [
    Schedule { name: "database-backup", cron: "0 2 * * *", queue: Queue::Maintenance, kind: "backup.take" },
    Schedule { name: "backup-drill", cron: "0 5 * * 0", queue: Queue::Maintenance, kind: "backup.drill" },
];

pub fn works(backups: &Backups) -> Vec<Arc<dyn Work>> {
    vec![Arc::new(Take(backups.clone())), Arc::new(Try(backups.clone()))]
}

struct Take(Backups);

impl Work for Take {
    fn kind(&self) -> &'static str {
        "backup.take"
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let taken = self.0.take().await?;
            run.finish_with(json!({ "name": taken.name, "bytes": taken.bytes, "rows": taken.rows() })).await
        })
    }
}

struct Try(Backups);

impl Work for Try {
    fn kind(&self) -> &'static str {
        "backup.drill"
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let newest = self.0.find("latest").await?;
            let tried = self.0.drill(&newest).await?;
            let drill = tried.drill.unwrap_or_else(|| unreachable!("a drill notes its outcome"));
            let told = json!({ "name": tried.name, "green": drill.green, "detail": drill.detail });
            run.finish_with(told).await?;
            // A red one is a failed job, so that whoever watches the queue sees it.
            match drill.green {
                true => Ok(()),
                false => Err(anyhow::anyhow!("{} cannot be restored: {}", tried.name, drill.detail).into()),
            }
        })
    }
}
