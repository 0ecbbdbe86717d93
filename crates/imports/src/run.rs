//! One import from bytes to report: read, map, resolve, and hand every row to the write path in one transaction.
//! A dry run is the same walk without the commit, so what it promises is what an import does.
use crate::draft::{Draft, Ref};
use crate::map::Map;
use crate::mapping::{Mapping, Parts};
use crate::parts::{Tuple, recognise, tuple};
use crate::report::{Report, RowError};
use crate::resolve::{BATCH, Resolver, canonical, not_found};
use crate::sheets::{Files, Maps, Sheets, drafts};
use crate::unique::Seen;
use kernel::{Failure, Outcome, Problem, Problems, Uuid};
use policy::Actor;
use records::{Batch, Body, ConflictMode, Engine, RowResult, Source, SourceKind};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};

/// The named right that an import needs, besides the rights on what it writes.
pub const RIGHT: &str = "imports.run";

#[derive(Default)]
pub struct Options {
    /// Finds every error and writes nothing.
    pub dry_run: bool,
    /// Called after every batch with rows done and rows in all.
    pub on_progress: Option<Box<dyn Fn(u64, u64) + Send + Sync>>,
}

/// Reads `files` by `mapping` and writes all rows, or none. Errors of rows stand in the report; a mapping that does
/// not fit and files that cannot be read are refusals.
pub async fn run(
    engine: &Engine,
    actor: &Actor,
    files: &Files,
    mapping: &Mapping,
    options: Options,
) -> Outcome<Report> {
    let model = engine.model(actor).await?;
    policy::may(&model, actor, RIGHT)?;
    let sheets = Sheets::open(files, mapping)?;
    let maps = Maps::new(mapping, &model, &sheets)?;
    let mut report = Report {
        object: maps.wholes.object.name.clone(),
        dry_run: options.dry_run,
        notes: maps.notes(&sheets),
        ..Default::default()
    };
    let mut rows = drafts(&maps, &sheets, &mut report);
    let source = Source::new(SourceKind::Import).note(format!("Import of {}", sheets.wholes.file));
    let import = Import {
        resolver: Resolver::new(engine, actor, &model),
        batch: engine.batch(actor, source).await?,
        maps: &maps,
        key: &mapping.key,
        options: &options,
        done: vec![],
        known: HashMap::new(),
        failed: HashSet::new(),
        seen: HashMap::new(),
        unique: Seen::default(),
        at: Default::default(),
    };
    import.write(&mut rows, &mut report).await?;
    report.errors.sort_by(|a, b| (&a.file, a.row).cmp(&(&b.file, b.row)));
    Ok(report)
}

struct Import<'a> {
    resolver: Resolver<'a>,
    batch: Batch,
    maps: &'a Maps<'a>,
    key: &'a [String],
    options: &'a Options,
    done: Vec<Done>,
    /// Records of this import by the fields that others of the same file refer to them by.
    known: HashMap<(String, String), Uuid>,
    /// The same for rows that were refused: what refers to them is not a second error.
    failed: HashSet<(String, String)>,
    /// Keys of the rows so far, and where they stand.
    seen: HashMap<Tuple, u64>,
    unique: Seen,
    /// File, first and last row of the batch that is being written.
    at: (String, u64, u64),
}

/// What became of a row, and references to rows of the same file that are still open.
struct Done {
    draft: Draft,
    result: RowResult,
    open: Vec<Ref>,
}

