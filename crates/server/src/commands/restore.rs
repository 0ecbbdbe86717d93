//! A backup into a database.
use crate::database::{Database, Site};
use anyhow::Result;
use clap::Args;

pub const EXAMPLES: &str = "\
Everything or nothing: the backup is read in one transaction, then every table is compared with what the backup promises. Stop the
servers first. A restored database is then brought to this version, as `kontor migrate` does.

Examples:
  kontor restore latest                           into the configured database, which must be empty
  kontor restore backup-20261121-020000 --replace in place of what is there
  kontor restore latest --into postgresql://kontor:...@db/another";

#[derive(Args)]
pub struct Restore {
    /// A name that `kontor backup --list` shows, or `latest`.
    name: String,
    /// Another database than the configured one.
    #[arg(long, value_name = "URL")]
    into: Option<String>,
    /// The database need not be empty; what it holds of Kontor's is lost.
    #[arg(long)]
    replace: bool,
}

pub async fn run(restore: Restore, site: &Site) -> Result<()> {
    let database = Database::join(site).await?;
    let backups = database.backups(site, database.files(site).await?).await?;
    let manifest = backups.find(&restore.name).await?;
    let url = restore.into.clone().unwrap_or_else(|| backups.url.clone());
    backups.restore(&manifest, &url, restore.replace).await?;
    println!(
        "{} is restored: {} rows in {} tables, as they were.",
        manifest.name,
        manifest.rows(),
        manifest.tables.len()
    );
    if restore.into.is_none() {
        let report = database.migrate(store::MigrateOptions::default()).await?;
        println!("{} steps brought it to this version.", report.steps.len());
    }
    Ok(())
}
