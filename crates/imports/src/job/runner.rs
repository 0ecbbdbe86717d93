//! The job: look at all of the file, then write it. Where one wrong row is to stop everything, all rows are one
//! transaction; where good rows are to stand, each piece is one, the position with it, and an import that was killed
//! between two pieces goes on behind the last one.
use super::feed::{self, Feed, Local, PIECE, Survey};
use super::ledger::{self, Stored};
use super::service::{Imports, UNDO, WRITE};
use super::spec::{OnError, Spec};
use super::walk::{Done, Walk};
use crate::map::Map;
use crate::read::Sheet;
use crate::resolve::Resolver;
use crate::sheets::dialect;
use jobs::{BoxFuture, Run, Work};
use kernel::{Failure, Outcome, Problem, Problems, Uuid, Value};
use meta::{Model, Object};
use policy::Actor;
use query::Statement;
use records::{Batch, Source, SourceKind, UndoAsk};
use serde_json::{Value as Json, json};
use store::doors::upkeep;

const ELSEWHERE: &str = "import.running";

/// Runs imports.
pub struct Write(pub Imports);
/// Takes imports back.
pub struct Undo(pub Imports);

impl Work for Write {
    fn kind(&self) -> &'static str {
        WRITE
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(write(&self.0, run))
    }
    fn tells(&self) -> bool {
        true
    }
}

impl Work for Undo {
    fn kind(&self) -> &'static str {
        UNDO
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(undo(&self.0, run))
    }
}

fn id_of(run: &Run) -> Outcome<Uuid> {
    let id = run.payload["import"].as_str().and_then(|id| id.parse().ok());
    id.ok_or_else(|| anyhow::anyhow!("an import job without the id of an import").into())
}

async fn write(imports: &Imports, run: &Run) -> Outcome<()> {
    let id = id_of(run)?;
    let actor = imports.identity.actor_for(run).await?;
    let cx = imports.engine.store().begin_read(&actor).await?;
    let stored = ledger::stored(&cx, actor.workspace, id).await?.ok_or_else(|| no_import(id))?;
    let upload = ledger::upload(&cx, &actor, stored.upload).await?;
    drop(cx);
    if !matches!(stored.state.as_str(), "waiting" | "checking" | "writing" | "failed" | "cancelled") {
        return Ok(());
    }
    let model = imports.engine.model(&actor).await?;
    let outcome = match imports.fetch(&upload).await {
        Ok(file) => {
            let local =
                Local { path: file.path().to_owned(), name: upload.name, dialect: Default::default() };
            Job { imports, run, actor: &actor, model: &model, stored: &stored }.all(local).await
        }
        Err(e) => Err(e),
    };
    match outcome {
        // It is another worker's now, and so is what becomes of it.
        Err(Failure::Refused(problems)) if problems.iter().any(|p| p.code == ELSEWHERE) => {
            Err(Failure::Refused(problems))
        }
        // What is refused is refused for good; what broke may be begun again, and goes on where it was.
        Err(Failure::Refused(problems)) => {
            imports.finish(&actor, id, "failed", Some(&problem_of(&problems))).await?;
            Err(Failure::Refused(problems))
        }
        other => other,
    }
}

fn problem_of(problems: &Problems) -> Json {
    let one = |p: &Problem| json!({ "code": p.code, "detail": p.detail, "field": p.field, "hint": p.hint });
    Json::Array(problems.iter().map(one).collect())
}

pub fn no_import(id: Uuid) -> Problem {
    Problem::new("record.not_found", format!("There is no import {id}."))
}

struct Job<'a> {
    imports: &'a Imports,
    run: &'a Run,
    actor: &'a Actor,
    model: &'a Model,
    stored: &'a Stored,
}

/// How a pass ended.
enum Ended {
    Through,
    Refused,
    Cancelled,
}

