//! A whole workspace into a zip file or a folder.
use super::workspace;
use crate::database::{Database, Site};
use anyhow::{Context, Result};
use clap::Args;
use exports::whole::{self, Options, Target};
use std::fs::File;
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Everything as of one moment: records with their ids, versions and history, members and roles, settings, and the files. Rows are
JSON lines, one file per table; `manifest.json` has counts and checksums. `kontor workspace restore` reads it back.

Examples:
  kontor export acme acme.zip
  kontor export acme /srv/leaving/acme --with-passwords";

#[derive(Args)]
pub struct Export {
    /// The slug of the workspace.
    workspace: String,
    /// A file that ends in `.zip`, or a folder that is empty or not there yet.
    to: PathBuf,
    /// Let the members' password hashes go along, so that they can sign in where it is restored.
    #[arg(long)]
    with_passwords: bool,
}

pub async fn run(export: Export, site: &Site) -> Result<()> {
    let database = Database::join_migrated(site).await?;
    let files = database.files(site).await?;
    let workspace = workspace::find(&database, &export.workspace).await?;
    let to = match export.to.extension().is_some_and(|e| e == "zip") {
        true => Target::Zip(
            File::create_new(&export.to)
                .with_context(|| format!("{} cannot be made", export.to.display()))?,
        ),
        false => Target::Folder(export.to.clone()),
    };
    let options = Options { with_passwords: export.with_passwords };
    let mut told = |_: &str, _: u64| true;
    let written = whole::write(&database.store, &files, &workspace, to, &options, &mut told).await?;
    let (manifest, _) = written.context("nobody stopped it, and it stopped")?;
    println!(
        "{} rows of {} tables and {} other files in {}.",
        manifest.rows(),
        manifest.tables.len(),
        manifest.contents.keys().filter(|path| path.starts_with("files/")).count(),
        export.to.display()
    );
    Ok(())
}
