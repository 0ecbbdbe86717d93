//! Files that belong together: a whole and its parts may stand anywhere in them, so they are read whole.
use super::{Import, told};
use crate::database::Database;
use crate::progress::Progress;
use anyhow::{Context, Result, bail};
use imports::{Files, Mapping, Options, Report};
use policy::Actor;
use std::path::PathBuf;
use std::sync::Arc;

/// As over HTTP.
const LARGEST: u64 = 50 << 20;

pub async fn run(import: &Import, database: &Database, actor: &Actor, mapping: &Mapping) -> Result<()> {
    if import.duplicates != super::Duplicates::Create || !import.choose.is_empty() {
        bail!("Choices about duplicates are for a single file without `[parts]`.");
    }
    if import.on_error != super::OnError::Nothing || import.errors.is_some() {
        bail!("Files that belong together are written whole or not at all, and have no file of errors.");
    }
    let files = read(&import.files)?;
    let progress = Arc::new(Progress::new("Reading rows"));
    let shown = progress.clone();
    let on_progress = Box::new(move |done, total| shown.set(done, total));
    let options = Options { dry_run: import.dry_run, on_progress: Some(on_progress) };
    let report = imports::run(&database.engine(), actor, &files, mapping, options).await?;
    if let Some(progress) = Arc::into_inner(progress) {
        progress.finish(&format!("{} rows read", report.rows));
    }
    tell(&report)
}

/// By the names that mappings use: without the folder.
fn read(paths: &[PathBuf]) -> Result<Files> {
    let mut files = Files::new();
    let mut bytes = 0;
    for path in paths {
        let name = path.file_name().with_context(|| format!("{} is not a file", path.display()))?;
        let unread = || format!("{} cannot be read", path.display());
        bytes += std::fs::metadata(path).with_context(unread)?.len();
        if bytes > LARGEST {
            bail!(
                "Files that belong together are read whole, so they may have {} MB at most.",
                LARGEST >> 20
            );
        }
        files.insert(name.to_string_lossy().into_owned(), std::fs::read(path).with_context(unread)?);
    }
    Ok(files)
}

fn tell(report: &Report) -> Result<()> {
    for note in &report.notes {
        println!("Note: {note}");
    }
    for error in &report.errors {
        println!("{}", told::line(error));
    }
    let hidden = report.errors_total - report.errors.len() as u64;
    if hidden > 0 {
        println!("... and {hidden} more.");
    }
    if !report.is_clean() {
        bail!("{} errors in {} rows: nothing was written.", report.errors_total, report.rows);
    }
    let counts =
        format!("{} created, {} updated, {} unchanged", report.created, report.updated, report.unchanged);
    match (report.dry_run, report.change_set) {
        (true, _) => println!("Without errors: {counts} if it were run. Nothing was written."),
        (false, Some(id)) => println!("{counts}. Change set {id}."),
        (false, None) => println!("{counts}. Nothing had to be written."),
    }
    Ok(())
}
