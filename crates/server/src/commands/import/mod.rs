//! A file into a workspace: as a job, so that a file of any size needs no more memory than a small one.
mod at_once;
mod told;

use super::workspace;
use crate::database::{Database, Site};
use crate::progress::Progress;
use crate::shutdown::Shutdown;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use imports::{Imports, Mapping};
use jobs::Worker;
use kernel::Uuid;
use policy::Actor;
use serde_json::{Map, Value as Json, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::oneshot;

pub const EXAMPLES: &str = "\
All rows are checked first, and one wrong row stops the import; every error is told with its row and column. `--on-error skip`
writes the good rows. The import can be taken back as one: it says how. docs/importing.md describes mappings. A mapping with
`[parts]`, and several files, are read whole (up to 50 MB) and written in one transaction.

Examples:
  kontor import sales customers.csv --map customers.toml --dry-run
  kontor import sales customers.csv --map customers.toml --duplicates skip --choose 17=create --errors wrong.csv
  kontor import sales invoices.csv invoice_lines.csv --map invoices.toml";

/// How often is looked how far it is.
const LOOK: Duration = Duration::from_millis(200);

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
    /// Find every error, tell which rows are like stored records, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// What a wrong row means for the others.
    #[arg(long, default_value = "nothing")]
    on_error: OnError,
    /// What becomes of rows that are very like stored records.
    #[arg(long, default_value = "create")]
    duplicates: Duplicates,
    /// The same for one row: `17=skip`, or `17=<id>` for the record that it changes.
    #[arg(long, value_name = "ROW=CHOICE", value_parser = choice)]
    choose: Vec<(u64, Json)>,
    /// Where the refused rows go, with why.
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum OnError {
    /// Nothing is written.
    Nothing,
    /// The good rows are written.
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Duplicates {
    /// A record of their own.
    Create,
    /// They are left out.
    Skip,
    /// They change the record that they are most like.
    Update,
    /// They are refused.
    Ask,
}

impl OnError {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Skip => "skip",
        }
    }
}

impl Duplicates {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Skip => "skip",
            Self::Update => "update",
            Self::Ask => "ask",
        }
    }
}

fn choice(text: &str) -> Result<(u64, Json), String> {
    let wrong = || format!("`{text}` is not ROW=CHOICE, such as 17=skip");
    let (row, choice) = text.split_once('=').ok_or_else(wrong)?;
    let row = row.trim().parse().map_err(|_| wrong())?;
    if let Ok(id) = choice.trim().parse::<Uuid>() {
        return Ok((row, json!({ "update": id })));
    }
    let known = Duplicates::from_str(choice.trim(), true).map_err(|_| wrong())?;
    Ok((row, known.name().into()))
}

pub async fn run(import: Import, site: &Site, shutdown: &Shutdown) -> Result<()> {
    let text = text(&import.map)?;
    let mapping = Mapping::from_toml(&text)
        .map_err(kernel::Failure::from)
        .with_context(|| format!("The mapping {} cannot be used", import.map.display()))?;
    let together = mapping.parts.is_some() || import.files.len() > 1;
    let work = async {
        let database = Database::join_migrated(site).await?;
        let workspace = workspace::find(&database, &import.workspace).await?;
        let actor = Actor::system(workspace.id, "Command line");
        match together {
            true => at_once::run(&import, &database, &actor, &mapping).await.map(|()| None),
            false => begin(&import, site, database, actor, &text).await.map(Some),
        }
    };
    let begun = tokio::select! {
        begun = work => begun?,
        () = shutdown.asked() => bail!("Stopped; nothing has been written."),
    };
    match begun {
        None => Ok(()),
        Some(begun) => begun.end(&import, shutdown).await,
    }
}

fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// An import that was ordered.
struct Begun {
    database: Database,
    actor: Actor,
    imports: Imports,
    id: Uuid,
    job: Uuid,
    upload: Uuid,
}

async fn begin(
    import: &Import,
    site: &Site,
    database: Database,
    actor: Actor,
    mapping: &str,
) -> Result<Begun> {
    let imports = Imports::new(database.engine(), database.identity(site)?, database.files(site).await?);
    let path = &import.files[0];
    let name = path.file_name().with_context(|| format!("{} is not a file", path.display()))?;
    let file =
        tokio::fs::File::open(path).await.with_context(|| format!("{} cannot be read", path.display()))?;
    let upload = imports.upload_file(&actor, &name.to_string_lossy(), file).await?;
    let choices: Map<String, Json> =
        import.choose.iter().map(|(row, c)| (row.to_string(), c.clone())).collect();
    let order = json!({
        "upload": upload["id"], "mapping": mapping, "dry_run": import.dry_run, "on_error": import.on_error.name(),
        "duplicates": import.duplicates.name(), "choices": choices,
    });
    let upload = id(&upload["id"])?;
    let started = match imports.start(&actor, &order).await {
        Ok(started) => started,
        Err(refused) => {
            imports.let_go(&actor, upload).await?;
            return Err(refused.into());
        }
    };
    Ok(Begun { id: id(&started["id"])?, job: id(&started["job"])?, upload, database, actor, imports })
}

fn id(json: &Json) -> Result<Uuid> {
    json.as_str().and_then(|text| text.parse().ok()).context("an import without an id")
}

impl Begun {
    /// Works at it unless another worker has it, until it has ended or somebody asks to stop.
    async fn end(self, import: &Import, shutdown: &Shutdown) -> Result<()> {
        let (stop, stopped) = oneshot::channel::<()>();
        let worker = Worker::new(self.database.store.clone(), self.imports.works());
        let working = tokio::spawn(async move {
            worker.run(async { drop(stopped.await) }).await;
        });
        let progress = Progress::new("Rows");
        let mut asked = false;
        let ended = loop {
            // The job first: what the import says after its job has ended is its last word.
            let job = jobs::one(&self.database.store, &self.actor, self.job).await?;
            let told = self.imports.show(&self.actor, self.id).await?;
            if !matches!(job["state"].as_str(), Some("waiting" | "running")) {
                break told;
            }
            progress.set(told["done"].as_u64().unwrap_or(0), told["total"].as_u64().unwrap_or(0));
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = shutdown.asked(), if !asked => {
                    asked = true;
                    jobs::cancel(&self.database.store, &self.actor, self.job).await?;
                }
                () = shutdown.insisted() => bail!("Import {} was left as it stands.", self.id),
            }
        };
        drop(stop);
        working.await.context("the worker")?;
        let rows = ended["done"].as_u64().unwrap_or(0);
        progress.finish(&format!("{rows} rows read"));
        if let Some(path) = &import.errors {
            told::write_errors(&self.imports, &self.actor, self.id, path).await?;
        }
        // What was cancelled or broke may be gone on with.
        if matches!(ended["state"].as_str(), Some("done" | "refused")) {
            self.imports.let_go(&self.actor, self.upload).await?;
        }
        told::tell(&ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_names_its_row() {
        let id = "0192d3b0-0000-7000-8000-000000000001";
        assert_eq!(choice("17=skip"), Ok((17, json!("skip"))));
        assert_eq!(choice(&format!("3={id}")), Ok((3, json!({ "update": id }))));
        assert!(choice("17").is_err() && choice("x=skip").is_err() && choice("1=replace").is_err());
    }
}
