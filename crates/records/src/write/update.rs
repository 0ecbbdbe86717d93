//! Changing stored rows: lock, compare the version under the lock, draft, settle, write.
use super::body::{Patch, parse, placed, refused};
use super::{Batch, Work, writable};
use crate::draft::{Draft, PartDraft, differs};
use crate::read::not_found;
use crate::{Body, Engine, RowResult, Source};
use indexmap::IndexMap;
use kernel::{Outcome, Problem, Row, Uuid, Value, new_id};
use meta::{Action, Field, Kind, Model, Object};
use policy::{Actor, Archive, Update};
use std::collections::HashMap;

impl Engine {
    /// One record, its lock in the same round trip as the beginning of the transaction. `version` is what the
    /// caller last saw.
    pub async fn update(
        &self,
        actor: &Actor,
        plural: &str,
        id: Uuid,
        body: Body,
        version: Option<i64>,
        source: Source,
    ) -> Outcome<(Batch, RowResult)> {
        let (cx, rows) = self
            .store()
            .begin_with(actor, |model| {
                let object = writable(model, &model.by_plural(plural)?.name)?;
                let grant = policy::grant::<Update>(model, actor, &object.name)?;
                Ok((query::write::lock(model, object, &grant, &[id]), query::write::codecs(object)))
            })
            .await?;
        let mut batch = self.batch_on(actor, source, cx);
        let model = batch.model();
        let object = model.by_plural(plural)?;
        let rows = rows.into_iter().map(|values| decode_row(object, values)).collect();
        let mut results = batch.change(&model, object, rows, vec![(id, body, version)]).await?;
        Ok((batch, results.remove(0)))
    }
}

impl Batch {
    pub async fn update(
        &mut self,
        object: &str,
        id: Uuid,
        body: Body,
        version: Option<i64>,
    ) -> Outcome<RowResult> {
        Ok(self.update_many(object, vec![(id, body, version)]).await?.remove(0))
    }

    /// Several records of one object, locked together.
    pub async fn update_many(
        &mut self,
        object: &str,
        changes: Vec<(Uuid, Body, Option<i64>)>,
    ) -> Outcome<Vec<RowResult>> {
        self.settled(object).await?;
        let model = self.model();
        let object = writable(&model, object)?;
        let grant = policy::grant::<Update>(&model, &self.actor, &object.name)?;
        let ids: Vec<_> = changes.iter().map(|c| c.0).collect();
        let rows = self.lock(&model, object, &grant, &ids).await?;
        self.change(&model, object, rows, changes).await
    }

    pub(crate) async fn lock<A: policy::Act>(
        &mut self,
        model: &Model,
        object: &Object,
        grant: &policy::Grant<A>,
        ids: &[Uuid],
    ) -> Outcome<Vec<Row>> {
        let statement = query::write::lock(model, object, grant, ids);
        let rows = self.cx.query(&statement, &query::write::codecs(object)).await?;
        Ok(rows.into_iter().map(|values| decode_row(object, values)).collect())
    }

    /// `rows` are locked and within reach.
    pub(super) async fn change(
        &mut self,
        model: &Model,
        object: &Object,
        rows: Vec<Row>,
        changes: Vec<(Uuid, Body, Option<i64>)>,
    ) -> Outcome<Vec<RowResult>> {
        let grant = policy::grant::<Update>(model, &self.actor, &object.name)?;
        let mut by_id: HashMap<Uuid, Row> = rows.into_iter().filter_map(|r| Some((id_of(&r)?, r))).collect();
        let ids: Vec<_> = by_id.keys().copied().collect();
        let mut parts = self.parts_of(model, object, &ids).await?;
        let mut works = vec![];
        for (id, body, version) in changes {
            let Some(before) = by_id.remove(&id) else { return Err(not_found(object, id).into()) };
            let mut problems = vec![];
            let patch = parse(model, &self.actor, object, Some(&grant), body, &mut problems);
            if patch.id.is_some_and(|other| other != id) {
                problems.push(Problem::new("field.read_only", "A record keeps its id.").at("id"));
            }
            if !self.source.also_archived && before.get("archived_at").is_some_and(|v| !v.is_null()) {
                let detail =
                    format!("This {} is archived. Restore it to change it.", object.label.to_lowercase());
                problems.push(Problem::new("record.archived", detail));
            }
            if let Some(version) = version {
                problems.extend(self.lost_race(object, id, version, &before, &patch).await?);
            }
            let stored = parts.remove(&id).unwrap_or_default();
            let draft = draft_change(model, object, before, stored, patch, &mut problems);
            works.push(Work { draft, problems, action: Action::Update, effects: vec![] });
        }
        self.settle(model, object, &mut works).await?;
        self.check_references(model, object, &mut works).await?;
        self.check_unique(model, object, &mut works).await?;
        self.write(model, object, works, &grant).await
    }

