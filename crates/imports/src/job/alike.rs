//! Rows that are very like stored records (decisions.md, "Duplicate score"): who they are like and how much, and what
//! somebody chose to become of them. Compared is with what was stored before the import; rows that are like each other
//! are told as pairs once they stand.
use super::ledger;
use super::spec::Choice;
use super::walk::{Done, Walk, Work};
use crate::parts::{Tuple, tuple};
use crate::report::RowError;
use duplicates::Found;
use kernel::{Outcome, Uuid, Value};
use meta::Codec;
use policy::{Read, Update};
use query::Statement;
use records::{Batch, Body};
use serde_json::{Value as Json, json};
use std::collections::{HashMap, HashSet};

/// Candidates that are told of a row, the most alike first.
const TOLD: usize = 5;

/// A row, what becomes of it, and what it is like.
#[derive(Debug)]
pub struct Alike {
    row: u64,
    choice: Choice,
    /// The record that it changes.
    record: Option<Uuid>,
    candidates: Vec<Found>,
}

impl Alike {
    /// Without what the records are called: that is looked up for whoever asks.
    pub fn to_json(&self) -> Json {
        let one = |f: &Found| json!({ "id": f.id, "score": f.alike.score, "reason": f.alike.reason() });
        json!({
            "row": self.row, "choice": self.choice.name(), "record": self.record,
            "candidates": self.candidates.iter().map(one).collect::<Vec<_>>(),
        })
    }
}

