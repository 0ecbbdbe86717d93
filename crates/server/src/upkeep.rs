//! The engine's own chores: sessions that are over, answers kept for repeated requests, tables of the change log
//! for the months to come. None may be forgotten, and any may run on several nodes at once.
use kernel::Outcome;
use std::time::Duration;
use store::Store;
use store::doors::{identity, upkeep};

const EVERY: Duration = Duration::from_secs(15 * 60);

/// Does them at once and then every quarter of an hour, for ever.
pub async fn keep_up(store: Store) {
    let mut next = tokio::time::interval(EVERY);
    loop {
        next.tick().await;
        // A database that is away for a moment is no reason to give up: the next round does what this one missed.
        if let Err(e) = once(&store).await {
            tracing::warn!("Upkeep was not finished and will be tried again: {e}");
        }
    }
}

pub async fn once(store: &Store) -> Outcome<()> {
    let tables = upkeep::partitions(store).await?;
    let sessions = identity::sweep(store).await?;
    let answers = upkeep::old_answers(store).await?;
    tracing::info!(tables, sessions, answers, "Upkeep done");
    Ok(())
}
