//! Undo: a new change set that restores what nobody changed since, and names what somebody did.
use crate::draft::{Draft, differs};
use crate::log::{Entry, nothing_to_undo, same};
use crate::write::{Batch, decode_row, from_json, holders, id_of, location_of, moved_away, outside};
use crate::{Engine, Source, SourceKind};
use indexmap::IndexMap;
use kernel::{Outcome, Problem, Row, Uuid, Value};
use meta::{Action, Codec, Field, Kind, Model, Object};
use policy::Actor;
use query::Statement;
use query::write::lock;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Undo takes back at most this many record changes at once.
const MOST: i64 = 100_000;

/// What an undo did.
#[derive(Debug, Clone)]
pub struct Undone {
    /// The new change set.
    pub change_set: Uuid,
    /// Record changes taken back, wholly or in part.
    pub restored: usize,
    /// What stayed because somebody changed it since: `{object, record_id, field, detail}`.
    pub conflicts: Vec<Json>,
}

/// One logged change, to be taken back.
struct Logged {
    object: String,
    record: Uuid,
    before: Option<Json>,
    after: Option<Json>,
}

type Rows = HashMap<(String, Uuid), Row>;
type Named = (String, Uuid);

/// A record and the field by which it refers.
struct Referrer {
    record: Named,
    field: String,
}

/// What an undo knows before it begins, and what came of it so far.
struct Taking<'m> {
    model: &'m Model,
    /// The records as they are now, locked, as far as the actor's reach goes.
    rows: Rows,
    /// Wholes out of this change whose parts may be written.
    wholes: HashSet<Named>,
    /// Who refers to a record that this change created.
    referrers: HashMap<Named, Vec<Referrer>>,
    /// Created records that have gone with this undo.
    gone: HashSet<Named>,
    conflicts: Vec<Json>,
    /// Records that are back, and records that are back in another place: to be within reach.
    back: BTreeMap<String, Vec<Uuid>>,
    denied: Vec<Problem>,
}

impl Engine {
    pub async fn undo(&self, actor: &Actor, change_set: Uuid) -> Outcome<Undone> {
        let mut source = Source::new(SourceKind::Undo);
        source.undo_of = Some(change_set);
        let mut batch = self.batch(actor, source).await?;
        batch.may_undo(change_set).await?;
        let logged = batch.logged(change_set).await?;
        let model = batch.model();
        let logged = permitted(&model, actor, logged)?;
        let mut taking = batch.taking(&model, &logged).await?;
        let mut restored = 0;
        for entry in &logged {
            restored += usize::from(batch.take_back(&mut taking, entry));
        }
        if !taking.denied.is_empty() {
            return Err(taking.denied.into());
        }
        let id = batch.change_set();
        if restored == 0 {
            return Err(all_in_the_way(taking.conflicts));
        }
        for (name, ids) in &taking.back {
            let grant = policy::grant::<policy::Create>(&model, actor, name)?;
            batch.within_reach(&model, &model.objects[name], &grant, ids).await?;
        }
        batch.commit().await?;
        Ok(Undone { change_set: id, restored, conflicts: taking.conflicts })
    }
}

fn all_in_the_way(conflicts: Vec<Json>) -> kernel::Failure {
    let detail = if conflicts.is_empty() {
        "Everything in this change has been taken back already."
    } else {
        "Somebody has changed all of it since; nothing was taken back."
    };
    nothing_to_undo(detail).with(json!({ "conflicts": conflicts })).into()
}

/// What taking back an entry does to its record. Part rows follow their whole.
fn opposite(object: &Object, entry: &Logged) -> Action {
    let archival = |after: &Json| after.as_object().is_some_and(|a| a.keys().eq(["archived_at"]));
    match (&entry.before, &entry.after) {
        _ if object.part_of.is_some() => Action::Update,
        (None, _) => Action::Delete,
        (_, None) => Action::Create,
        (_, Some(after)) if archival(after) => Action::Archive,
        _ => Action::Update,
    }
}

