//! Rollups: values over the records of a to-many relation, computed in the transaction that changes those records.
//!
//! No update is lost: the records that hold the rollups are locked first, in order of id, and only then are their
//! rollups computed, by statements that see what others committed before they let the lock go. The lock is the one
//! that goes along with references (`for no key update`), or two who add a record each would wait for each other.
use super::update::{decode_row, id_of};
use super::{Batch, formula};
use crate::draft::differs;
use crate::log::{Entry, Touched};
use crate::{Engine, Source, SourceKind};
use kernel::{Decimal, Outcome, Row, Uuid, Value};
use meta::{Codec, Field, Kind, Model, Object, Place, RollupFunction};
use policy::Actor;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Records whose rollups are computed by one statement each.
pub(super) const CHUNK: usize = 1_000;

/// By object and rollup, the records that need it computed again.
#[derive(Debug, Clone, Default)]
pub(super) struct Stale(BTreeMap<String, BTreeMap<String, BTreeSet<Uuid>>>);

impl Stale {
    pub fn add(&mut self, touched: Vec<Touched>) {
        for one in touched {
            self.0.entry(one.object).or_default().entry(one.rollup).or_default().insert(one.record);
        }
    }

    /// What is to be done for these rollups of an object; it is then no longer stale.
    fn take(&mut self, object: &str, rollups: &[String]) -> BTreeMap<Uuid, BTreeSet<String>> {
        let mut by_record: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
        let Some(of_object) = self.0.get_mut(object) else { return by_record };
        for rollup in rollups {
            for id in of_object.remove(rollup).into_iter().flatten() {
                by_record.entry(id).or_default().insert(rollup.clone());
            }
        }
        by_record
    }

    fn speaks_of(&self, object: &str) -> bool {
        self.0.get(object).is_some_and(|rollups| rollups.values().any(|ids| !ids.is_empty()))
    }

    fn is_empty(&self) -> bool {
        self.0.values().all(|rollups| rollups.values().all(BTreeSet::is_empty))
    }
}

/// A record whose stored rollups were not what its records come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    pub object: String,
    pub record: Uuid,
    pub fields: Vec<String>,
}

impl Batch {
    /// Computes what is stale, level by level: a rollup may read another.
    pub(crate) async fn roll_up(&mut self) -> Outcome<Vec<Drift>> {
        let mut changed = vec![];
        if self.stale.is_empty() || !self.refused.is_empty() {
            return Ok(changed);
        }
        let model = self.model();
        for (name, rollups) in &model.rollups {
            let Some(object) = model.objects.get(name) else { continue };
            let due: Vec<_> = self.stale.take(name, rollups).into_iter().collect();
            for chunk in due.chunks(CHUNK) {
                changed.extend(self.roll_up_some(&model, object, chunk).await?);
            }
        }
        Ok(changed)
    }

    /// Before records are changed that this very change made stale: their formulas and gates look at the rollups.
    pub(super) async fn settled(&mut self, object: &str) -> Outcome<()> {
        if self.stale.speaks_of(object) {
            self.roll_up().await?;
        }
        self.flush().await
    }

    /// All rollups of a record, and the formulas that read them, whatever it says now.
    pub(crate) fn mark_rollups(&mut self, object: &Object, id: Uuid) {
        let rollups = object.fields.values().filter(|f| f.rollup.is_some());
        let touched = |f: &Field| Touched { object: object.name.clone(), record: id, rollup: f.name.clone() };
        self.stale.add(rollups.map(touched).collect());
    }

    pub(super) async fn roll_up_some(
        &mut self,
        model: &Model,
        object: &Object,
        due: &[(Uuid, BTreeSet<String>)],
    ) -> Outcome<Vec<Drift>> {
        self.flush().await?;
        let ids: Vec<Uuid> = due.iter().map(|(id, _)| *id).collect();
        let names: BTreeSet<&String> = due.iter().flat_map(|(_, names)| names).collect();
        let fields: Vec<&Field> = names.into_iter().filter_map(|n| object.fields.get(n)).collect();
        let (rows, values) = self.locked_with_values(model, object, &fields, &ids).await?;
        let lists = match formula::uses_parts(model, object) {
            true => self.parts_of(model, object, &ids).await?,
            false => HashMap::new(),
        };
        let mut changed = vec![];
        if rows.len() >= super::JOINED_FROM {
            self.join();
        }
        for before in rows {
            let Some(id) = id_of(&before) else { continue };
            let mut after = before.clone();
            for (field, values) in fields.iter().zip(&values) {
                let value = values.get(&id).cloned().unwrap_or_default();
                after.insert(field.name.clone(), rolled(field, value));
            }
            let rows_of = |list: &str| Some(formula::rows(lists.get(&id)?.get(list)?.iter()));
            formula::fill(model, object, &mut after, &rows_of);
            changed.extend(self.stage_derived(object, id, &before, after));
        }
        self.unjoin();
        Ok(changed)
    }