impl Import<'_> {
    async fn write(mut self, rows: &mut Vec<Draft>, report: &mut Report) -> Outcome<()> {
        let walked = self.walk(rows, report).await;
        match walked {
            Ok(()) => {}
            // What the database itself refused ends the transaction, and with it the search for further errors.
            Err(Failure::Refused(problems)) if problems.iter().all(about_rows) => {
                self.refused_by_database(problems, report);
            }
            Err(broken) => return Err(broken),
        }
        self.count(report);
        if !report.is_clean() {
            (report.created, report.updated, report.unchanged) = (0, 0, 0);
        } else if !self.options.dry_run {
            report.change_set = self.batch.commit().await?;
        }
        Ok(())
    }

    async fn walk(&mut self, rows: &mut Vec<Draft>, report: &mut Report) -> Outcome<()> {
        let total = rows.len();
        let mut rest = std::mem::take(rows).into_iter();
        loop {
            let chunk: Vec<Draft> = rest.by_ref().take(BATCH).collect();
            let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { break };
            self.at = (first.file.clone(), first.row, last.row);
            self.chunk(chunk, report).await?;
            self.batch.flush().await?;
            if let Some(told) = &self.options.on_progress {
                told((total - rest.len()) as u64, total as u64);
            }
        }
        self.close_circles(report).await?;
        self.batch.flush().await
    }

    async fn chunk(&mut self, mut chunk: Vec<Draft>, report: &mut Report) -> Outcome<()> {
        let maps = self.maps;
        self.resolver.learn(&maps.wholes.doors, chunk.iter()).await?;
        if let Some((parts, _)) = &maps.parts {
            self.resolver.learn(&parts.doors, chunk.iter().flat_map(|d| &d.parts)).await?;
        }
        let mut ready: Vec<(Draft, Vec<Ref>)> = vec![];
        for mut draft in chunk.drain(..) {
            let open = self.complete(&mut draft, report).await?;
            match self.is_unlike_the_others(&draft, report) {
                true => ready.push((draft, open)),
                false => self.remember(&draft, None),
            }
        }
        self.refuse_taken(&mut ready, report).await?;
        if let Some((map, parts)) = &maps.parts {
            let drafts = ready.iter_mut().map(|(draft, _)| draft);
            recognise(&self.resolver, maps.wholes.object, self.key, map.object, parts, drafts).await?;
        }
        let bodies: Vec<Body> =
            ready.iter().map(|(d, _)| body(d, maps.parts.as_ref().map(|p| &p.1))).collect();
        let object = &maps.wholes.object.name;
        let results = self.put(object, bodies).await?;
        for ((draft, open), result) in ready.into_iter().zip(results) {
            self.remember(&draft, result.id());
            if let RowResult::Refused(problems) = &result {
                refuse(&draft, problems.clone(), report);
            }
            self.done.push(Done { draft, result, open });
        }
        Ok(())
    }

    /// Writes rows together. A row that only the database refuses is found by halving: it does not say which of a
    /// thousand it was.
    async fn put(&mut self, object: &str, bodies: Vec<Body>) -> Outcome<Vec<RowResult>> {
        let mut results = Vec::with_capacity(bodies.len());
        let mut groups = vec![bodies];
        while let Some(mut group) = groups.pop() {
            let mark = self.batch.mark().await?;
            match self.attempt(object, group.clone()).await {
                Ok(written) => {
                    self.batch.keep(mark).await?;
                    results.extend(written);
                }
                Err(Failure::Refused(problems)) if problems.iter().all(about_rows) => {
                    self.batch.take_back_to(mark).await?;
                    if group.len() > 1 {
                        let second = group.split_off(group.len() / 2);
                        groups.extend([second, group]);
                    } else {
                        results.extend(group.iter().map(|_| RowResult::Refused(problems.clone())));
                    }
                }
                Err(broken) => return Err(broken),
            }
        }
        Ok(results)
    }

    async fn attempt(&mut self, object: &str, bodies: Vec<Body>) -> Outcome<Vec<RowResult>> {
        let written = match self.key {
            [] => self.batch.create(object, bodies).await?,
            key => self.batch.upsert(object, bodies, key, ConflictMode::Merge).await?,
        };
        self.batch.flush().await?;
        Ok(written)
    }

    /// References and lookups of one row. Answers with references that a row of this file may satisfy later.
    async fn complete(&mut self, draft: &mut Draft, report: &mut Report) -> Outcome<Vec<Ref>> {
        let maps = self.maps;
        let missing = self.complete_one(&maps.wholes, draft, report).await?;
        let (open, lost): (Vec<_>, Vec<_>) = missing.into_iter().partition(|r| is_own(&maps.wholes, r));
        self.lose(&maps.wholes, draft, lost, report);
        if let Some((map, _)) = &maps.parts {
            for part in &mut draft.parts {
                let lost = self.complete_one(map, part, report).await?;
                self.lose(map, part, lost, report);
            }
        }
        Ok(open)
    }

    async fn complete_one(
        &mut self,
        map: &Map<'_>,
        draft: &mut Draft,
        report: &mut Report,
    ) -> Outcome<Vec<Ref>> {
        let (missing, mut problems) = self.resolver.apply(&map.doors, draft);
        problems.extend(self.resolver.look_up(&map.lookups, draft).await?);
        let fields: Vec<_> = problems.iter().filter_map(|p| p.field.clone()).collect();
        refuse(draft, problems, report);
        draft.wrong.extend(fields);
        Ok(missing)
    }

    /// Every key is there, and stands in one row only: a second one would overwrite the first.
    fn is_unlike_the_others(&mut self, draft: &Draft, report: &mut Report) -> bool {
        let Some(first) = self.key.first() else { return true };
        let problem = match tuple(self.maps.wholes.object, self.key, &draft.body) {
            // A value that is none at all is told by the field's own check.
            None => match self.key.iter().find(|k| draft.body.get(*k).is_none_or(Json::is_null)) {
                None => return true,
                Some(name) => {
                    let detail =
                        format!("The key `{name}` is empty, so the record could not be found again.");
                    Problem::new("field.required", detail).at(name)
                }
            },
            Some(tuple) => match self.seen.insert(tuple, draft.row) {
                None => return true,
                Some(row) => {
                    Problem::new("field.duplicate", format!("Row {row} has the same key.")).at(first)
                }
            },
        };
        refuse(draft, vec![problem], report);
        false
    }

    async fn refuse_taken(&mut self, ready: &mut Vec<(Draft, Vec<Ref>)>, report: &mut Report) -> Outcome<()> {
        let drafts: Vec<&Draft> = ready.iter().map(|(draft, _)| draft).collect();
        let object = self.maps.wholes.object;
        let mut taken = self.unique.taken(&self.resolver, object, self.key, &drafts).await?.into_iter();
        ready.retain(|(draft, _)| match taken.next().flatten() {
            None => true,
            Some(problem) => {
                refuse(draft, vec![problem], report);
                false
            }
        });
        Ok(())
    }

    fn lose(&self, map: &Map<'_>, draft: &mut Draft, refs: Vec<Ref>, report: &mut Report) {
        for reference in refs {
            let problem = not_found(self.resolver.model, &map.doors[reference.door], &reference);
            refuse(draft, vec![problem], report);
            draft.wrong.push(reference.field);
        }
    }

    fn remember(&mut self, draft: &Draft, id: Option<Uuid>) {
        let map = &self.maps.wholes;
        for door in map.doors.iter().filter(|d| d.object == map.object.name) {
            let Ok(field) = map.object.field(&door.by) else { continue };
            let Some(text) = draft.body.get(&door.by).and_then(|v| canonical(field, v)) else { continue };
            match id {
                Some(id) => drop(self.known.insert((door.by.clone(), text), id)),
                None => drop(self.failed.insert((door.by.clone(), text))),
            }
        }
    }

    /// The second pass: references among the rows of this file, now that every row has an id.
    async fn close_circles(&mut self, report: &mut Report) -> Outcome<()> {
        let map = &self.maps.wholes;
        let mut changes: Vec<(usize, Uuid, Body)> = vec![];
        for (index, done) in self.done.iter().enumerate().filter(|(_, d)| !d.open.is_empty()) {
            let Some(id) = done.result.id() else { continue };
            let mut body = Body::new();
            for reference in &done.open {
                match self.own_ids(map, reference) {
                    Some(ids) if reference.list => drop(body.insert(reference.field.clone(), ids.into())),
                    Some(mut ids) => {
                        drop(body.insert(reference.field.clone(), ids.pop().unwrap_or_default()))
                    }
                    None if self.leads_to_failed(map, reference) => {}
                    None => {
                        let door = &map.doors[reference.door];
                        let problem = not_found(self.resolver.model, door, reference);
                        refuse(&done.draft, vec![problem], report);
                    }
                }
            }
            changes.push((index, id, body));
        }
        let mut rest = changes.into_iter();
        loop {
            let chunk: Vec<_> = rest.by_ref().take(BATCH).collect();
            if chunk.is_empty() {
                return Ok(());
            }
            let order: Vec<usize> = chunk.iter().map(|c| c.0).collect();
            let bodies = chunk.into_iter().map(|(_, id, body)| (id, body, None)).collect();
            let results = self.batch.update_many(&map.object.name, bodies).await?;
            for (index, result) in order.into_iter().zip(results) {
                let done = &mut self.done[index];
                match result {
                    RowResult::Refused(problems) => refuse(&done.draft, problems, report),
                    RowResult::Updated(id) if matches!(done.result, RowResult::Unchanged(_)) => {
                        done.result = RowResult::Updated(id);
                    }
                    _ => {}
                }
            }
        }
    }

    fn own_ids(&self, map: &Map<'_>, reference: &Ref) -> Option<Vec<Json>> {
        let by = &map.doors[reference.door].by;
        let field = map.object.fields.get(by)?;
        let id = |text: &String| {
            let canon = canonical(field, &Json::from(text.as_str()))?;
            self.known.get(&(by.clone(), canon)).map(|id| Json::from(id.to_string()))
        };
        reference.texts.iter().map(id).collect()
    }

    fn leads_to_failed(&self, map: &Map<'_>, reference: &Ref) -> bool {
        let by = &map.doors[reference.door].by;
        let failed = |text: &String| {
            let field = map.object.fields.get(by)?;
            canonical(field, &Json::from(text.as_str()))
                .map(|canon| self.failed.contains(&(by.clone(), canon)))
        };
        reference.texts.iter().any(|t| failed(t) == Some(true))
    }

    fn refused_by_database(&mut self, problems: Problems, report: &mut Report) {
        let (file, first, last) = &self.at;
        for problem in problems {
            let hint = format!("It is one of the rows {first} to {last}.");
            report.refuse(RowError { hint: Some(hint), ..RowError::because(file, *first, problem) });
        }
    }

    fn count(&self, report: &mut Report) {
        for done in &self.done {
            match &done.result {
                RowResult::Inserted(_) => report.created += 1,
                RowResult::Updated(_) => report.updated += 1,
                RowResult::Unchanged(_) | RowResult::Ignored(_) => report.unchanged += 1,
                RowResult::Refused(_) => {}
            }
        }
    }
}

/// Not a missing right, and not a database that is away: those end the import as they end every request.
fn about_rows(problem: &Problem) -> bool {
    matches!(problem.status(), 409 | 422)
}

fn refuse(draft: &Draft, problems: Problems, report: &mut Report) {
    problems.into_iter().filter_map(|p| draft.error(p)).for_each(|e| report.refuse(e));
}

fn body(draft: &Draft, parts: Option<&Parts>) -> Body {
    let mut body = draft.body.clone();
    if let Some(parts) = parts {
        let rows: Vec<Json> = draft.parts.iter().map(|p| Json::Object(p.body.clone())).collect();
        body.insert(parts.field.clone(), rows.into());
    }
    body
}

/// A reference to the same object may lead to a row of this very file.
fn is_own(map: &Map<'_>, reference: &Ref) -> bool {
    map.doors[reference.door].object == map.object.name
}