/// Undoing needs the rights that doing the opposite would.
fn permitted(model: &Model, actor: &Actor, logged: Vec<Logged>) -> Outcome<Vec<Logged>> {
    let mut refused: BTreeMap<String, Problem> = BTreeMap::new();
    for entry in &logged {
        let Some(object) = model.objects.get(&entry.object) else { continue };
        let name = object.part_of.as_deref().unwrap_or(&object.name);
        let refusal = match opposite(object, entry) {
            Action::Delete => policy::grant::<policy::Delete>(model, actor, name).err(),
            Action::Create => policy::grant::<policy::Create>(model, actor, name).err(),
            Action::Archive => policy::grant::<policy::Archive>(model, actor, name).err(),
            _ => policy::grant::<policy::Update>(model, actor, name).err(),
        };
        if let Some(problem) = refusal {
            refused.insert(name.to_string(), problem);
        }
    }
    if refused.is_empty() { Ok(logged) } else { Err(refused.into_values().collect::<Vec<_>>().into()) }
}

impl Batch {
    async fn may_undo(&mut self, change_set: Uuid) -> Outcome<()> {
        let statement = Statement {
            text: "select member_id from kontor.change_sets where workspace_id = $1 and id = $2::uuid".into(),
            params: vec![self.actor().workspace.into(), change_set.into()],
        };
        let rows = self.query(&statement, &[Codec::Uuid]).await?;
        let mine = rows.first().map(|r| r[0].as_id() == Some(self.actor().member));
        let may = policy::may(&self.model(), self.actor(), "changes.undo");
        match (mine, may) {
            (Some(true), _) | (Some(false), Ok(())) => Ok(()),
            // Who may not see others' changes does not learn that there is one.
            (None, _) => {
                Err(Problem::new("record.not_found", format!("There is no change {change_set}.")).into())
            }
            (Some(false), Err(denied)) => Err(denied.into()),
        }
    }

    /// The entries of a change set, last first.
    async fn logged(&mut self, change_set: Uuid) -> Outcome<Vec<Logged>> {
        let statement = Statement {
            text: format!(
                "select object, record_id, before, after from kontor.changes \
                 where workspace_id = $1 and change_set_id = $2::uuid order by seq desc limit {}",
                MOST + 1
            ),
            params: vec![self.actor().workspace.into(), change_set.into()],
        };
        let rows = self.query(&statement, &[Codec::Text, Codec::Uuid, Codec::Jsonb, Codec::Jsonb]).await?;
        if rows.len() as i64 > MOST {
            let detail = format!("This change touched more than {MOST} records.");
            return Err(Problem::new("record.too_many", detail).into());
        }
        let json = |value: &Value| match value {
            Value::Json(json) if !json.is_null() => Some(json.clone()),
            _ => None,
        };
        let one = |r: &Vec<Value>| {
            Some(Logged {
                object: r[0].as_text()?.into(),
                record: r[1].as_id()?,
                before: json(&r[2]),
                after: json(&r[3]),
            })
        };
        Ok(rows.iter().filter_map(one).collect())
    }