impl Walk<'_> {
    pub(super) async fn tell_duplicates(
        &self,
        batch: &mut Batch,
        works: &mut [Work],
        done: &mut Done,
    ) -> Outcome<()> {
        if !self.spec.looks_for_duplicates() {
            return Ok(());
        }
        for work in works.iter_mut().filter(|w| !w.out && self.spec.leaves_out(w.row.number)) {
            work.out = true;
            work.errors.clear();
            done.tally.skipped += 1;
        }
        let own = self.own_records(batch, works).await?;
        let is_new = |w: &Work| {
            let tuple = tuple(self.map.object, &self.mapping.key, &w.draft.body);
            !w.out && tuple.is_none_or(|t| !own.contains(&t))
        };
        let new: Vec<usize> = (0..works.len()).filter(|i| is_new(&works[*i])).collect();
        let alike = self.alike(batch, works, &new).await?;
        self.choose(works, alike, done);
        self.may_change(batch, works).await
    }

    /// Keys of rows by which a record is found: such a row is no duplicate but an update.
    async fn own_records(&self, batch: &mut Batch, works: &[Work]) -> Outcome<HashSet<Tuple>> {
        let (object, key) = (self.map.object, &self.mapping.key);
        let tuples: HashSet<Tuple> = works
            .iter()
            .filter_map(|w| tuple(object, key, &w.draft.body))
            .filter(|t| !t.is_empty())
            .collect();
        if tuples.is_empty() {
            return Ok(tuples);
        }
        let tuples: Vec<Tuple> = tuples.into_iter().collect();
        let grant = policy::grant::<Read>(self.resolver.model, self.actor, &object.name)?;
        let fields = key.iter().map(|name| object.field(name)).collect::<Result<Vec<_>, _>>()?;
        let statement = query::write::known_by(self.resolver.model, object, &grant, &fields, &tuples);
        let numbers = batch.beside(&statement, &[Codec::Int8, Codec::Uuid]).await?;
        let found = numbers.iter().filter_map(|row| match row[..] {
            [Value::Int(n), _] => tuples.get(usize::try_from(n - 1).ok()?).cloned(),
            _ => None,
        });
        Ok(found.collect())
    }

    /// What these rows are like, in their order.
    async fn alike(
        &self,
        batch: &mut Batch,
        works: &[Work],
        new: &[usize],
    ) -> Outcome<Vec<(usize, Vec<Found>)>> {
        if !self.compares {
            return Ok(new.iter().map(|i| (*i, vec![])).collect());
        }
        let bodies: Vec<Body> = new.iter().map(|i| works[*i].draft.body.clone()).collect();
        let mut found = self.detector.of_drafts(self.actor, &self.map.object.plural, &bodies).await?;
        let ids: Vec<Uuid> = found.iter().flatten().map(|f| f.id).collect();
        if !ids.is_empty() {
            let (statement, codecs) = ledger::made_here(self.actor.workspace, self.import, ids);
            let made = batch.beside(&statement, &codecs).await?;
            let made: HashSet<Uuid> = made.iter().filter_map(|r| r[0].as_id()).collect();
            found.iter_mut().for_each(|f| f.retain(|f| !made.contains(&f.id)));
        }
        Ok(new.iter().copied().zip(found).collect())
    }

    fn choose(&self, works: &mut [Work], alike: Vec<(usize, Vec<Found>)>, done: &mut Done) {
        for (index, mut candidates) in alike {
            let work = &mut works[index];
            let number = work.row.number;
            let named = self.spec.record(number);
            if candidates.is_empty() && named.is_none() {
                continue;
            }
            let choice = self.spec.choice(number);
            candidates.truncate(TOLD);
            match choice {
                Choice::Create => {}
                Choice::Update => work.changes = named.or(candidates.first().map(|f| f.id)),
                Choice::Skip => {
                    work.out = true;
                    done.tally.skipped += 1;
                }
                Choice::Ask => {
                    let error = self.asked(number, &candidates);
                    work.errors.push(error);
                }
            }
            done.tally.duplicates += 1;
            done.matches.push(Alike { row: number, choice, record: work.changes, candidates });
        }
    }

    fn asked(&self, row: u64, candidates: &[Found]) -> RowError {
        let best = &candidates[0];
        let reason = format!(
            "It is very like a stored record ({:.0} %): {}.",
            best.alike.score * 100.0,
            best.alike.reason()
        );
        let hint = format!("Choose for row {row}: create, skip, or update {}.", best.id);
        RowError { value: Some(best.id.to_string()), hint: Some(hint), ..self.refused(row, reason) }
    }

    fn refused(&self, row: u64, reason: String) -> RowError {
        RowError::row(&self.sheet.file, row, "import.duplicate", reason)
    }

    /// The records that rows change are there for the actor to be changed, and each is changed by one row: a second
    /// one would overwrite the first.
    async fn may_change(&self, batch: &mut Batch, works: &mut [Work]) -> Outcome<()> {
        let ids: Vec<Uuid> = works.iter().filter_map(|w| w.changes).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let (model, object) = (self.resolver.model, self.map.object);
        let grant = policy::grant::<Update>(model, self.actor, &object.name)?;
        let reached: Statement = query::write::present(model, object, &grant, &ids);
        let reached = batch.beside(&reached, &[Codec::Uuid]).await?;
        let reached: HashSet<Uuid> = reached.iter().filter_map(|r| r[0].as_id()).collect();
        let (statement, codecs) = ledger::changed_by_rows(self.actor.workspace, self.import, ids);
        let row = |r: &Vec<Value>| match r[..] {
            [Value::Id(record), Value::Int(row)] => Some((record, row as u64)),
            _ => None,
        };
        let mut by: HashMap<Uuid, u64> =
            batch.beside(&statement, &codecs).await?.iter().filter_map(row).collect();
        for work in works.iter_mut() {
            let Some(id) = work.changes else { continue };
            let number = work.row.number;
            let reason = match by.get(&id) {
                _ if !reached.contains(&id) => {
                    format!("There is no {} {id} that you may change.", object.label.to_lowercase())
                }
                Some(other) if *other != number => format!("Row {other} changes the same record {id}."),
                _ => {
                    by.insert(id, number);
                    continue;
                }
            };
            work.errors.push(RowError { value: Some(id.to_string()), ..self.refused(number, reason) });
            work.out = true;
        }
        Ok(())
    }
}
