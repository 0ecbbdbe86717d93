//! Whether the database answers, and how fast.
use crate::Store;
use kernel::Outcome;
use std::time::{Duration, Instant};

pub async fn check(store: &Store) -> Outcome<Duration> {
    let started = Instant::now();
    store.door().await?.row("select 1", &[]).await?;
    Ok(started.elapsed())
}