    async fn taking<'m>(&mut self, model: &'m Model, logged: &[Logged]) -> Outcome<Taking<'m>> {
        let mut taking = Taking {
            model,
            rows: self.current(model, logged).await?,
            wholes: HashSet::new(),
            referrers: HashMap::new(),
            gone: HashSet::new(),
            conflicts: vec![],
            back: BTreeMap::new(),
            denied: vec![],
        };
        self.reachable_wholes(&mut taking, logged).await?;
        self.find_referrers(&mut taking, logged).await?;
        Ok(taking)
    }

    /// The records as they are now, locked, as far as the actor may do the opposite. Part rows without reach: their
    /// whole's counts.
    async fn current(&mut self, model: &Model, logged: &[Logged]) -> Outcome<Rows> {
        let mut wanted: IndexMap<(&str, Action), Vec<Uuid>> = IndexMap::new();
        for entry in logged {
            let Some(object) = model.objects.get(&entry.object) else { continue };
            wanted.entry((&object.name, opposite(object, entry))).or_default().push(entry.record);
        }
        let mut rows = Rows::new();
        for ((name, action), mut ids) in wanted {
            ids.sort();
            ids.dedup();
            let object = &model.objects[name];
            let statement = self.lock_for(model, object, action, &ids)?;
            for values in self.query(&statement, &query::write::codecs(object)).await? {
                let row = decode_row(object, values);
                if let Some(id) = id_of(&row) {
                    rows.insert((name.to_string(), id), row);
                }
            }
        }
        Ok(rows)
    }

    fn lock_for(&self, model: &Model, object: &Object, action: Action, ids: &[Uuid]) -> Outcome<Statement> {
        let (actor, name) = (self.actor(), &object.name);
        if object.part_of.is_some() {
            return Ok(query::write::rows_by(object, actor.workspace, "id", ids, true));
        }
        Ok(match action {
            Action::Delete => lock(model, object, &policy::grant::<policy::Delete>(model, actor, name)?, ids),
            Action::Create => lock(model, object, &policy::grant::<policy::Create>(model, actor, name)?, ids),
            Action::Archive => {
                lock(model, object, &policy::grant::<policy::Archive>(model, actor, name)?, ids)
            }
            _ => lock(model, object, &policy::grant::<policy::Update>(model, actor, name)?, ids),
        })
    }

    /// Wholes that this change did not touch itself, within the actor's reach.
    async fn reachable_wholes(&mut self, taking: &mut Taking<'_>, logged: &[Logged]) -> Outcome<()> {
        let model = taking.model;
        let mut wanted: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
        for entry in logged {
            let Some(object) = model.objects.get(&entry.object) else { continue };
            let now = taking.rows.get(&(entry.object.clone(), entry.record));
            if let Some((whole, id)) = whole_of(model, object, entry, now) {
                wanted.entry(&whole.name).or_default().insert(id);
            }
        }
        for (name, ids) in wanted {
            let grant = policy::grant::<policy::Update>(model, self.actor(), name)?;
            let ids: Vec<_> = ids.into_iter().collect();
            let statement = query::write::present(model, &model.objects[name], &grant, &ids);
            let found = self.query(&statement, &[Codec::Uuid]).await?;
            taking.wholes.extend(found.iter().filter_map(|r| Some((name.to_string(), r[0].as_id()?))));
        }
        Ok(())
    }

    /// Records that refer to what this change created. The created ones are locked, so nobody can add another.
    async fn find_referrers(&mut self, taking: &mut Taking<'_>, logged: &[Logged]) -> Outcome<()> {
        let model = taking.model;
        let mut created: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
        for entry in logged.iter().filter(|e| e.before.is_none()) {
            created.entry(&entry.object).or_default().push(entry.record);
        }
        for (name, ids) in created {
            for (holder, field, _) in holders(model, name) {
                let statement = query::write::rows_by(holder, self.actor().workspace, &field, &ids, false);
                for values in self.query(&statement, &query::write::codecs(holder)).await? {
                    let row = decode_row(holder, values);
                    let (Some(id), Some(to)) = (id_of(&row), row.get(&field).and_then(Value::as_id)) else {
                        continue;
                    };
                    let referrers = taking.referrers.entry((name.to_string(), to)).or_default();
                    referrers.push(Referrer { record: (holder.name.clone(), id), field: field.clone() });
                }
            }
        }
        Ok(())
    }

    fn take_back(&mut self, taking: &mut Taking<'_>, entry: &Logged) -> bool {
        let Some(object) = taking.model.objects.get(&entry.object) else { return false };
        let key = (entry.object.clone(), entry.record);
        let now = taking.rows.get(&key).cloned();
        if !taking.may_touch(object, entry, now.as_ref()) {
            return false;
        }
        match (&entry.before, &entry.after, now) {
            (None, Some(after), Some(now)) => {
                let changed = changed_since(object, after, &now);
                if !changed.is_empty() {
                    taking.conflicts.extend(changed.iter().map(|f| conflict(object, entry.record, f)));
                    return false;
                }
                if let Some(held) = taking.held(object, entry.record) {
                    taking.conflicts.push(held);
                    return false;
                }
                self.undo_create(object, entry.record, &now);
                taking.rows.remove(&key);
                taking.gone.insert(key);
                true
            }
            (Some(before), None, None) => {
                let row = self.undo_delete(object, entry.record, before);
                taking.rows.insert(key, row);
                if object.part_of.is_none() {
                    taking.back.entry(object.name.clone()).or_default().push(entry.record);
                }
                true
            }
            (Some(before), Some(after), Some(now)) => {
                let restored = self.undo_update(taking, object, entry.record, before, after, &now);
                let done = restored.is_some();
                taking.rows.extend(restored.map(|row| (key, row)));
                done
            }
            // Gone since, or back since: there is nothing to take back.
            _ => false,
        }
    }

    fn undo_create(&mut self, object: &Object, id: Uuid, now: &Row) {
        self.push(query::write::delete(object, self.actor().workspace, id));
        self.log(Entry::deleted(object, id, now).reverting());
    }

    fn undo_delete(&mut self, object: &Object, id: Uuid, before: &Json) -> Row {
        let mut row: Row = object
            .fields
            .values()
            .filter_map(|f| Some((f.name.clone(), from_json(f, before.get(&f.name)?))))
            .collect();
        row.insert("id".into(), id.into());
        let stored = row.clone();
        self.stamp(object, &mut row, Some(&stored));
        self.push(query::write::insert(object, self.actor().workspace, &row));
        self.log(Entry::created(object, id, &row).reverting());
        row
    }

    fn undo_update(
        &mut self,
        taking: &mut Taking<'_>,
        object: &Object,
        id: Uuid,
        before: &Json,
        after: &Json,
        now: &Row,
    ) -> Option<Row> {
        let changed = changed_since(object, after, now);
        let mut row = now.clone();
        let mut names = vec![];
        for name in after.as_object()?.keys() {
            let Some(field) = object.fields.get(name).filter(|f| !f.secret) else { continue };
            if !self.may_restore(taking, object, field, id, now) {
                continue;
            }
            if changed.contains(name) {
                taking.conflicts.push(conflict(object, id, name));
                continue;
            }
            let old = before.get(name).map(|json| from_json(field, json)).unwrap_or_default();
            if differs(row.get(name), Some(&old)) {
                row.insert(name.clone(), old);
                names.push(name.clone());
            }
        }
        if names.is_empty() {
            return None;
        }
        self.stamp(object, &mut row, Some(now));
        let columns = names.iter().map(String::as_str).chain(["updated_at", "updated_by", "version"]);
        self.push(query::write::update(object, self.actor().workspace, id, &row, columns));
        self.log(Entry::updated(object, id, now, &row, &names).reverting());
        let draft = Draft {
            id,
            object: object.name.clone(),
            before: Some(now.clone()),
            after: row.clone(),
            parts: IndexMap::new(),
        };
        if moved_away(object, &draft) {
            self.may_move(taking, object, &draft);
        }
        self.stage_moves(object, &draft);
        Some(row)
    }

    /// Whether the actor could write this field of the record. A number that was given stays with its document: taken
    /// back, it would leave a gap in its series.
    fn may_restore(
        &self,
        taking: &mut Taking<'_>,
        object: &Object,
        field: &Field,
        id: Uuid,
        now: &Row,
    ) -> bool {
        let computed = field.system || field.read_only || field.formula.is_some();
        if field.kind == Kind::AutoNumber {
            return false;
        }
        let Ok(grant) = policy::grant::<policy::Update>(taking.model, self.actor(), &object.name) else {
            return true;
        };
        let place = now.get("location_id").and_then(Value::as_id).filter(|_| object.location_scoped);
        let mut moves = object.pipelines.iter().filter(|p| p.field == field.name);
        let may_move = moves.all(|p| {
            let right = p.permission.as_deref();
            right.is_none_or(|r| policy::may_in(taking.model, self.actor(), r, place).is_ok())
        });
        if (computed || grant.may_write(&field.name)) && may_move {
            return true;
        }
        if grant.may_see(&field.name) {
            let detail = format!("Your role may not change {}; it stays as it is.", field.label);
            taking.conflicts.push(json!({
                "object": object.name, "record_id": id, "field": field.name, "detail": detail,
            }));
        }
        false
    }

    fn may_move(&self, taking: &mut Taking<'_>, object: &Object, draft: &Draft) {
        match policy::grant::<policy::Update>(taking.model, self.actor(), &object.name) {
            Ok(grant) if grant.holds_in(location_of(draft)) => {}
            _ => taking.denied.push(outside::<policy::Update>(object)),
        }
    }
}

