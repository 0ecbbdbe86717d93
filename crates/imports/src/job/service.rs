//! Imports as callers see them: upload, suggest, start, watch, take back, go on.
use super::ledger::{self, Stored, Upload};
use super::runner::{Undo, Write, no_import};
use super::spec::Spec;
use crate::RIGHT;
use crate::read::{Dialect, Sheet};
use crate::resolve::Resolver;
use crate::suggest::{self, Suggestion};
use bytes::Bytes;
use duplicates::Detector;
use files::Files;
use futures_util::{Stream, StreamExt};
use identity::Identity;
use jobs::{Order, Queue, Work};
use kernel::{Outcome, Problem, Uuid, Value, new_id};
use policy::Actor;
use query::Statement;
use records::Engine;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap};
use std::io::{BufReader, Cursor};
use std::sync::Arc;
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub const WRITE: &str = "import.run";
pub const UNDO: &str = "import.undo";
/// Rows of refusals that are read at once.
const PAGE: usize = 1_000;
/// Errors that the answer about an import carries; the file has all.
const SHOWN: usize = 100;
/// Bytes of a file of this machine that are read at once.
const READ: usize = 256 << 10;
/// Rows with candidates that are given at once.
const MATCHES: usize = 1_000;
/// Ids of one filter.
const TITLES: usize = 500;
/// Rows that a suggestion looks at.
const LOOKED_AT: usize = 200;

#[derive(Clone)]
pub struct Imports {
    pub(super) engine: Engine,
    pub(super) identity: Identity,
    pub(super) files: Files,
    pub(super) detector: Detector,
}

/// A look at a file, and where its columns would go.
#[derive(Debug, Serialize)]
pub struct Suggested {
    pub object: String,
    pub columns: Vec<Suggestion>,
    /// The mapping that takes the best of every column.
    pub mapping: Json,
    /// The first rows, as texts.
    pub rows: Vec<Vec<String>>,
    pub notes: Vec<String>,
}

impl Imports {
    pub fn new(engine: Engine, identity: Identity, files: Files) -> Self {
        let detector = Detector::new(engine.clone());
        Self { engine, identity, files, detector }
    }

    pub fn works(&self) -> Vec<Arc<dyn Work>> {
        vec![Arc::new(Write(self.clone())), Arc::new(Undo(self.clone()))]
    }

    async fn may(&self, actor: &Actor) -> Outcome<Arc<meta::Model>> {
        let model = self.engine.model(actor).await?;
        policy::may(&model, actor, RIGHT)?;
        Ok(model)
    }

