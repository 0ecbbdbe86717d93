//! The engine's upkeep alone.
use crate::database::{Database, Site};
use crate::upkeep;
use anyhow::Result;

pub const EXAMPLES: &str = "\
`serve` and `start` do the same beside serving, so this is for installations that keep the two apart. Several may run.

Example:
  DATABASE_URL=postgresql://kontor:...@db/kontor kontor work";

pub async fn run(site: &Site) -> Result<()> {
    let database = Database::join_migrated(site).await?;
    upkeep::keep_up(database.store.clone()).await;
    Ok(())
}