impl Taking<'_> {
    /// Part rows follow their whole; everything else was read within reach.
    fn may_touch(&self, object: &Object, entry: &Logged, now: Option<&Row>) -> bool {
        if object.part_of.is_none() {
            return true;
        }
        whole_of(self.model, object, entry, now).is_some_and(|(whole, id)| {
            let key = (whole.name.clone(), id);
            self.wholes.contains(&key) || self.rows.contains_key(&key)
        })
    }

    /// Why a created record stays: somebody has hung something on it since.
    fn held(&self, object: &Object, id: Uuid) -> Option<Json> {
        let referrers = self.referrers.get(&(object.name.clone(), id))?;
        let still = |r: &&Referrer| {
            let let_go = |row: &Row| row.get(&r.field).and_then(Value::as_id) != Some(id);
            !self.gone.contains(&r.record) && !self.rows.get(&r.record).is_some_and(let_go)
        };
        let (holder, _) = &referrers.iter().find(still)?.record;
        let holder = &self.model.objects.get(holder)?.label_plural;
        Some(json!({
            "object": object.name, "record_id": id, "field": null,
            "detail": format!("{holder} refer to this {} since; it stays.", object.label.to_lowercase()),
        }))
    }
}

/// The whole of a part row, by the row or by what the log says of it.
fn whole_of<'m>(
    model: &'m Model,
    object: &'m Object,
    entry: &Logged,
    now: Option<&Row>,
) -> Option<(&'m Object, Uuid)> {
    object.part_of.as_ref()?;
    let (whole, field) = query::home(model, object)?;
    let said = |json: &Option<Json>| json.as_ref()?.get(&field.name)?.as_str()?.parse().ok();
    let id = now.and_then(|row| row.get(&field.name)?.as_id());
    Some((whole, id.or_else(|| said(&entry.before)).or_else(|| said(&entry.after))?))
}

/// Fields that no longer hold what the change left in them.
fn changed_since(object: &Object, after: &Json, now: &Row) -> Vec<String> {
    let stamps = ["updated_at", "updated_by", "version"];
    let moved = |(name, json): (&String, &Json)| {
        let field = object.fields.get(name).filter(|f| !f.secret && !stamps.contains(&f.name.as_str()))?;
        let left = from_json(field, json);
        (!same(Some(&left), now.get(name))).then(|| name.clone())
    };
    after.as_object().into_iter().flatten().filter_map(moved).collect()
}

fn conflict(object: &Object, record: Uuid, field: &str) -> Json {
    let label = object.fields.get(field).map_or(field, |f| f.label.as_str());
    json!({
        "object": object.name, "record_id": record, "field": field,
        "detail": format!("{label} was changed since and stays as it is."),
    })
}
