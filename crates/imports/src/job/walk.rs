//! Pieces of a file through the write path: mapped, referred, told from duplicates, written; every row that is wrong
//! is named, also when only the database found it.
use super::alike::Alike;
use super::feed::Item;
use super::ledger::{self, Tally};
use super::spec::Spec;
use crate::draft::{Draft, Ref};
use crate::map::Map;
use crate::mapping::Mapping;
use crate::parts::tuple;
use crate::read::{Sheet, SheetRow};
use crate::report::RowError;
use crate::resolve::{Resolver, canonical, not_found, quoted};
use csv::StringRecord;
use duplicates::Detector;
use kernel::{Failure, Outcome, Problem, Problems, Uuid};
use policy::Actor;
use query::Headers;
use records::{Batch, Body, RowResult};
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap, HashSet};

/// A row that was refused, to be mended and sent again.
#[derive(Debug)]
pub struct Refusal {
    pub row: u64,
    /// `None`: not even its cells can be told apart.
    pub cells: Option<StringRecord>,
    pub errors: Vec<RowError>,
}

/// A written record with references to rows that had not come yet.
#[derive(Debug)]
pub struct Link {
    pub row: u64,
    pub record: Uuid,
    pub refs: Json,
}

#[derive(Debug, Default)]
pub struct Done {
    pub tally: Tally,
    pub refusals: Vec<Refusal>,
    pub links: Vec<Link>,
    pub matches: Vec<Alike>,
}

pub struct Walk<'a> {
    pub actor: &'a Actor,
    pub import: Uuid,
    pub mapping: &'a Mapping,
    pub spec: &'a Spec,
    pub map: &'a Map<'a>,
    /// Name and header of the file.
    pub sheet: &'a Sheet,
    pub resolver: Resolver<'a>,
    pub detector: &'a Detector,
    /// Whether records were there before the import that its rows could be like.
    pub compares: bool,
}

/// A row on its way.
pub(super) struct Work {
    pub row: SheetRow,
    pub draft: Draft,
    open: Vec<Ref>,
    pub errors: Vec<RowError>,
    /// The record that it changes, though its key does not say so.
    pub changes: Option<Uuid>,
    /// Out of the writing: skipped, or there is no sense in looking for more errors.
    pub out: bool,
    result: Option<RowResult>,
}

impl Work {
    fn refuse(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            let error = self.draft.error(problem);
            self.errors.extend(error);
        }
    }
}