impl Job<'_> {
    async fn all(&self, mut local: Local) -> Outcome<()> {
        let spec = Spec::read(&self.stored.spec)?;
        let mut mapping = spec.mapping()?;
        local.dialect = dialect(&mapping)?;
        let survey = feed::survey(&local).await?;
        let sheet = Sheet { file: local.name.clone(), header: survey.header.clone(), ..Default::default() };
        if mapping.columns.is_empty() && mapping.fields.is_empty() {
            crate::suggest::fill(&mut mapping, self.model, &sheet, &survey.head)?;
        }
        let map = Map::of_wholes(&mapping, self.model, &sheet)?;
        self.tell_survey(&survey, &map).await?;
        let total = survey.rows;
        let detector = &self.imports.detector;
        let compares =
            spec.looks_for_duplicates() && detector.has_any(self.actor, &map.object.plural).await?;
        let walk = || Walk {
            actor: self.actor,
            import: self.stored.id,
            mapping: &mapping,
            spec: &spec,
            map: &map,
            sheet: &sheet,
            resolver: Resolver::new(&self.imports.engine, self.actor, self.model),
            detector,
            compares,
        };
        let ended = if spec.dry_run || spec.on_error == OnError::Nothing {
            self.at_once(walk(), &local, &spec, total).await?
        } else {
            self.piece_by_piece(walk(), &local, &spec, total).await?
        };
        match ended {
            Ended::Through => self.end("done").await,
            Ended::Refused => self.end("refused").await,
            Ended::Cancelled => self.end("cancelled").await,
        }
    }

    async fn tell_survey(&self, survey: &Survey, map: &Map<'_>) -> Outcome<()> {
        let mut notes = survey.notes.clone();
        if !map.unmapped.is_empty() {
            let columns = map.unmapped.join(", ");
            notes.push(format!("Columns that the mapping does not use: {columns}."));
        }
        let (workspace, id) = (self.actor.workspace, self.stored.id);
        self.now(vec![ledger::surveyed(workspace, id, survey.rows, &survey.header, &notes)]).await
    }

    /// In a transaction of its own, at once.
    async fn now(&self, statements: Vec<Statement>) -> Outcome<()> {
        self.imports.now(self.actor, statements).await
    }

    async fn end(&self, state: &str) -> Outcome<()> {
        self.imports.finish(self.actor, self.stored.id, state, None).await?;
        self.run.finish_with(json!({ "import": self.stored.id, "state": state })).await
    }

    fn source(&self, spec: &Spec) -> Source {
        let source = Source::new(SourceKind::Import).note(format!("Import of {}", self.stored.file));
        if spec.automations { source } else { source.without_automations() }
    }

    async fn batch(&self, spec: &Spec) -> Outcome<Batch> {
        self.imports.engine.batch(self.actor, self.source(spec)).await
    }

    /// All rows in one transaction, a change set for every piece. It is taken back when a row was wrong, and after a
    /// rehearsal; then every error that writing has was found, and none else. How far it is stands beside it, since
    /// nobody sees a transaction before it ends.
    async fn at_once(&self, mut walk: Walk<'_>, local: &Local, spec: &Spec, total: u64) -> Outcome<Ended> {
        let (workspace, id) = (self.actor.workspace, self.stored.id);
        let mut batch = self.batch(spec).await?;
        let (statement, codecs) = ledger::alone(id);
        let alone = batch.beside(&statement, &codecs).await?;
        let state = self.imports.stored(self.actor, id).await?.state;
        let is_open = matches!(state.as_str(), "waiting" | "checking" | "writing" | "failed" | "cancelled");
        if alone.first().map(|row| &row[0]) != Some(&Value::Bool(true)) || !is_open {
            return Err(elsewhere().into());
        }
        if !self.imports.standing(self.actor, id).await?.is_empty() {
            let detail = "Rows of this import stand already. Take it back, then import the file again.";
            return Err(Problem::new("import.invalid", detail).into());
        }
        self.now(ledger::begin(workspace, id, "checking")).await?;
        let mut feed = Feed::open(local, 0);
        let (mut refused, mut done) = (0, 0);
        while let Some(items) = feed.next().await {
            if self.run.is_cancelled() {
                return self.nothing_stands().await;
            }
            let rows = items.len() as u64;
            let piece = walk.piece(&mut batch, items).await?;
            self.remember(&mut batch, &piece);
            self.next_set(&mut batch).await?;
            refused += piece.tally.refused;
            self.now(self.told(&piece, rows)).await?;
            done += rows;
            self.run.progress(done, Some(total)).await?;
        }
        feed.end().await?;
        while let Some((last, piece)) = walk.link(&mut batch, PIECE).await? {
            if self.run.is_cancelled() {
                return self.nothing_stands().await;
            }
            batch.push(ledger::drop_links(workspace, id, last));
            self.next_set(&mut batch).await?;
            refused += piece.tally.refused;
            self.now(self.told(&piece, 0)).await?;
        }
        if refused > 0 && !spec.dry_run {
            return Ok(Ended::Refused);
        }
        if !spec.dry_run {
            // What stands and that it stands are known at once, or a second worker would write it all again.
            ledger::finish(workspace, id, "done", None).into_iter().for_each(|s| batch.push(s));
            batch.commit().await?;
            self.analyze(walk.map.object).await;
        }
        Ok(Ended::Through)
    }

    /// Of an import that is all or nothing: what was counted is not there.
    async fn nothing_stands(&self) -> Outcome<Ended> {
        self.now(ledger::begin(self.actor.workspace, self.stored.id, "checking")).await?;
        Ok(Ended::Cancelled)
    }

    /// The rows stand whether it succeeds or not.
    async fn analyze(&self, object: &Object) {
        if let Err(e) = upkeep::analyze(self.imports.engine.store(), object).await {
            tracing::warn!(error = ?e, "The planner was not told about imported rows");
        }
    }

    async fn next_set(&self, batch: &mut Batch) -> Outcome<()> {
        if let Some(set) = batch.next_change_set().await? {
            batch.push(ledger::chunk(self.actor.workspace, self.stored.id, set));
        }
        Ok(())
    }

    /// Each piece a transaction and a change set, with what the import knows about itself.
    async fn piece_by_piece(
        &self,
        mut walk: Walk<'_>,
        local: &Local,
        spec: &Spec,
        total: u64,
    ) -> Outcome<Ended> {
        let (workspace, id) = (self.actor.workspace, self.stored.id);
        // Killed while it wrote, or stopped behind pieces that stand: it goes on behind the last row.
        let resumed = self.stored.state == "writing"
            || (self.stored.position > 0 && !self.imports.standing(self.actor, id).await?.is_empty());
        self.now(match resumed {
            true => vec![ledger::state(workspace, id, "writing")],
            false => ledger::begin(workspace, id, "writing"),
        })
        .await?;
        let mut done = if resumed { self.stored.position } else { 0 };
        let mut feed = Feed::open(local, done);
        let mut analyzed = 0;
        while let Some(items) = feed.next().await {
            if self.run.is_cancelled() {
                return Ok(Ended::Cancelled);
            }
            let rows = items.len() as u64;
            let mut batch = self.batch(spec).await?;
            let piece = walk.piece(&mut batch, items).await?;
            self.remember(&mut batch, &piece);
            self.commit(batch, &piece, done, rows).await?;
            done += rows;
            self.run.progress(done, Some(total)).await?;
            if done >= analyzed * 4 || done == total {
                self.analyze(walk.map.object).await;
                analyzed = done;
            }
        }
        feed.end().await?;
        loop {
            if self.run.is_cancelled() {
                return Ok(Ended::Cancelled);
            }
            let mut batch = self.batch(spec).await?;
            let Some((last, piece)) = walk.link(&mut batch, PIECE).await? else { break };
            batch.push(ledger::drop_links(workspace, id, last));
            self.commit(batch, &piece, done, 0).await?;
        }
        Ok(Ended::Through)
    }

    /// Links go with the rows that they belong to, also in a rehearsal.
    fn remember(&self, batch: &mut Batch, piece: &Done) {
        let links = ledger::links(self.actor.workspace, self.stored.id, &piece.links);
        links.into_iter().for_each(|l| batch.push(l));
    }

    fn told(&self, piece: &Done, rows: u64) -> Vec<Statement> {
        let (workspace, id) = (self.actor.workspace, self.stored.id);
        let refusals = ledger::refusals(workspace, id, &piece.refusals);
        let matches = ledger::matches(workspace, id, &piece.matches);
        let advance = ledger::advance(workspace, id, rows, piece.tally);
        refusals.into_iter().chain(matches).chain([advance]).collect()
    }

    /// `from`: how far it was before the piece.
    async fn commit(&self, mut batch: Batch, piece: &Done, from: u64, rows: u64) -> Outcome<()> {
        let (statement, codecs) = ledger::locked(self.actor.workspace, self.stored.id);
        let position = batch.beside(&statement, &codecs).await?;
        if !matches!(position.first().map(|row| &row[0]), Some(Value::Int(n)) if *n as u64 == from) {
            return Err(elsewhere().into());
        }
        self.told(piece, rows).into_iter().for_each(|s| batch.push(s));
        self.next_set(&mut batch).await?;
        batch.commit().await?;
        Ok(())
    }
}

