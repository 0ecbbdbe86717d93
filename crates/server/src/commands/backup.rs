//! Backups by hand; a worker takes one every night.
use crate::database::{Database, Site};
use anyhow::Result;
use backups::Manifest;
use clap::Args;
use std::process::ExitCode;

pub const EXAMPLES: &str = "\
The whole database as SQL that `psql` can read without Kontor, compressed, in the folder `backups` of the storage (the data
folder, or the bucket). With KONTOR_BACKUP_KEY it is encrypted for that key, by age. A backup never waits for writers, and shows
one moment. Of daily ones 30 are kept, of weekly ones 12, of monthly ones 12.

Examples:
  kontor backup                 take one now
  kontor backup --list          what there is, and whether it was tried out
  kontor backup --drill latest  restore it into a database of its own, compare every table, drop that database again
                                (exit code 1 when it is not as it was)";

#[derive(Args)]
#[group(multiple = false)]
pub struct Backup {
    /// Show the backups instead.
    #[arg(long)]
    list: bool,
    /// Try out whether this one can be restored instead.
    #[arg(long, value_name = "NAME")]
    drill: Option<String>,
}

pub async fn run(backup: Backup, site: &Site) -> Result<ExitCode> {
    let database = Database::join(site).await?;
    let backups = database.backups(site, database.files(site).await?).await?;
    if backup.list {
        let all = backups.list().await?;
        all.iter().for_each(|m| println!("{}", told(m)));
        if all.is_empty() {
            println!("There is no backup yet.");
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(name) = backup.drill {
        let tried = backups.drill(&backups.find(&name).await?).await?;
        println!("{}", told(&tried));
        let green = tried.drill.is_some_and(|d| d.green);
        return Ok(if green { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    println!("{}", told(&backups.take().await?));
    Ok(ExitCode::SUCCESS)
}

fn told(m: &Manifest) -> String {
    let tried = match &m.drill {
        None => "not tried out yet".to_owned(),
        Some(d) if d.green => format!("GREEN on {}: {}", d.at.strftime("%Y-%m-%d %H:%M"), d.detail),
        Some(d) => format!("RED on {}: {}", d.at.strftime("%Y-%m-%d %H:%M"), d.detail),
    };
    let locked = if m.encrypted { ", encrypted" } else { "" };
    let size = m.bytes as f64 / 1_048_576.0;
    format!("{}  {size:.1} MiB{locked}, {} rows in {} tables, {tried}", m.name, m.rows(), m.tables.len())
}