    /// Stored part rows of several wholes: whole → part list field → rows in order.
    pub(super) async fn parts_of(
        &mut self,
        model: &Model,
        object: &Object,
        ids: &[Uuid],
    ) -> Outcome<HashMap<Uuid, IndexMap<String, Vec<Row>>>> {
        let mut all: HashMap<Uuid, IndexMap<String, Vec<Row>>> = HashMap::new();
        for field in object.fields.values().filter(|f| f.kind == Kind::Parts) {
            let Some(part) = field.parts.as_deref().and_then(|p| model.objects.get(p)) else { continue };
            let whole = super::body::whole_field(object);
            let statement = query::write::rows_by(part, self.actor.workspace, &whole, ids, true);
            for values in self.cx.query(&statement, &query::write::codecs(part)).await? {
                let row = decode_row(part, values);
                let Some(id) = row.get(&whole).and_then(Value::as_id) else { continue };
                all.entry(id).or_default().entry(field.name.clone()).or_default().push(row);
            }
        }
        Ok(all)
    }

    /// Somebody changed the record since `version`: fields that only one side touched are merged; a field that both
    /// touched is refused with both values.
    async fn lost_race(
        &mut self,
        object: &Object,
        id: Uuid,
        version: i64,
        before: &Row,
        patch: &Patch,
    ) -> Outcome<Option<Problem>> {
        let Some(Value::Int(current)) = before.get("version") else { return Ok(None) };
        if *current == version {
            return Ok(None);
        }
        if version > *current {
            let detail = format!("This record has never had the version {version}; it has {current}.");
            return Ok(Some(Problem::new("record.precondition", detail).at("If-Match")));
        }
        let theirs =
            crate::log::fields_since(&self.cx, self.actor.workspace, &object.name, id, version).await?;
        let mut conflicts = serde_json::Map::new();
        for (name, mine) in &patch.fields {
            let now = before.get(name).unwrap_or(&Value::Null);
            if theirs.contains(name) && now != mine {
                let secret = object.fields.get(name).is_some_and(|f| f.secret);
                let both = match secret {
                    true => serde_json::json!({ "current": "***", "yours": "***" }),
                    false => serde_json::json!({ "current": now.to_json(), "yours": mine.to_json() }),
                };
                conflicts.insert(name.clone(), both);
            }
        }
        for name in patch.parts.keys() {
            conflicts.insert(name.clone(), serde_json::json!({ "current": null, "yours": null }));
        }
        if conflicts.is_empty() {
            return Ok(None);
        }
        let names: Vec<_> = conflicts.keys().map(|k| format!("`{k}`")).collect();
        let detail = format!("Somebody else changed {} since you opened this record.", names.join(", "));
        let extra = serde_json::json!({ "version": current, "conflicts": conflicts });
        Ok(Some(Problem::new("record.version_conflict", detail).with(extra)))
    }

    /// Puts records away, or brings them back.
    pub async fn archive(&mut self, object: &str, ids: &[Uuid], archived: bool) -> Outcome<Vec<RowResult>> {
        self.flush().await?;
        let model = self.model();
        let object = writable(&model, object)?;
        if !object.archivable {
            let detail = format!("{} cannot be archived.", object.label_plural);
            return Err(Problem::new("route.method", detail).into());
        }
        let grant = policy::grant::<Archive>(&model, &self.actor, &object.name)?;
        let rows = self.lock(&model, object, &grant, ids).await?;
        if !archived {
            self.none_was_merged(object, ids).await?;
        }
        let mut results = vec![];
        for id in ids {
            let Some(before) = rows.iter().find(|r| id_of(r) == Some(*id)) else {
                return Err(not_found(object, *id).into());
            };
            results.push(self.set_archived(object, *id, before, archived));
        }
        Ok(results)
    }

    pub(crate) fn set_archived(
        &mut self,
        object: &Object,
        id: Uuid,
        before: &Row,
        archived: bool,
    ) -> RowResult {
        let is = before.get("archived_at").is_some_and(|v| !v.is_null());
        if is == archived {
            return RowResult::Unchanged(id);
        }
        let mut after = before.clone();
        after.insert("archived_at".into(), if archived { Value::Time(self.at) } else { Value::Null });
        self.stamp(object, &mut after, Some(before));
        let names = ["archived_at", "updated_at", "updated_by", "version"];
        self.pending.push(query::write::update(object, self.actor.workspace, id, &after, names.into_iter()));
        self.claim(object, id, Some(before), Some(&after));
        self.log(crate::log::Entry::archived(object, id, before, &after, archived));
        RowResult::Updated(id)
    }
}