impl Walk<'_> {
    pub async fn piece(&mut self, batch: &mut Batch, items: Vec<Item>) -> Outcome<Done> {
        let mut done = Done::default();
        let mut works = self.drafts(items, &mut done);
        self.refer(&mut works).await?;
        self.tell_keys_apart(batch, &mut works).await?;
        self.tell_duplicates(batch, &mut works, &mut done).await?;
        self.write(batch, &mut works).await?;
        works.into_iter().for_each(|work| self.account(work, &mut done));
        Ok(done)
    }

    fn drafts(&self, items: Vec<Item>, done: &mut Done) -> Vec<Work> {
        let mut works = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::Fault(error) => {
                    done.tally.refused += 1;
                    done.refusals.push(Refusal { row: error.row, cells: None, errors: vec![error] });
                }
                Item::Row(row) if !self.is_wanted(&row) => done.tally.skipped += 1,
                Item::Row(row) => {
                    let (draft, errors) = self.map.draft(self.sheet, &row);
                    works.push(Work {
                        row,
                        draft,
                        errors,
                        open: vec![],
                        changes: None,
                        out: false,
                        result: None,
                    });
                }
            }
        }
        works
    }

    /// Whether `only` of the mapping takes the row.
    fn is_wanted(&self, row: &SheetRow) -> bool {
        self.mapping.only.iter().all(|(column, texts)| {
            let cell = self.sheet.column(column).and_then(|i| row.cells.get(i)).unwrap_or_default();
            texts.iter().any(|t| t == cell.trim())
        })
    }

    async fn refer(&mut self, works: &mut [Work]) -> Outcome<()> {
        self.resolver.forget_much();
        self.resolver.learn(&self.map.doors, works.iter().map(|w| &w.draft)).await?;
        for work in works {
            let (missing, mut problems) = self.resolver.apply(&self.map.doors, &mut work.draft);
            problems.extend(self.resolver.look_up(&self.map.lookups, &mut work.draft).await?);
            let wrong: Vec<_> = problems.iter().filter_map(|p| p.field.clone()).collect();
            work.refuse(problems);
            work.draft.wrong.extend(wrong);
            for reference in missing {
                let door = &self.map.doors[reference.door];
                if door.object == self.map.object.name {
                    // A row of this very file may be meant.
                    work.open.push(reference);
                    continue;
                }
                work.refuse([not_found(self.resolver.model, door, &reference)]);
                work.draft.wrong.push(reference.field);
            }
        }
        Ok(())
    }

    /// Every key is there, and stands in one row of the file only: a second one would overwrite the first.
    async fn tell_keys_apart(&self, batch: &mut Batch, works: &mut [Work]) -> Outcome<()> {
        let Some(first) = self.mapping.key.first() else { return Ok(()) };
        let mut seen: HashMap<String, u64> = HashMap::new();
        let (mut keys, mut rows) = (vec![], vec![]);
        for work in works.iter_mut() {
            match tuple(self.map.object, &self.mapping.key, &work.draft.body) {
                None => {
                    let empty =
                        self.mapping.key.iter().find(|k| work.draft.body.get(*k).is_none_or(Json::is_null));
                    // A value that is none at all is told by the field's own check.
                    let Some(name) = empty else { continue };
                    let detail =
                        format!("The key `{name}` is empty, so the record could not be found again.");
                    work.refuse([Problem::new("field.required", detail).at(name)]);
                    work.out = true;
                }
                Some(tuple) => {
                    let key = tuple.join("\u{1f}");
                    if let Some(row) = seen.get(&key) {
                        work.refuse([same_key(*row, first)]);
                        work.out = true;
                        continue;
                    }
                    seen.insert(key.clone(), work.row.number);
                    keys.push(key);
                    rows.push(work.row.number);
                }
            }
        }
        if keys.is_empty() {
            return Ok(());
        }
        let (statement, codecs) = ledger::claim_keys(self.actor.workspace, self.import, &keys, &rows);
        let fresh: HashSet<u64> =
            batch.beside(&statement, &codecs).await?.iter().filter_map(|r| number(r)).collect();
        let late: HashMap<u64, String> =
            rows.into_iter().zip(keys).filter(|(row, _)| !fresh.contains(row)).collect();
        if late.is_empty() {
            return Ok(());
        }
        let (statement, codecs) =
            ledger::holders(self.actor.workspace, self.import, late.values().cloned().collect());
        let held = batch.beside(&statement, &codecs).await?;
        let holders: HashMap<&str, u64> =
            held.iter().filter_map(|r| Some((r[0].as_text()?, number(&r[1..])?))).collect();
        for work in works.iter_mut().filter(|w| !w.out) {
            let Some(key) = late.get(&work.row.number) else { continue };
            let holder = holders.get(key.as_str()).copied().unwrap_or_default();
            work.refuse([same_key(holder, first)]);
            work.out = true;
        }
        Ok(())
    }

    /// Writes what is sound. Rows that the write path refuses are told apart at once, rows that the database refuses
    /// by halving: it ends the search at the first error, and does not say which of a thousand rows it was.
    async fn write(&self, batch: &mut Batch, works: &mut [Work]) -> Outcome<()> {
        let mut groups: Vec<Vec<usize>> = vec![(0..works.len()).filter(|i| !works[*i].out).collect()];
        while let Some(group) = groups.pop() {
            if group.is_empty() {
                continue;
            }
            let mark = batch.mark().await?;
            match self.attempt(batch, works, &group).await {
                Ok(results) => {
                    let mut good = vec![];
                    for (index, result) in group.iter().zip(results) {
                        let work = &mut works[*index];
                        if let RowResult::Refused(problems) = result {
                            work.refuse(problems);
                            // What only follows from another error is no error of its own, but no success either.
                            work.out = true;
                        } else if work.errors.is_empty() {
                            work.result = Some(result);
                            good.push(*index);
                        }
                    }
                    if good.len() == group.len() {
                        batch.keep(mark).await?;
                    } else {
                        // A row that is refused is in the way of what the others get: numbers, the check of reach.
                        batch.take_back_to(mark).await?;
                        good.iter().for_each(|i| works[*i].result = None);
                        groups.push(good);
                    }
                }
                Err(Failure::Refused(problems)) if problems.iter().all(about_rows) => {
                    batch.take_back_to(mark).await?;
                    match group[..] {
                        [one] => works[one].refuse(problems),
                        _ => {
                            let (first, second) = group.split_at(group.len() / 2);
                            groups.extend([second.to_vec(), first.to_vec()]);
                        }
                    }
                }
                Err(broken) => return Err(broken),
            }
        }
        Ok(())
    }

    async fn attempt(&self, batch: &mut Batch, works: &[Work], group: &[usize]) -> Outcome<Vec<RowResult>> {
        let object = &self.map.object.name;
        let (changing, fresh): (Vec<usize>, Vec<usize>) =
            group.iter().partition(|i| works[**i].changes.is_some());
        let bodies: Vec<Body> = fresh.iter().map(|i| works[*i].draft.body.clone()).collect();
        let written = match self.mapping.key.is_empty() {
            true => batch.create(object, bodies).await?,
            false => batch.upsert(object, bodies, &self.mapping.key, self.spec.conflicts()).await?,
        };
        let mut results: HashMap<usize, RowResult> = fresh.into_iter().zip(written).collect();
        if !changing.is_empty() {
            let change = |i: &usize| {
                let id = works[*i].changes.expect("the partition asked for it");
                (id, works[*i].draft.body.clone(), None)
            };
            let changed = batch.update_many(object, changing.iter().map(change).collect()).await?;
            results.extend(changing.into_iter().zip(changed));
        }
        batch.flush().await?;
        Ok(group.iter().filter_map(|i| results.remove(i)).collect())
    }

    fn account(&self, work: Work, done: &mut Done) {
        if !work.errors.is_empty() || matches!((&work.result, work.out), (None, false)) {
            done.tally.refused += 1;
            done.refusals.push(Refusal {
                row: work.row.number,
                cells: Some(work.row.cells),
                errors: work.errors,
            });
            return;
        }
        let tally = &mut done.tally;
        match &work.result {
            Some(RowResult::Inserted(_)) => tally.created += 1,
            Some(RowResult::Updated(_)) => tally.updated += 1,
            Some(RowResult::Unchanged(_)) => tally.unchanged += 1,
            Some(RowResult::Ignored(_)) => tally.skipped += 1,
            Some(RowResult::Refused(_)) | None => {}
        }
        let id = work.result.as_ref().and_then(RowResult::id);
        if let Some(record) = id.filter(|_| !work.open.is_empty()) {
            let one = |r: &Ref| json!({ "field": r.field, "door": r.door, "texts": r.texts, "list": r.list });
            let refs = work.open.iter().map(one).collect();
            done.links.push(Link { row: work.row.number, record, refs });
        }
    }

    /// References to rows of the same file, now that all have come. The last row that was looked at, `None` when there
    /// are no more.
    pub async fn link(&self, batch: &mut Batch, limit: usize) -> Outcome<Option<(u64, Done)>> {
        let (statement, codecs) = ledger::next_links(self.actor.workspace, self.import, limit);
        let links: Vec<Link> = batch
            .beside(&statement, &codecs)
            .await?
            .into_iter()
            .filter_map(|r| match &r[..] {
                [kernel::Value::Int(row), kernel::Value::Id(record), kernel::Value::Json(refs)] => {
                    Some(Link { row: *row as u64, record: *record, refs: refs.clone() })
                }
                _ => None,
            })
            .collect();
        let Some(last) = links.last().map(|l| l.row) else { return Ok(None) };
        let known = self.targets(batch, &links).await?;
        let mut done = Done::default();
        let mut changes = vec![];
        for link in &links {
            let (body, errors) = self.linked(link, &known);
            if !errors.is_empty() {
                done.refusals.push(Refusal { row: link.row, cells: None, errors });
            }
            if !body.is_empty() {
                changes.push((link.row, link.record, body));
            }
        }
        self.join(batch, changes, &mut done).await?;
        done.tally.refused = done.refusals.len() as u64;
        Ok(Some((last, done)))
    }

    /// By (field, text in its one form): the record of this object that has it.
    async fn targets(&self, batch: &mut Batch, links: &[Link]) -> Outcome<HashMap<(String, String), Uuid>> {
        let mut wanted: HashMap<&str, BTreeSet<String>> = HashMap::new();
        for (by, text) in links.iter().flat_map(|l| self.texts(l)) {
            let Ok(field) = self.map.object.field(by) else { continue };
            wanted.entry(by).or_default().extend(canonical(field, &Json::from(text)).map(|c| quoted(&c)));
        }
        let mut known = HashMap::new();
        for (by, texts) in wanted {
            let field = self.map.object.field(by)?;
            let texts: Vec<String> = texts.into_iter().collect();
            for texts in texts.chunks(super::feed::PIECE) {
                let select = [("select", format!("id,{by}")), (by, format!("in.({})", texts.join(",")))];
                for row in rows(batch, &self.map.object.plural, &select).await? {
                    let id = row.get("id").and_then(Json::as_str).and_then(|id| id.parse().ok());
                    let canon = row.get(by).and_then(|v| canonical(field, v));
                    if let (Some(id), Some(canon)) = (id, canon) {
                        known.insert((by.to_owned(), canon), id);
                    }
                }
            }
        }
        Ok(known)
    }

    fn texts<'l>(&'l self, link: &'l Link) -> impl Iterator<Item = (&'l str, &'l str)> {
        link.refs.as_array().into_iter().flatten().flat_map(move |r| {
            let by = self.map.doors[door_of(r)].by.as_str();
            r["texts"].as_array().into_iter().flatten().filter_map(move |t| Some((by, t.as_str()?)))
        })
    }

    fn linked(&self, link: &Link, known: &HashMap<(String, String), Uuid>) -> (Body, Vec<RowError>) {
        let (mut body, mut errors) = (Body::new(), vec![]);
        for reference in link.refs.as_array().into_iter().flatten() {
            let door = &self.map.doors[door_of(reference)];
            let field = reference["field"].as_str().unwrap_or_default();
            let texts: Vec<&str> =
                reference["texts"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            let id = |text: &&str| {
                let canon = canonical(self.map.object.field(&door.by).ok()?, &Json::from(*text))?;
                known.get(&(door.by.clone(), canon)).map(|id| Json::from(id.to_string()))
            };
            let ids: Option<Vec<Json>> = texts.iter().map(id).collect();
            match ids {
                Some(ids) if reference["list"] == true => drop(body.insert(field.into(), ids.into())),
                Some(mut ids) => drop(body.insert(field.into(), ids.pop().unwrap_or_default())),
                None => {
                    let lost = Ref {
                        field: field.into(),
                        door: door_of(reference),
                        texts: texts.iter().map(|t| (*t).to_owned()).collect(),
                        list: false,
                    };
                    let problem = not_found(self.resolver.model, door, &lost);
                    errors.push(RowError::because(&self.sheet.file, link.row, problem));
                }
            }
        }
        (body, errors)
    }

    async fn join(&self, batch: &mut Batch, changes: Vec<(u64, Uuid, Body)>, done: &mut Done) -> Outcome<()> {
        let mut groups = vec![changes];
        while let Some(group) = groups.pop() {
            if group.is_empty() {
                continue;
            }
            let mark = batch.mark().await?;
            let bodies = group.iter().map(|(_, id, body)| (*id, body.clone(), None)).collect();
            let refused = match batch.update_many(&self.map.object.name, bodies).await {
                Ok(results) => match results.iter().any(|r| matches!(r, RowResult::Refused(_))) {
                    false => match batch.flush().await {
                        Ok(()) => None,
                        Err(Failure::Refused(problems)) if problems.iter().all(about_rows) => Some(problems),
                        Err(broken) => return Err(broken),
                    },
                    true => Some(results.into_iter().flat_map(refusal).collect()),
                },
                Err(Failure::Refused(problems)) if problems.iter().all(about_rows) => Some(problems),
                Err(broken) => return Err(broken),
            };
            match refused {
                None => batch.keep(mark).await?,
                Some(problems) => {
                    batch.take_back_to(mark).await?;
                    match &group[..] {
                        [(row, ..)] => {
                            let error = |p| RowError::because(&self.sheet.file, *row, p);
                            let errors = problems.into_iter().map(error).collect();
                            done.refusals.push(Refusal { row: *row, cells: None, errors });
                        }
                        _ => {
                            let mut first = group;
                            let second = first.split_off(first.len() / 2);
                            groups.extend([second, first]);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn number(row: &[kernel::Value]) -> Option<u64> {
    match row {
        [kernel::Value::Int(number)] => Some(*number as u64),
        _ => None,
    }
}

fn refusal(result: RowResult) -> Problems {
    match result {
        RowResult::Refused(problems) => problems,
        _ => vec![],
    }
}

fn door_of(reference: &Json) -> usize {
    reference["door"].as_u64().unwrap_or_default() as usize
}

/// Rows of a collection inside the batch's transaction, however many.
async fn rows(batch: &mut Batch, plural: &str, pairs: &[(&str, String)]) -> Outcome<Vec<Body>> {
    const PAGE: usize = super::feed::PIECE;
    let mut all: Vec<Body> = vec![];
    loop {
        let page =
            [("order", "id".to_owned()), ("limit", PAGE.to_string()), ("offset", all.len().to_string())];
        let pairs: Vec<_> = pairs.iter().chain(&page).map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        let ask = query::parse(&pairs, &Headers::default())?;
        let page = batch.list(plural, &ask).await?;
        let rows: Vec<Body> = serde_json::from_slice(&page.body).map_err(anyhow::Error::from)?;
        let full = rows.len() == PAGE;
        all.extend(rows);
        if !full {
            return Ok(all);
        }
    }
}

fn same_key(row: u64, field: &str) -> Problem {
    Problem::new("field.duplicate", format!("Row {row} has the same key.")).at(field)
}

/// Not a missing right, and not a database that is away: those end the import as they end every request.
pub fn about_rows(problem: &Problem) -> bool {
    matches!(problem.status(), 409 | 422)
}
