//! The engine's own chores, as jobs that come round by the calendar. Each may be done on any node, and twice.
use jiff::SignedDuration;
use jobs::{BoxFuture, Queue, Run, Schedule, Work};
use kernel::Outcome;
use std::sync::Arc;
use store::Store;
use store::doors::{identity, jobs as queue, log, upkeep};

/// Done jobs are kept for a day, failed ones for a week (S2-171).
const DONE_KEPT: SignedDuration = SignedDuration::from_hours(24);
const FAILED_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// `session-cleanup` is S2-172's; the others keep what the engine itself writes within bounds.
pub const SCHEDULES: [Schedule; 5] = [
    every("session-cleanup", "0 4 * * *", "maintenance.sessions"),
    every("answer-cleanup", "10 * * * *", "maintenance.answers"),
    every("job-cleanup", "20 * * * *", "maintenance.jobs"),
    every("log-tables", "30 4 * * *", "maintenance.log_tables"),
    // What is sealed soon can be changed unnoticed only for as long.
    every("log-seal", "* * * * *", "log.seal"),
];

const fn every(name: &'static str, cron: &'static str, kind: &'static str) -> Schedule {
    Schedule { name, cron, queue: Queue::Maintenance, kind }
}

pub fn works(store: &Store) -> Vec<Arc<dyn Work>> {
    let chore =
        |&(kind, does): &(_, _)| -> Arc<dyn Work> { Arc::new(Chore { kind, does, store: store.clone() }) };
    CHORES.iter().map(chore).collect()
}

const CHORES: [(&str, Does); 5] = [
    ("maintenance.sessions", Does::Sessions),
    ("maintenance.answers", Does::Answers),
    ("maintenance.jobs", Does::Jobs),
    ("maintenance.log_tables", Does::LogTables),
    ("log.seal", Does::LogSeal),
];

struct Chore {
    kind: &'static str,
    does: Does,
    store: Store,
}

#[derive(Clone, Copy)]
enum Does {
    /// Sessions that are over.
    Sessions,
    /// Answers kept for repeated requests.
    Answers,
    /// Jobs that are over.
    Jobs,
    /// Tables of the change log for the months to come.
    LogTables,
    /// Links of the change log's chain.
    LogSeal,
}

impl Work for Chore {
    fn kind(&self) -> &'static str {
        self.kind
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let store = &self.store;
            let count = match self.does {
                Does::Sessions => identity::sweep(store).await?,
                Does::Answers => upkeep::old_answers(store).await?,
                Does::Jobs => queue::sweep(store, DONE_KEPT, FAILED_KEPT).await?,
                Does::LogSeal => log::seal_all(store).await?,
                Does::LogTables => upkeep::partitions(store).await?.unsigned_abs().into(),
            };
            tracing::info!(count, "Did {}", self.kind);
            run.finish_with(serde_json::json!({ "count": count })).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chore_comes_round() {
        for schedule in SCHEDULES {
            schedule.after(kernel::Timestamp::UNIX_EPOCH).expect("it can be read");
        }
        let kinds: Vec<_> = SCHEDULES.iter().map(|s| s.kind).collect();
        assert_eq!(kinds, CHORES.map(|(kind, _)| kind));
    }
}