/// This worker lost its lease without noticing, and another has begun.
fn elsewhere() -> Problem {
    Problem::new(ELSEWHERE, "Another worker has gone on with this import.")
}

async fn undo(imports: &Imports, run: &Run) -> Outcome<()> {
    let id = id_of(run)?;
    let actor = imports.identity.actor_for(run).await?;
    let total = imports.standing(&actor, id).await?.len() as u64;
    let mut done = 0;
    loop {
        let standing = imports.standing(&actor, id).await?;
        let Some(change_set) = standing.first().copied() else { break };
        if run.is_cancelled() {
            return Ok(());
        }
        let conflicts = match imports.engine.undo(&actor, change_set, &UndoAsk::default()).await {
            Ok(undone) => undone.conflicts,
            // A run before this one, or somebody by hand, has taken it back; or nothing of it can be.
            Err(Failure::Refused(problems))
                if problems.iter().all(|p| p.code == "change.nothing_to_undo") =>
            {
                let told = |p: &Problem| p.extra.as_ref().and_then(|e| e["conflicts"].as_array().cloned());
                problems.iter().filter_map(told).flatten().collect()
            }
            Err(e) => return Err(e),
        };
        imports.now(&actor, ledger::undone(actor.workspace, id, change_set, &conflicts)).await?;
        done += 1;
        run.progress(done, Some(total.max(done))).await?;
    }
    imports.now(&actor, vec![ledger::state(actor.workspace, id, "undone")]).await?;
    run.finish_with(json!({ "import": id, "state": "undone" })).await
}
