//! Carries a plan out.
use super::steps::{Step, When};
use anyhow::{Context, Result};
use std::time::Duration;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

/// A short wait, several times: a queue behind a waiting `alter table` would stop every reader of the table.
const LOCK_TIMEOUT: &str = "set lock_timeout = '3s'";
const ATTEMPTS: u32 = 10;

pub(crate) async fn run(client: &Client, steps: &[Step]) -> Result<()> {
    client.batch_execute(LOCK_TIMEOUT).await?;
    for step in steps.iter().filter(|s| s.when == When::First) {
        patiently(client, &step.sql).await?;
    }
    let fresh: Vec<&str> = steps.iter().filter(|s| s.when == When::Fresh).map(|s| s.sql.as_str()).collect();
    if !fresh.is_empty() {
        patiently(client, &format!("begin;\n{};\ncommit", fresh.join(";\n"))).await?;
    }
    for step in steps.iter().filter(|s| matches!(s.when, When::Short | When::Concurrently)) {
        patiently(client, &step.sql).await?;
    }
    Ok(())
}

async fn patiently(client: &Client, sql: &str) -> Result<()> {
    for attempt in 1.. {
        let Err(error) = client.batch_execute(sql).await else { return Ok(()) };
        // The batch may have stopped inside its own transaction.
        client.batch_execute("rollback").await?;
        let busy = error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
        if !busy || attempt == ATTEMPTS {
            let first_lines: Vec<&str> = sql.lines().take(3).collect();
            return Err(error).with_context(|| format!("while running: {}", first_lines.join(" ")));
        }
        tokio::time::sleep(Duration::from_millis(200 * u64::from(attempt))).await;
    }
    Ok(())
}
