//! A CSV file into a workspace.
use super::workspace;
use crate::database::{Database, Site};
use crate::progress::Progress;
use anyhow::{Context, Result, bail};
use clap::Args;
use imports::{Files, Mapping, Options, Report, RowError};
use policy::Actor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const EXAMPLES: &str = "\
All rows are written in one transaction, or none: with errors nothing is written, and every error is told with its row and
column. The whole import is one entry of the change log and can be undone as one. docs/importing.md describes mappings.

Examples:
  kontor import sales customers.csv --map customers.toml --dry-run
  kontor import sales customers.csv --map customers.toml
  kontor import sales invoices.csv invoice_lines.csv --map invoices.toml";

#[derive(Args)]
pub struct Import {
    /// The slug of the workspace.
    workspace: String,
    /// The file, and the files that the mapping names besides.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The mapping: which column goes into which field.
    #[arg(long)]
    map: PathBuf,
    /// Find every error and write nothing.
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(import: Import, site: &Site) -> Result<()> {
    let mapping = Mapping::from_toml(&text(&import.map)?)
        .map_err(kernel::Failure::from)
        .with_context(|| format!("The mapping {} cannot be used", import.map.display()))?;
    let files = read(&import.files)?;
    let database = Database::join_migrated(site).await?;
    let workspace = workspace::find(&database, &import.workspace).await?;
    let actor = Actor::system(workspace.id, "Command line");
    let progress = Arc::new(Progress::new("Reading rows"));
    let told = progress.clone();
    let on_progress = Box::new(move |done, total| told.set(done, total));
    let options = Options { dry_run: import.dry_run, on_progress: Some(on_progress) };
    let report = imports::run(&database.engine(), &actor, &files, &mapping, options).await?;
    if let Some(progress) = Arc::into_inner(progress) {
        progress.finish(&format!("{} rows read", report.rows));
    }
    tell(&report)
}

/// By the names that mappings use: without the folder.
fn read(paths: &[PathBuf]) -> Result<Files> {
    let mut files = Files::new();
    for path in paths {
        let name = path.file_name().with_context(|| format!("{} is not a file", path.display()))?;
        let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        files.insert(name.to_string_lossy().into_owned(), bytes);
    }
    Ok(files)
}

fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn tell(report: &Report) -> Result<()> {
    for note in &report.notes {
        println!("Note: {note}");
    }
    for error in &report.errors {
        println!("{}", line(error));
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

/// `customers.csv:12 email "x@": Not an e-mail address. ...`
fn line(error: &RowError) -> String {
    let place = format!("{}:{}", error.file, error.row);
    let column =
        error.column.as_deref().or(error.field.as_deref()).map(|c| format!(" {c}")).unwrap_or_default();
    let value = error.value.as_deref().map(|v| format!(" \"{v}\"")).unwrap_or_default();
    let hint = error.hint.as_deref().map(|h| format!(" {h}")).unwrap_or_default();
    format!("{place}{column}{value}: {}{hint}", error.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_row_column_value_and_reason() {
        let error = RowError::row("customers.csv", 12, "field.invalid", "Not an e-mail address.")
            .column(Some("E-Mail"))
            .value("x@");
        assert_eq!(line(&error), "customers.csv:12 E-Mail \"x@\": Not an e-mail address.");
    }
}
