//! One list into one file: the list's own planner, grant and reach, read in one snapshot.
use crate::write::{self, Look};
use crate::{Format, Header, columns};
use anyhow::Context;
use jiff::tz::TimeZone;
use jobs::Run;
use kernel::{Outcome, Problem};
use meta::Model;
use policy::{Actor, Read};
use query::{Ask, Count, Limits, Plan};
use std::fs::File;
use store::Store;
use tokio::sync::mpsc;

/// What is to be exported, and how.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// By its plural, as in addresses.
    pub object: String,
    pub ask: Ask,
    pub format: Format,
    pub header: Header,
    pub title: Option<String>,
}

/// A finished file, from its start. It is gone when this is dropped.
pub struct Made {
    pub file: File,
    pub rows: u64,
    /// Texts that were longer than a cell of a spreadsheet may be, and end early.
    pub cut: u64,
}

/// Batches on the way from the database to the file.
const AHEAD: usize = 2;

/// Reads and writes the whole list. `most`: more rows than this are refused. `run`: the job that it is done for, whose
/// end ends it; `None` is answered then.
pub async fn render(
    store: &Store,
    actor: &Actor,
    wanted: &Wanted,
    most: Option<u64>,
    run: Option<&Run>,
) -> Outcome<Option<Made>> {
    let mut reading = store.reading(actor, |model| plan(model, actor, wanted, run.is_some())).await?;
    let total = reading.total().and_then(|t| u64::try_from(t).ok());
    let look = {
        let model = reading.model();
        let object = model.by_plural(&wanted.object)?;
        Look {
            format: wanted.format,
            header: wanted.header,
            title: wanted.title.clone().unwrap_or_else(|| object.label_plural.clone()),
            zone: TimeZone::get(&reading.workspace().timezone).unwrap_or(TimeZone::UTC),
            columns: columns::of(model, object, reading.shape()),
        }
    };
    let (batches, received) = mpsc::channel(AHEAD);
    let writer = tokio::task::spawn_blocking(move || write::write(look, received));
    let mut rows = 0;
    while let Some(batch) = reading.next().await? {
        rows += batch.len() as u64;
        if let Some(most) = most.filter(|most| rows > *most) {
            return Err(too_many(most).into());
        }
        // The writer has given up: it says below why.
        if batches.send(batch).await.is_err() {
            break;
        }
        if let Some(run) = run {
            run.progress(rows, total).await?;
            if run.is_cancelled() {
                return Ok(None);
            }
        }
    }
    drop(batches);
    let (file, cut) = writer.await.context("the writer of an export")??;
    Ok(Some(Made { file, rows, cut }))
}

/// The list's own plan without its page size, and without secrets, whoever asks.
fn plan(model: &Model, actor: &Actor, wanted: &Wanted, counted: bool) -> Outcome<Plan> {
    let object = model.by_plural(&wanted.object)?;
    let grant = policy::grant::<Read>(model, actor, &object.name)?;
    policy::may_export(model, actor, object)?;
    let limits = Limits { default: None, most: None, secrets: false, ..Limits::default() };
    let count = if counted && wanted.ask.limit.is_none() { Count::Exact } else { Count::None };
    let ask = Ask { count, ..wanted.ask.clone() };
    Ok(query::list_within(&limits, model, actor, &grant, &ask)?)
}

fn too_many(most: u64) -> Problem {
    Problem::new("export.too_large", format!("More than {most} rows are not given at once."))
        .hint("Order it as a job: `POST /api/v1/exports` with `object`, `query` and `format`.")
}