    /// Keeps a file as it comes, at most `largest` bytes of it. Nothing stays of one that breaks off or is too large.
    pub async fn upload<E: std::fmt::Display>(
        &self,
        actor: &Actor,
        name: &str,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
        largest: u64,
    ) -> Outcome<Json> {
        self.may(actor).await?;
        let id = new_id();
        let key = format!("{}/imports/{id}/file", actor.workspace);
        let mut writer = self.files.writer(&key).await?;
        let mut bytes = 0;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|e| {
                Problem::new("body.invalid_shape", format!("The file broke off after {bytes} bytes: {e}."))
            })?;
            bytes += piece.len() as u64;
            if bytes > largest {
                let detail = format!("The file is larger than {} MB.", largest >> 20);
                return Err(Problem::new("body.too_large", detail).into());
            }
            writer.write_all(&piece).await.map_err(anyhow::Error::from)?;
        }
        writer.shutdown().await.map_err(anyhow::Error::from)?;
        let upload = Upload { id, name: plain_name(name), bytes, key };
        self.now(actor, vec![ledger::insert_upload(actor, &upload)]).await?;
        Ok(json!({ "id": id, "name": upload.name, "bytes": bytes }))
    }

    /// The same for a file of this machine, of any size.
    pub async fn upload_file(&self, actor: &Actor, name: &str, file: tokio::fs::File) -> Outcome<Json> {
        let pieces = futures_util::stream::try_unfold(file, |mut file| async move {
            let mut piece = bytes::BytesMut::with_capacity(READ);
            let some = file.read_buf(&mut piece).await? > 0;
            Ok::<_, std::io::Error>(some.then(|| (piece.freeze(), file)))
        });
        self.upload(actor, name, Box::pin(pieces), u64::MAX).await
    }

    /// Lets go of a file that was imported: its import cannot be gone on with any more.
    pub async fn let_go(&self, actor: &Actor, upload: Uuid) -> Outcome<()> {
        let cx = self.engine.store().begin_read(actor).await?;
        let upload = ledger::upload(&cx, actor, upload).await?;
        drop(cx);
        // The file first: a row without its file is let go again, a file without its row is never found.
        self.files.delete(&upload.key).await?;
        self.now(actor, vec![ledger::forget_upload(actor.workspace, upload.id)]).await
    }

    /// The file on this machine, for as long as it is held.
    pub(super) async fn fetch(&self, upload: &Upload) -> Outcome<NamedTempFile> {
        let held = NamedTempFile::new().map_err(anyhow::Error::from)?;
        let mut reader = self.files.reader(&upload.key).await?;
        let mut writer = tokio::fs::File::create(held.path()).await.map_err(anyhow::Error::from)?;
        tokio::io::copy(&mut reader, &mut writer).await.map_err(anyhow::Error::from)?;
        writer.flush().await.map_err(anyhow::Error::from)?;
        Ok(held)
    }

    /// Where the columns of an uploaded file would go.
    pub async fn suggest_for_upload(
        &self,
        actor: &Actor,
        object: &str,
        upload: Uuid,
        dialect: &Dialect,
    ) -> Outcome<Suggested> {
        let cx = self.engine.store().begin_read(actor).await?;
        let upload = ledger::upload(&cx, actor, upload).await?;
        drop(cx);
        let held = self.fetch(&upload).await?;
        let file = held.reopen().map_err(anyhow::Error::from)?;
        let (name, dialect) = (upload.name.clone(), dialect.clone());
        let reading = move || Sheet::head(&name, Box::new(BufReader::new(file)), &dialect, LOOKED_AT);
        let sheet = tokio::task::spawn_blocking(reading).await.map_err(anyhow::Error::from)??;
        self.suggested(actor, object, sheet).await
    }

    /// The same for the beginning of a file that was not uploaded.
    pub async fn suggest_for_bytes(
        &self,
        actor: &Actor,
        object: &str,
        name: &str,
        bytes: Vec<u8>,
        dialect: &Dialect,
    ) -> Outcome<Suggested> {
        let sheet = Sheet::head(name, Box::new(Cursor::new(bytes)), dialect, LOOKED_AT)?;
        self.suggested(actor, object, sheet).await
    }

    async fn suggested(&self, actor: &Actor, object: &str, sheet: Sheet) -> Outcome<Suggested> {
        let model = self.may(actor).await?;
        let object = crate::names::find(&model, object).map_err(|p| p.at("object"))?;
        // What somebody may not read is not told by way of its fields.
        policy::grant::<policy::Read>(&model, actor, &object.name)?;
        let columns = suggest::columns(&model, object, &sheet.header, &sheet.rows);
        let mapping = suggest::mapping(object, &columns);
        let rows = sheet.rows.iter().take(10).map(|r| r.cells.iter().map(str::to_owned).collect()).collect();
        Ok(Suggested { object: object.name.clone(), columns, mapping, rows, notes: sheet.notes })
    }

    /// Orders an import. Everything that can be known to be wrong before the file is read is refused here.
    pub async fn start(&self, actor: &Actor, order: &Json) -> Outcome<Json> {
        let model = self.may(actor).await?;
        let spec = Spec::read(order)?;
        let mapping = spec.mapping()?;
        let object = crate::names::find(&model, &mapping.object).map_err(|p| p.at("mapping.object"))?;
        spec.suits(object)?;
        policy::grant::<policy::Create>(&model, actor, &object.name)
            .map(|_| ())
            .or_else(|_| policy::grant::<policy::Update>(&model, actor, &object.name).map(|_| ()))?;
        let cx = self.engine.store().begin(actor).await?;
        let upload = ledger::upload(&cx, actor, spec.upload).await?;
        let id = new_id();
        cx.execute(&ledger::insert(actor, id, &upload, &object.name, order, spec.dry_run)).await?;
        let job = jobs::enqueue(&cx, &job(WRITE, id)).await?;
        cx.commit_with(&[ledger::set_job(actor.workspace, id, job)]).await?;
        self.show(actor, id).await
    }

    /// The import, how far it is, and its first errors.
    pub async fn show(&self, actor: &Actor, id: Uuid) -> Outcome<Json> {
        let stored = self.stored(actor, id).await?;
        let cx = self.engine.store().begin_read(actor).await?;
        let errors = ledger::errors(&cx, actor.workspace, id, 0, SHOWN).await?;
        let mut told = view(&stored);
        told["errors"] =
            errors.iter().flat_map(|row| row[2].to_json().as_array().cloned().unwrap_or_default()).collect();
        told["matches"] = self.matches_of(actor, &stored, 0, SHOWN).await?.0;
        Ok(told)
    }

    /// Rows behind `after` that are very like stored records, with what those are called as far as the asker reads
    /// them; and the row to go on behind, `null` when these were all.
    pub async fn matches(&self, actor: &Actor, id: Uuid, after: u64, limit: usize) -> Outcome<Json> {
        let stored = self.stored(actor, id).await?;
        let (matches, next) = self.matches_of(actor, &stored, after, limit.clamp(1, MATCHES)).await?;
        Ok(json!({ "matches": matches, "after": next }))
    }

    async fn matches_of(
        &self,
        actor: &Actor,
        stored: &Stored,
        after: u64,
        limit: usize,
    ) -> Outcome<(Json, Option<u64>)> {
        let cx = self.engine.store().begin_read(actor).await?;
        let rows = ledger::matched(&cx, actor.workspace, stored.id, after, limit).await?;
        drop(cx);
        let mut last = None;
        let mut matches: Vec<Json> = vec![];
        for row in &rows {
            if let Value::Int(number) = row[0] {
                last = Some(number as u64);
            }
            matches.push(json!({
                "row": row[0].to_json(), "choice": row[1].to_json(), "candidates": row[2].to_json(),
            }));
        }
        let titles = self.titles(actor, &stored.object, &matches).await?;
        for candidate in matches.iter_mut().filter_map(|m| m["candidates"].as_array_mut()).flatten() {
            candidate["title"] = titles.get(candidate["id"].as_str().unwrap_or_default()).cloned().into();
        }
        Ok((matches.into(), last.filter(|_| rows.len() == limit)))
    }

    /// What the candidates are called, as far as the asker reads them.
    async fn titles(&self, actor: &Actor, object: &str, matches: &[Json]) -> Outcome<HashMap<String, Json>> {
        let model = self.engine.model(actor).await?;
        let object = model.object(object)?;
        let candidates = matches.iter().filter_map(|m| m["candidates"].as_array()).flatten();
        let ids: BTreeSet<&str> = candidates.filter_map(|c| c["id"].as_str()).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let mut titles = HashMap::new();
        for ids in ids.chunks(TITLES) {
            let select = format!("id,{}", object.title);
            let pairs = [("select", select), ("id", format!("in.({})", ids.join(",")))];
            for row in Resolver::new(&self.engine, actor, &model).rows(&object.plural, &pairs).await? {
                if let Some(id) = row.get("id").and_then(Json::as_str) {
                    titles.insert(id.to_owned(), row.get(&object.title).cloned().unwrap_or_default());
                }
            }
        }
        Ok(titles)
    }

    /// Newest first, at most 50: one's own, and everybody's for who may see the log.
    pub async fn list(&self, actor: &Actor) -> Outcome<Json> {
        let model = self.may(actor).await?;
        let all = policy::may(&model, actor, "audit.view").is_ok();
        let cx = self.engine.store().begin_read(actor).await?;
        let imports = ledger::latest(&cx, actor.workspace, (!all).then_some(actor.member), 50).await?;
        Ok(json!({ "imports": imports.iter().map(view).collect::<Vec<_>>() }))
    }

    /// An import that the actor may see.
    pub(super) async fn stored(&self, actor: &Actor, id: Uuid) -> Outcome<Stored> {
        let model = self.may(actor).await?;
        let cx = self.engine.store().begin_read(actor).await?;
        let stored = ledger::stored(&cx, actor.workspace, id).await?;
        let mine = |s: &Stored| {
            s.member.is_none_or(|m| m == actor.member) || policy::may(&model, actor, "audit.view").is_ok()
        };
        Ok(stored.filter(mine).ok_or_else(|| no_import(id))?)
    }

    /// A page of the error file, as CSV: its header with the first page. `None`: there are no more rows.
    pub async fn error_page(
        &self,
        actor: &Actor,
        id: Uuid,
        after: Option<u64>,
    ) -> Outcome<Option<(Vec<u8>, u64)>> {
        let stored = self.stored(actor, id).await?;
        let cx = self.engine.store().begin_read(actor).await?;
        let rows = ledger::errors(&cx, actor.workspace, id, after.unwrap_or(0), PAGE).await?;
        let mut csv = csv::Writer::from_writer(vec![]);
        let failed = anyhow::Error::from;
        if after.is_none() {
            let own = ["import_row", "import_errors"];
            csv.write_record(stored.header.iter().map(String::as_str).chain(own)).map_err(failed)?;
        } else if rows.is_empty() {
            return Ok(None);
        }
        let mut last = after.unwrap_or(0);
        for row in &rows {
            let cells = match &row[1] {
                Value::Texts(cells) => cells.clone(),
                _ => vec![String::new(); stored.header.len()],
            };
            if let Value::Int(number) = row[0] {
                last = number as u64;
            }
            let own = [last.to_string(), sentences(&row[2].to_json())];
            csv.write_record(cells.into_iter().chain(own)).map_err(failed)?;
        }
        Ok(Some((csv.into_inner().map_err(|e| anyhow::anyhow!("{e}"))?, last)))
    }

    /// Takes the import back, all of it, or what of it stands. One that has not ended is to be cancelled first.
    pub async fn undo(&self, actor: &Actor, id: Uuid) -> Outcome<Json> {
        let stored = self.stored(actor, id).await?;
        if matches!(stored.state.as_str(), "waiting" | "checking" | "writing")
            && self.is_at_work(actor, &stored).await?
        {
            let detail =
                "This import is under way. Cancel its job first; what is written then can be taken back.";
            return Err(Problem::new("import.running", detail).with(json!({ "job": stored.job })).into());
        }
        if self.standing(actor, id).await?.is_empty() {
            return Err(Problem::new("change.nothing_to_undo", "Nothing of this import stands.").into());
        }
        self.order(actor, id, UNDO, "undoing").await?;
        self.show(actor, id).await
    }

    /// Goes on where it was, after its worker was lost or somebody cancelled it.
    pub async fn resume(&self, actor: &Actor, id: Uuid) -> Outcome<Json> {
        let stored = self.stored(actor, id).await?;
        let ended = matches!(stored.state.as_str(), "done" | "refused" | "undoing" | "undone");
        if ended || self.is_at_work(actor, &stored).await? {
            let detail = match ended {
                true => "This import has ended; there is nothing to go on with.",
                false => "This import is under way.",
            };
            return Err(Problem::new("import.running", detail).with(json!({ "job": stored.job })).into());
        }
        // The state says how far it was; it is the job's to change.
        self.order(actor, id, WRITE, &stored.state).await?;
        self.show(actor, id).await
    }

    async fn order(&self, actor: &Actor, id: Uuid, kind: &'static str, state: &str) -> Outcome<()> {
        let cx = self.engine.store().begin(actor).await?;
        let job = jobs::enqueue(&cx, &job(kind, id)).await?;
        let statements =
            [ledger::set_job(actor.workspace, id, job), ledger::state(actor.workspace, id, state)];
        cx.commit_with(&statements).await?;
        Ok(())
    }

    async fn is_at_work(&self, actor: &Actor, stored: &Stored) -> Outcome<bool> {
        let Some(job) = stored.job else { return Ok(false) };
        let cx = self.engine.store().begin_read(actor).await?;
        let statement = Statement {
            text: "select id from kontor.jobs where workspace_id = $1 and id = $2::uuid and state in ('waiting', 'running')"
                .into(),
            params: vec![actor.workspace.into(), job.into()],
        };
        Ok(!cx.query(&statement, &[meta::Codec::Uuid]).await?.is_empty())
    }

    pub(super) async fn standing(&self, actor: &Actor, id: Uuid) -> Outcome<Vec<Uuid>> {
        let cx = self.engine.store().begin_read(actor).await?;
        ledger::standing(&cx, actor.workspace, id).await
    }

    pub(super) async fn now(&self, actor: &Actor, statements: Vec<Statement>) -> Outcome<()> {
        let cx = self.engine.store().begin(actor).await?;
        cx.commit_with(&statements).await?;
        Ok(())
    }

    pub(super) async fn finish(
        &self,
        actor: &Actor,
        id: Uuid,
        state: &str,
        problem: Option<&Json>,
    ) -> Outcome<()> {
        self.now(actor, ledger::finish(actor.workspace, id, state, problem)).await
    }
}