impl Work {
    /// A stored record as it is.
    pub(super) fn unchanged(object: &Object, row: Row, stored: IndexMap<String, Vec<Row>>) -> Self {
        let kept = stored.into_iter().map(|(list, rows)| (list, rows.into_iter().map(kept).collect()));
        let draft = Draft {
            id: id_of(&row).unwrap_or_default(),
            object: object.name.clone(),
            before: Some(row.clone()),
            after: row,
            parts: kept.collect(),
        };
        Work { draft, problems: vec![], action: Action::Update, effects: vec![] }
    }
}

/// A part row that stays.
pub(super) fn kept(row: Row) -> PartDraft {
    PartDraft { id: id_of(&row).unwrap_or_default(), after: Some(row.clone()), before: Some(row) }
}

/// The draft of a change: the stored row with the patch on top, part lists replaced where the patch names them.
fn draft_change(
    model: &Model,
    object: &Object,
    before: Row,
    stored: IndexMap<String, Vec<Row>>,
    patch: Patch,
    problems: &mut kernel::Problems,
) -> Draft {
    let id = id_of(&before).expect("a stored row has an id");
    let mut after = before.clone();
    after.extend(patch.fields);
    let mut parts: IndexMap<String, Vec<PartDraft>> = IndexMap::new();
    for (field, rows) in stored {
        parts.insert(field, rows.into_iter().map(kept).collect());
    }
    for (field, rows) in patch.parts {
        let mut old: IndexMap<Uuid, Row> = parts
            .shift_remove(&field)
            .into_iter()
            .flatten()
            .filter_map(|p| Some((p.id, p.before?)))
            .collect();
        let mut new = vec![];
        for (i, row) in rows.into_iter().enumerate() {
            let known = row.id.and_then(|id| Some((id, old.shift_remove(&id)?)));
            let stored = known.as_ref().map(|(_, stored)| stored);
            let same = |name: &String| stored.is_some_and(|s| !differs(s.get(name), row.fields.get(name)));
            problems.extend(refused(model, object, &field, i, &row, same));
            let part = match (known, row.id) {
                (Some((id, stored)), _) => {
                    let mut after = stored.clone();
                    after.extend(row.fields);
                    PartDraft { id, before: Some(stored), after: Some(after) }
                }
                (None, Some(id)) => {
                    let detail = "This row does not belong to the record, or was removed meanwhile.";
                    problems.push(Problem::new("record.not_found", detail).at(format!("{field}.{i}.id")));
                    PartDraft { id, before: None, after: Some(row.fields) }
                }
                (None, None) => PartDraft { id: new_id(), before: None, after: Some(row.fields) },
            };
            new.push(placed(object, id, i, part));
        }
        new.extend(old.into_iter().map(|(id, row)| PartDraft { id, before: Some(row), after: None }));
        parts.insert(field, new);
    }
    Draft { id, object: object.name.clone(), before: Some(before), after, parts }
}

pub(crate) fn id_of(row: &Row) -> Option<Uuid> {
    row.get("id").and_then(Value::as_id)
}

/// A row as `query::write` selects it, custom fields decoded by kind.
pub(crate) fn decode_row(object: &Object, values: Vec<Value>) -> Row {
    let (mut row, custom) = query::write::named(object, values);
    if let Some(serde_json::Value::Object(custom)) = custom {
        for field in object.fields.values().filter(|f| f.place == meta::Place::Custom) {
            let value = custom.get(&field.name).map(|json| from_json(field, json)).unwrap_or_default();
            row.insert(field.name.clone(), value);
        }
    }
    row
}

/// A value that Kontor itself wrote as JSON (the log, `custom`): only its form is read, today's rules about
/// ranges and patterns do not judge what was valid then.
pub(crate) fn from_json(field: &Field, json: &serde_json::Value) -> Value {
    let kind = match field.stored_kind() {
        Kind::Select | Kind::Email | Kind::Phone | Kind::Url | Kind::AutoNumber => Kind::LongText,
        Kind::MultiSelect => Kind::Tags,
        Kind::Money | Kind::Percent => Kind::Decimal,
        Kind::Rating | Kind::Duration | Kind::Counter => Kind::Integer,
        Kind::Id | Kind::File => Kind::Reference,
        Kind::Address | Kind::GeoPoint => Kind::Json,
        kind => kind,
    };
    let lenient =
        Field { name: field.name.clone(), kind, many: field.many, scale: Some(28), ..Field::default() };
    match (meta::parse(&lenient, json), json) {
        (Ok(value), _) => value,
        (Err(_), serde_json::Value::String(text)) => Value::Text(text.clone()),
        (Err(_), serde_json::Value::Null) => Value::Null,
        (Err(_), json) => Value::Json(json.clone()),
    }
}
