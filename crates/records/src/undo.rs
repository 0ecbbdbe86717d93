//! Undo: a new change set that restores what nobody changed since, and names what somebody did.
use crate::draft::{Draft, differs};
use crate::log::{Entry, nothing_to_undo, same};
use crate::write::{Batch, decode_row, from_json, id_of};
use crate::{Engine, Source, SourceKind};
use indexmap::IndexMap;
use kernel::{Outcome, Problem, Row, Uuid, Value};
use meta::{Action, Codec, Model, Object};
use policy::Actor;
use query::Statement;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};

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

impl Engine {
    pub async fn undo(&self, actor: &Actor, change_set: Uuid) -> Outcome<Undone> {
        let mut source = Source::new(SourceKind::Undo);
        source.undo_of = Some(change_set);
        let mut batch = self.batch(actor, source).await?;
        batch.may_undo(change_set).await?;
        let logged = batch.logged(change_set).await?;
        let model = batch.model();
        let logged = permitted(&model, actor, logged)?;
        let mut rows = batch.current(&model, &logged).await?;
        let mut restored = 0;
        let mut conflicts = vec![];
        for entry in &logged {
            restored += usize::from(batch.take_back(&model, entry, &mut rows, &mut conflicts));
        }
        let id = batch.change_set();
        if restored == 0 {
            return Err(all_in_the_way(conflicts));
        }
        batch.commit().await?;
        Ok(Undone { change_set: id, restored, conflicts })
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

/// Undoing needs the rights that doing the opposite would.
fn permitted(model: &Model, actor: &Actor, logged: Vec<Logged>) -> Outcome<Vec<Logged>> {
    let mut refused: BTreeMap<String, Problem> = BTreeMap::new();
    for entry in &logged {
        let Some(object) = model.objects.get(&entry.object) else { continue };
        let name = object.part_of.as_deref().unwrap_or(&object.name);
        let action = match (&entry.before, &entry.after) {
            _ if object.part_of.is_some() => Action::Update,
            (None, _) => Action::Delete,
            (_, None) => Action::Create,
            _ => Action::Update,
        };
        let refusal = match action {
            Action::Delete => policy::grant::<policy::Delete>(model, actor, name).err(),
            Action::Create => policy::grant::<policy::Create>(model, actor, name).err(),
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

    /// The records as they are now, locked, as far as the actor's reach goes.
    async fn current(&mut self, model: &Model, logged: &[Logged]) -> Outcome<Rows> {
        let mut wanted: IndexMap<&str, Vec<Uuid>> = IndexMap::new();
        for entry in logged {
            wanted.entry(&entry.object).or_default().push(entry.record);
        }
        let mut rows = Rows::new();
        for (name, mut ids) in wanted {
            let Some(object) = model.objects.get(name) else { continue };
            ids.sort();
            ids.dedup();
            let statement = match policy::grant::<policy::Update>(model, self.actor(), name) {
                Ok(grant) if object.part_of.is_none() => query::write::lock(model, object, &grant, &ids),
                _ => query::write::rows_by(object, self.actor().workspace, "id", &ids, true),
            };
            for values in self.query(&statement, &query::write::codecs(object)).await? {
                let row = decode_row(object, values);
                if let Some(id) = id_of(&row) {
                    rows.insert((name.to_string(), id), row);
                }
            }
        }
        Ok(rows)
    }

    fn take_back(
        &mut self,
        model: &Model,
        entry: &Logged,
        rows: &mut Rows,
        conflicts: &mut Vec<Json>,
    ) -> bool {
        let Some(object) = model.objects.get(&entry.object) else { return false };
        let key = (entry.object.clone(), entry.record);
        match (&entry.before, &entry.after, rows.get(&key).cloned()) {
            (None, Some(after), Some(now)) => {
                let changed = changed_since(object, after, &now);
                if !changed.is_empty() {
                    conflicts.extend(changed.iter().map(|f| conflict(object, entry.record, f)));
                    return false;
                }
                self.undo_create(object, entry.record, &now);
                rows.remove(&key);
                true
            }
            (Some(before), None, None) => {
                rows.insert(key, self.undo_delete(object, entry.record, before));
                true
            }
            (Some(before), Some(after), Some(now)) => {
                let restored = self.undo_update(object, entry.record, before, after, &now, conflicts);
                let done = restored.is_some();
                rows.extend(restored.map(|row| (key, row)));
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
        object: &Object,
        id: Uuid,
        before: &Json,
        after: &Json,
        now: &Row,
        conflicts: &mut Vec<Json>,
    ) -> Option<Row> {
        let changed = changed_since(object, after, now);
        let mut row = now.clone();
        let mut names = vec![];
        for name in after.as_object()?.keys() {
            let Some(field) = object.fields.get(name).filter(|f| !f.secret) else { continue };
            if changed.contains(name) {
                conflicts.push(conflict(object, id, name));
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
        self.stage_moves(object, &draft);
        Some(row)
    }
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