fn job(kind: &'static str, import: Uuid) -> Order {
    Order::new(Queue::Import, kind, json!({ "import": import })).once(import.to_string())
}

/// What a person calls the file, without the folders and without what no screen should show.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if plain.trim().is_empty() { "file".into() } else { plain }
}

fn view(stored: &Stored) -> Json {
    let undo = format!("/api/v1/imports/jobs/{}", stored.id);
    // Else nothing of it stands unless all does.
    let in_pieces = stored.spec["on_error"] == "skip";
    let mut told = json!({
        "id": stored.id, "job": stored.job, "state": stored.state, "object": stored.object, "file": stored.file,
        "upload": stored.upload, "dry_run": stored.spec["dry_run"] == true,
        "done": stored.position, "total": stored.total,
        "notes": stored.notes, "problem": stored.problem, "conflicts": stored.conflicts,
        "error_file": (stored.tally.refused > 0 && stored.swept_at.is_null()).then(|| format!("{undo}/errors.csv")),
        "undo": (stored.tally.created + stored.tally.updated > 0 && stored.spec["dry_run"] != true
            && (stored.state == "done" || in_pieces && matches!(stored.state.as_str(), "failed" | "cancelled")))
            .then_some(undo),
        "created_at": stored.created_at, "finished_at": stored.finished_at,
    });
    if let (Some(told), Json::Object(tally)) = (told.as_object_mut(), json!(stored.tally)) {
        told.extend(tally);
    }
    told
}

/// `email: Not an e-mail address.; ...`
fn sentences(errors: &Json) -> String {
    let one = |e: &Json| {
        let at = ["column", "field"].iter().find_map(|k| e[*k].as_str());
        let reason = e["reason"].as_str().unwrap_or_default();
        at.map_or(reason.to_owned(), |at| format!("{at}: {reason}"))
    };
    errors.as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join(" ")
}
