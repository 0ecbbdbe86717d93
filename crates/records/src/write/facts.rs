//! Rows that rules and gates weigh, loaded before any of them runs, one statement per object.
use super::Batch;
use super::update::{decode_row, id_of};
use crate::rule::Facts;
use crate::write::Work;
use kernel::{Outcome, Uuid, Value};
use meta::{Codec, Gate, Model, Object};
use query::Statement;
use std::collections::{BTreeMap, BTreeSet};

/// What a location says about money and time, the workspace's word where it is silent.
#[derive(Debug, Clone)]
pub(super) struct PlaceSettings {
    pub timezone: String,
    pub currency: String,
}

/// Where a record belongs that names no location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whereabouts {
    /// The workspace has no locations: its records have none either.
    Nowhere,
    Here(Uuid),
    /// There are several: somebody must say which.
    Unsaid,
}

impl Batch {
    pub(super) async fn facts(&mut self, model: &Model, object: &Object, works: &[Work]) -> Outcome<Facts> {
        let mut wanted: BTreeMap<String, BTreeSet<Uuid>> = BTreeMap::new();
        for work in works {
            self.wanted_by_rules(object, work, &mut wanted);
            wanted_by_gates(model, object, work, &mut wanted);
        }
        let mut facts = Facts::default();
        for (name, ids) in wanted {
            let Some(target) = model.objects.get(&name) else { continue };
            self.flush().await?;
            let ids: Vec<_> = ids.into_iter().collect();
            let statement = query::write::rows_by(target, self.actor.workspace, "id", &ids, false);
            for values in self.cx.query(&statement, &query::write::codecs(target)).await? {
                let row = decode_row(target, values);
                if let Some(id) = id_of(&row) {
                    facts.0.insert((name.clone(), id), row);
                }
            }
        }
        Ok(facts)
    }

    fn wanted_by_rules(&self, object: &Object, work: &Work, wanted: &mut BTreeMap<String, BTreeSet<Uuid>>) {
        for need in self.engine.rules(&object.name).flat_map(|r| r.needs()) {
            let own = work.draft.value(need.field).and_then(Value::as_id);
            let lists = work.draft.parts.values().flatten().filter_map(|p| p.after.as_ref());
            let parts = lists.filter_map(|row| row.get(need.field).and_then(Value::as_id));
            let ids: Vec<_> = own.into_iter().chain(parts).collect();
            if !ids.is_empty() {
                wanted.entry(need.object.to_string()).or_default().extend(ids);
            }
        }
    }

    /// Asked once a batch for the workspace, once per location.
    pub(super) async fn place_settings(
        &mut self,
        model: &Model,
        location: Option<Uuid>,
    ) -> Outcome<PlaceSettings> {
        if let Some(known) = self.places.get(&location) {
            return Ok(known.clone());
        }
        let workspace = self.cx.workspace();
        let mut place =
            PlaceSettings { timezone: workspace.timezone.clone(), currency: workspace.currency.clone() };
        if let (Some(location), Some(object)) = (location, model.objects.get("location")) {
            self.flush().await?;
            let statement = query::write::rows_by(object, self.actor.workspace, "id", &[location], false);
            let rows = self.cx.query(&statement, &query::write::codecs(object)).await?;
            if let Some(values) = rows.into_iter().next() {
                let row = decode_row(object, values);
                let text = |name: &str| row.get(name).and_then(Value::as_text).map(str::to_string);
                place.timezone = text("timezone").unwrap_or(place.timezone);
                place.currency = text("default_currency").unwrap_or(place.currency);
            }
        }
        self.places.insert(location, place.clone());
        Ok(place)
    }

    /// Where a new record can only be meant to be: the member's one location, else the workspace's.
    pub(super) async fn only_location(&mut self) -> Outcome<Whereabouts> {
        let mut own: Vec<_> = self.actor.assignments.iter().filter_map(|a| a.location).collect();
        own.dedup();
        if let [location] = own[..] {
            return Ok(Whereabouts::Here(location));
        }
        if let Some(known) = self.whereabouts {
            return Ok(known);
        }
        self.flush().await?;
        let statement = Statement {
            text: "select id from data.locations where workspace_id = $1 and archived_at is null order by id limit 2"
                .into(),
            params: vec![self.actor.workspace.into()],
        };
        let rows = self.cx.query(&statement, &[Codec::Uuid]).await?;
        let found = match &rows[..] {
            [] => Whereabouts::Nowhere,
            [row] => Whereabouts::Here(row[0].as_id().unwrap_or_default()),
            _ => Whereabouts::Unsaid,
        };
        self.whereabouts = Some(found);
        Ok(found)
    }
}

/// Gates of the stage being entered may follow a reference one hop: `client.email`.
fn wanted_by_gates(
    model: &Model,
    object: &Object,
    work: &Work,
    wanted: &mut BTreeMap<String, BTreeSet<Uuid>>,
) {
    for stage in super::gates::entered(object, work) {
        for gate in &stage.gates {
            let paths = match gate {
                Gate::Filled { filled } => vec![filled.clone()],
                Gate::AnyFilled { any_filled, .. } => any_filled.clone(),
                Gate::When { when, .. } => super::formula::compiled(model, object, when)
                    .map(|e| e.uses().to_vec())
                    .unwrap_or_default(),
                Gate::Related { .. } => vec![],
            };
            for (hop, _) in paths.iter().filter_map(|p| p.split_once('.')) {
                let reference = super::gates::reference_of(object, hop);
                let Some((field, to)) = reference else { continue };
                if let Some(id) = work.draft.value(&field).and_then(Value::as_id) {
                    wanted.entry(to).or_default().insert(id);
                }
            }
        }
    }
}