    /// One round trip: the lock, and behind it a statement for each rollup, which so sees what others had committed
    /// when the lock was given.
    async fn locked_with_values(
        &mut self,
        model: &Model,
        object: &Object,
        fields: &[&Field],
        ids: &[Uuid],
    ) -> Outcome<(Vec<Row>, Vec<HashMap<Uuid, Value>>)> {
        let workspace = self.actor.workspace;
        let lock = query::write::lock_to_derive(object, workspace, ids);
        let mut statements = vec![(lock, query::write::codecs(object))];
        let mut slots = vec![];
        for field in fields {
            let statement = query::rollup(model, workspace, object, field, ids)?;
            slots.push(statement.is_some());
            let codecs = vec![Codec::Uuid, field.stored_kind().codec(field.many)];
            statements.extend(statement.map(|s| (s, codecs)));
        }
        let asked: Vec<_> = statements.iter().map(|(s, c)| (s, c.as_slice())).collect();
        let mut answers = self.cx.queries(&asked).await?.into_iter();
        let rows = answers.next().unwrap_or_default();
        let rows = rows.into_iter().map(|values| decode_row(object, values)).collect();
        let pair = |mut r: Vec<Value>| Some((r[0].as_id()?, r.pop()?));
        let values = slots.into_iter().map(|there| {
            let found = if there { answers.next().unwrap_or_default() } else { vec![] };
            found.into_iter().filter_map(pair).collect()
        });
        Ok((rows, values.collect()))
    }

    fn stage_derived(&mut self, object: &Object, id: Uuid, before: &Row, mut after: Row) -> Option<Drift> {
        let differing = |name: &&String| differs(before.get(*name), after.get(*name));
        let names: Vec<String> = after.keys().filter(differing).cloned().collect();
        if names.is_empty() {
            return None;
        }
        self.stamp(object, &mut after, Some(before));
        let columns = names.iter().map(String::as_str).chain(["updated_at", "updated_by", "version"]);
        self.put_update(object, id, &after, columns);
        self.claim(object, id, Some(before), Some(&after));
        self.log(Entry::derived(object, id, before, &after, &names));
        Some(Drift { object: object.name.clone(), record: id, fields: names })
    }
}

impl Engine {
    /// The newest records of every object that has rollups, and those among them whose rollups are wrong. Nothing is
    /// written; the records are locked for the moment of the comparison.
    pub async fn drifted_rollups(&self, actor: &Actor, sample: usize) -> Outcome<(u64, Vec<Drift>)> {
        let model = self.model(actor).await?;
        let mut seen = 0;
        let mut drifted = vec![];
        for object in model.objects.values().filter(|o| o.fields.values().any(|f| f.rollup.is_some())) {
            let mut batch = self.batch(actor, Source::new(SourceKind::System)).await?;
            let statement = query::write::newest_ids(object, actor.workspace, sample);
            let ids = batch.query(&statement, &[Codec::Uuid]).await?;
            let ids: Vec<Uuid> = ids.iter().filter_map(|r| r[0].as_id()).collect();
            seen += ids.len() as u64;
            batch.mark_stale(object, &[], &ids);
            drifted.extend(batch.roll_up().await?);
        }
        Ok((seen, drifted))
    }
}

impl Batch {
    /// The rollups of these records are computed anew with the batch; `fields` empty: all of them.
    pub(super) fn mark_stale(&mut self, object: &Object, fields: &[String], ids: &[Uuid]) {
        let wanted = |f: &&Field| f.rollup.is_some() && (fields.is_empty() || fields.contains(&f.name));
        for field in object.fields.values().filter(wanted) {
            let touched =
                |id: &Uuid| Touched { object: object.name.clone(), record: *id, rollup: field.name.clone() };
            self.stale.add(ids.iter().map(touched).collect());
        }
    }
}

/// A new record has nothing to count yet.
pub(super) fn begin(object: &Object, row: &mut Row) {
    for field in object.fields.values().filter(|f| f.rollup.is_some() && f.place != Place::None) {
        row.insert(field.name.clone(), rolled(field, Value::Null));
    }
}

/// The value as the column holds it; nothing to count and nothing to sum are zero.
fn rolled(field: &Field, value: Value) -> Value {
    let function = field.rollup.as_ref().map(|r| r.function);
    let counts = matches!(function, Some(RollupFunction::Count | RollupFunction::Sum));
    let whole = field.stored_kind().codec(field.many) == Codec::Int8;
    let value = match value {
        Value::Null if counts && whole => Value::Int(0),
        Value::Null if counts => Value::Decimal(Decimal::ZERO),
        value => value,
    };
    match field.kind {
        Kind::Money | Kind::Decimal | Kind::Percent => formula::fitted(field, field.kind, value),
        _ => value,
    }
}
