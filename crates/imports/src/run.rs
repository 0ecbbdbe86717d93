//! One import from bytes to report: read, map, resolve, and hand every row to the write path in one transaction.
//! A dry run is the same walk without the commit, so what it promises is what an import does.
use crate::map::{Draft, Map, Ref};
use crate::mapping::{Mapping, Parts};
use crate::report::{Report, RowError};
use crate::resolve::{BATCH, Resolver, canonical, not_found, quoted};
use crate::sheets::{Files, Maps, Sheets, drafts};
use kernel::{Failure, Outcome, Problem, Problems, Uuid};
use meta::Object;
use policy::Actor;
use records::{Batch, Body, ConflictMode, Engine, RowResult, Source, SourceKind};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet, VecDeque};

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
    seen: HashMap<Vec<String>, u64>,
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
            Err(Failure::Refused(problems)) => self.refused_by_database(problems, report),
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
            if chunk.is_empty() {
                break;
            }
            self.chunk(chunk, report).await?;
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
            let completed = self.complete(&mut draft, report).await?;
            let unlike = self.is_unlike_the_others(&draft, report);
            match completed.filter(|_| unlike) {
                Some(open) => ready.push((draft, open)),
                None => self.remember(&draft, None),
            }
        }
        if let Some((_, parts)) = &maps.parts {
            self.recognise_parts(parts, &mut ready).await?;
        }
        let bodies: Vec<Body> =
            ready.iter().map(|(d, _)| body(d, maps.parts.as_ref().map(|p| &p.1))).collect();
        let object = &maps.wholes.object.name;
        let results = match self.key {
            [] => self.batch.create(object, bodies).await?,
            key => self.batch.upsert(object, bodies, key, ConflictMode::Merge).await?,
        };
        for ((draft, open), result) in ready.into_iter().zip(results) {
            self.remember(&draft, result.id());
            if let RowResult::Refused(problems) = &result {
                refuse(&draft, problems.clone(), report);
            }
            self.done.push(Done { draft, result, open });
        }
        Ok(())
    }

    /// References and lookups of one row. `None`: it has errors. Otherwise what may be found later in this file.
    async fn complete(&mut self, draft: &mut Draft, report: &mut Report) -> Outcome<Option<Vec<Ref>>> {
        let maps = self.maps;
        let mut clean = true;
        let mut open = vec![];
        match self.resolver.apply(&maps.wholes.doors, draft) {
            Ok(missing) => {
                let (own, lost): (Vec<_>, Vec<_>) =
                    missing.into_iter().partition(|r| self.is_own(&maps.wholes, r));
                open = own;
                clean &= self.lost(&maps.wholes, draft, lost, report);
            }
            Err(problems) => {
                refuse(draft, problems, report);
                clean = false;
            }
        }
        let problems = self.resolver.look_up(&maps.wholes.lookups, draft).await?;
        clean &= problems.is_empty();
        refuse(draft, problems, report);
        if let Some((map, _)) = &maps.parts {
            for part in &mut draft.parts {
                match self.resolver.apply(&map.doors, part) {
                    Ok(missing) => clean &= self.lost(map, part, missing, report),
                    Err(problems) => {
                        refuse(part, problems, report);
                        clean = false;
                    }
                }
                let problems = self.resolver.look_up(&map.lookups, part).await?;
                clean &= problems.is_empty();
                refuse(part, problems, report);
            }
        }
        Ok(clean.then_some(open))
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
        report.refuse(draft.error(problem));
        false
    }

    fn lost(&self, map: &Map<'_>, draft: &Draft, refs: Vec<Ref>, report: &mut Report) -> bool {
        for reference in &refs {
            let door = &map.doors[reference.door];
            report.refuse(draft.error(not_found(self.resolver.model, door, reference)));
        }
        refs.is_empty()
    }

    /// A reference to the same object may lead to a row of this very file.
    fn is_own(&self, map: &Map<'_>, reference: &Ref) -> bool {
        map.doors[reference.door].object == map.object.name
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
                        report.refuse(done.draft.error(not_found(self.resolver.model, door, reference)));
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

    /// Gives part rows the ids of stored parts that they mean, so that a second import finds nothing to change.
    async fn recognise_parts(&self, parts: &Parts, ready: &mut [(Draft, Vec<Ref>)]) -> Outcome<()> {
        let object = self.maps.wholes.object;
        let Some((first, others)) = self.key.split_first() else { return Ok(()) };
        let part = &self.maps.parts.as_ref().expect("parts are mapped").0.object;
        let field = object.field(first)?;
        let wanted: Vec<String> = ready
            .iter()
            .filter_map(|(d, _)| canonical(field, d.body.get(first)?))
            .map(|c| quoted(&c))
            .collect();
        let of_part = [&["id".to_string(), "position".to_string()], parts.key.as_slice()].concat().join(",");
        let mut select = vec!["id".to_string(), first.clone()];
        select.extend(others.iter().cloned());
        select.push(format!("{}({of_part})", parts.field));
        let pairs = [("select", select.join(",")), (first.as_str(), format!("in.({})", wanted.join(",")))];
        let mut stored: HashMap<Vec<String>, Vec<Body>> = HashMap::new();
        for mut row in self.resolver.rows(&object.plural, &pairs).await? {
            let Some(tuple) = tuple(object, self.key, &row) else { continue };
            let rows = row.remove(&parts.field).and_then(|p| serde_json::from_value(p).ok());
            stored.insert(tuple, rows.unwrap_or_default());
        }
        for (draft, _) in ready {
            if let Some(rows) = tuple(object, self.key, &draft.body).and_then(|t| stored.remove(&t)) {
                recognise(part, &parts.key, rows, &mut draft.parts);
            }
        }
        Ok(())
    }

    fn refused_by_database(&mut self, problems: Problems, report: &mut Report) {
        let file = self.done.first().map(|d| d.draft.file.clone()).unwrap_or_default();
        for problem in problems {
            report.refuse(RowError::because(&file, 0, problem));
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

fn refuse(draft: &Draft, problems: Problems, report: &mut Report) {
    for problem in problems {
        report.refuse(draft.error(problem));
    }
}

fn body(draft: &Draft, parts: Option<&Parts>) -> Body {
    let mut body = draft.body.clone();
    if let Some(parts) = parts {
        let rows: Vec<Json> = draft.parts.iter().map(|p| Json::Object(p.body.clone())).collect();
        body.insert(parts.field.clone(), rows.into());
    }
    body
}

fn tuple(object: &Object, key: &[String], body: &Body) -> Option<Vec<String>> {
    key.iter().map(|name| canonical(object.fields.get(name)?, body.get(name)?)).collect()
}

/// By the part's own key; among equals, and without a key, by position.
fn recognise(object: &Object, key: &[String], mut stored: Vec<Body>, parts: &mut [Draft]) {
    stored.sort_by_key(|p| p.get("position").and_then(Json::as_i64));
    let mut ids: HashMap<Option<Vec<String>>, VecDeque<Json>> = HashMap::new();
    let of = |body: &Body| tuple(object, key, body);
    for mut row in stored {
        let key = of(&row);
        ids.entry(key).or_default().extend(row.remove("id"));
    }
    for part in parts {
        if let Some(id) = ids.get_mut(&of(&part.body)).and_then(VecDeque::pop_front) {
            part.body.insert("id".into(), id);
        }
    }
}
