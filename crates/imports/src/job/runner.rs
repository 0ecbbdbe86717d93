//! The job: look at all of the file, check all rows where one wrong row is to stop everything, then write piece by
//! piece, the position with every piece. Killed between two pieces it goes on behind the last one.
use super::feed::{self, Feed, Local, PIECE, Survey};
use super::ledger::{self, Stored, Tally};
use super::service::{Imports, UNDO, WRITE};
use super::spec::{OnError, Spec};
use super::walk::{Done, Walk};
use crate::map::Map;
use crate::read::Sheet;
use crate::resolve::Resolver;
use crate::sheets::dialect;
use jobs::{BoxFuture, Run, Work};
use kernel::{Failure, Outcome, Problem, Problems, Uuid};
use meta::Model;
use policy::Actor;
use query::Statement;
use records::{Batch, Source, SourceKind, UndoAsk};
use serde_json::{Value as Json, json};

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
    Through(Tally),
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
        // Killed while it wrote, or stopped behind pieces that stand: it goes on behind the last row.
        let resumed = self.stored.state == "writing"
            || (self.stored.state != "checking" && self.stored.position > 0 && self.stands_in_part().await?);
        if (spec.dry_run || spec.on_error == OnError::Nothing) && !resumed {
            self.now(ledger::begin(self.actor.workspace, self.stored.id, "checking")).await?;
            let checked = self.check(walk(), &local, &spec, total).await?;
            match checked {
                Ended::Cancelled => return self.end("cancelled").await,
                Ended::Through(_) if spec.dry_run => return self.end("done").await,
                Ended::Through(tally) if tally.refused > 0 => return self.end("refused").await,
                Ended::Through(_) => {}
            }
        }
        if !resumed {
            self.now(ledger::begin(self.actor.workspace, self.stored.id, "writing")).await?;
        } else {
            self.now(vec![ledger::state(self.actor.workspace, self.stored.id, "writing")]).await?;
        }
        let from = if resumed { self.stored.position } else { 0 };
        match self.write(walk(), &local, &spec, total, from).await? {
            Ended::Cancelled => self.end("cancelled").await,
            Ended::Through(_) => self.end("done").await,
        }
    }

    async fn stands_in_part(&self) -> Outcome<bool> {
        Ok(!self.imports.standing(self.actor, self.stored.id).await?.is_empty())
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
        let mut batch = self.imports.engine.batch(self.actor, self.source(spec)).await?;
        let (statement, codecs) = ledger::by_index();
        batch.beside(&statement, &codecs).await?;
        Ok(batch)
    }

    /// All rows in one transaction that is taken back: every error that writing would have, and none else.
    async fn check(&self, mut walk: Walk<'_>, local: &Local, spec: &Spec, total: u64) -> Outcome<Ended> {
        let mut batch = self.batch(spec).await?;
        let mut feed = Feed::open(local, 0);
        let (mut all, mut done) = (Tally::default(), 0);
        while let Some(items) = feed.next().await {
            if self.run.is_cancelled() {
                return Ok(Ended::Cancelled);
            }
            let rows = items.len() as u64;
            let piece = walk.piece(&mut batch, items).await?;
            self.remember(&mut batch, &piece);
            all.add(piece.tally);
            self.now(self.told(&piece, rows)).await?;
            done += rows;
            self.run.progress(done, Some(total)).await?;
        }
        feed.end().await?;
        while let Some((last, piece)) = walk.link(&mut batch, PIECE).await? {
            batch.push(ledger::drop_links(self.actor.workspace, self.stored.id, last));
            all.add(piece.tally);
            self.now(self.told(&piece, 0)).await?;
        }
        Ok(Ended::Through(all))
    }

    /// Piece by piece, each a transaction and a change set, with what the import knows about itself.
    async fn write(
        &self,
        mut walk: Walk<'_>,
        local: &Local,
        spec: &Spec,
        total: u64,
        from: u64,
    ) -> Outcome<Ended> {
        let mut feed = Feed::open(local, from);
        let (mut all, mut done) = (Tally::default(), from);
        while let Some(items) = feed.next().await {
            if self.run.is_cancelled() {
                return Ok(Ended::Cancelled);
            }
            let rows = items.len() as u64;
            let mut batch = self.batch(spec).await?;
            let piece = walk.piece(&mut batch, items).await?;
            self.stop_at_a_refusal(&piece, spec)?;
            self.remember(&mut batch, &piece);
            self.commit(batch, &piece, rows).await?;
            all.add(piece.tally);
            done += rows;
            self.run.progress(done, Some(total)).await?;
        }
        feed.end().await?;
        loop {
            let mut batch = self.batch(spec).await?;
            let Some((last, piece)) = walk.link(&mut batch, PIECE).await? else { break };
            self.stop_at_a_refusal(&piece, spec)?;
            batch.push(ledger::drop_links(self.actor.workspace, self.stored.id, last));
            self.commit(batch, &piece, 0).await?;
            all.add(piece.tally);
        }
        Ok(Ended::Through(all))
    }

    /// All was sound when it was checked: somebody has changed something since. What was written before can be taken
    /// back, and the rest is not written.
    fn stop_at_a_refusal(&self, piece: &Done, spec: &Spec) -> Result<(), Problem> {
        match piece.refusals.first() {
            Some(refusal) if spec.on_error == OnError::Nothing => {
                let reason = refusal.errors.first().map(|e| e.reason.as_str()).unwrap_or_default();
                let detail =
                    format!("Row {} was sound when it was checked, and is not now: {reason}", refusal.row);
                Err(Problem::new("import.invalid", detail)
                    .hint("Rows before it are written. Take the import back, or mend the row and go on."))
            }
            _ => Ok(()),
        }
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

    async fn commit(&self, mut batch: Batch, piece: &Done, rows: u64) -> Outcome<()> {
        self.told(piece, rows).into_iter().for_each(|s| batch.push(s));
        if batch.has_changes() {
            let chunk = ledger::chunk(self.actor.workspace, self.stored.id, batch.change_set());
            batch.push(chunk);
        }
        batch.commit().await?;
        Ok(())
    }
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
