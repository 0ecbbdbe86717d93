//! Changes as those hear of them who look at records: what was changed and which fields, never to which values, and
//! nothing that the hearer may not read.
use crate::Engine;
use crate::log::{MODEL, reaches_all};
use kernel::{Outcome, Timestamp, Uuid, Value};
use meta::{Codec, Model, Object};
use policy::{Actor, Grant, Read};
use query::Statement;
use serde_json::{Map, Value as Json, json};
use std::collections::{HashMap, HashSet};
use store::herald::ChangeTold;

/// Entries of a change set that are told one by one; of a larger one, that there are more.
const MOST_ENTRIES: usize = 200;

/// A change set as it was logged, before it is trimmed for anybody.
#[derive(Debug, Clone)]
pub struct Told {
    pub workspace: Uuid,
    pub set: Uuid,
    pub at: Timestamp,
    member: Uuid,
    actor_name: String,
    entries: Vec<Entry>,
    is_cut: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    object: String,
    record: Uuid,
    action: String,
    /// Those that changed; empty of a record that came or went.
    fields: Vec<String>,
}

impl Engine {
    /// What these change sets of one workspace hold. For `live`, which trims it for each who listens.
    pub async fn told(&self, workspace: Uuid, sets: &[ChangeTold]) -> Outcome<Vec<Told>> {
        let (Some(first), Some(last)) = (sets.iter().map(|s| s.at).min(), sets.iter().map(|s| s.at).max())
        else {
            return Ok(vec![]);
        };
        let statement = Statement {
            text: format!(
                "select s.id, s.at, s.member_id, s.actor_name, c.object, c.record_id, c.action, c.fields \
                 from kontor.change_sets s cross join lateral ( \
                     select c.seq, c.object, c.record_id, c.action, \
                            case when c.action not in ('create', 'delete') and jsonb_typeof(c.after) = 'object' \
                                 then array(select jsonb_object_keys(c.after)) end as fields \
                     from kontor.changes c where c.workspace_id = s.workspace_id and c.change_set_id = s.id \
                     and c.at = s.at order by c.seq limit {}) c \
                 where s.workspace_id = $1 and s.id = any($2::uuid[]) and s.at between $3::timestamptz and $4::timestamptz \
                 order by s.at, s.id, c.seq",
                MOST_ENTRIES + 1
            ),
            params: vec![
                workspace.into(),
                Value::Ids(sets.iter().map(|s| s.set).collect()),
                Value::Time(first),
                Value::Time(last),
            ],
        };
        let cx = self.store().begin_read(&Actor::system(workspace, "Live")).await?;
        let rows = cx.query(&statement, &ENTRY).await?;
        Ok(gathered(workspace, rows))
    }

    /// The change sets since a moment, oldest first, and whether there are more than `limit`.
    pub async fn sets_since(
        &self,
        workspace: Uuid,
        since: Timestamp,
        limit: usize,
    ) -> Outcome<(Vec<ChangeTold>, bool)> {
        let statement = Statement {
            text: format!(
                "select id, at from kontor.change_sets where workspace_id = $1 and at >= $2::timestamptz \
                 order by at, id limit {}",
                limit + 1
            ),
            params: vec![workspace.into(), Value::Time(since)],
        };
        let cx = self.store().begin_read(&Actor::system(workspace, "Live")).await?;
        let rows = cx.query(&statement, &[Codec::Uuid, Codec::Timestamptz]).await?;
        let one = |row: &Vec<Value>| match (&row[0], &row[1]) {
            (Value::Id(set), Value::Time(at)) => Some(ChangeTold { workspace, set: *set, at: *at }),
            _ => None,
        };
        Ok((rows.iter().take(limit).filter_map(one).collect(), rows.len() > limit))
    }

    /// What of them the member may know: objects, records and fields that they may read. `None`: nothing of a set.
    pub async fn seen(&self, actor: &Actor, sets: &[&Told]) -> Outcome<Vec<Option<Json>>> {
        let model = self.model(actor).await?;
        let sight = Sight::of(self, &model, actor, sets).await?;
        Ok(sets.iter().map(|told| sight.of_set(told)).collect())
    }
}

const ENTRY: [Codec; 8] = [
    Codec::Uuid,
    Codec::Timestamptz,
    Codec::Uuid,
    Codec::Text,
    Codec::Text,
    Codec::Uuid,
    Codec::Text,
    Codec::TextArray,
];

fn gathered(workspace: Uuid, rows: Vec<Vec<Value>>) -> Vec<Told> {
    let mut all: Vec<Told> = vec![];
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    for row in rows {
        let (Value::Id(set), Value::Time(at)) = (&row[0], &row[1]) else { continue };
        if all.last().is_none_or(|last| last.set != *set) {
            let member = row[2].as_id().unwrap_or_default();
            let (entries, actor_name) = (vec![], text(&row[3]));
            all.push(Told { workspace, set: *set, at: *at, member, actor_name, entries, is_cut: false });
        }
        let Some(told) = all.last_mut() else { continue };
        if told.entries.len() == MOST_ENTRIES {
            told.is_cut = true;
            continue;
        }
        let fields = match &row[7] {
            Value::Texts(names) => names.clone(),
            _ => vec![],
        };
        let record = row[5].as_id().unwrap_or_default();
        told.entries.push(Entry { object: text(&row[4]), record, action: text(&row[6]), fields });
    }
    all
}

/// What the member may read, by object.
struct Sight<'m>(HashMap<&'m str, Seen<'m>>);

struct Seen<'m> {
    object: &'m Object,
    grant: Grant<Read>,
    /// Which of the told records the grant reaches; `None`: all.
    within: Option<HashSet<Uuid>>,
}

impl<'m> Sight<'m> {
    /// One round trip where the reach is bounded, none where it is not.
    async fn of(engine: &Engine, model: &'m Model, actor: &Actor, sets: &[&Told]) -> Outcome<Self> {
        let mut ids: HashMap<&'m str, Vec<Uuid>> = HashMap::new();
        for entry in sets.iter().flat_map(|told| &told.entries) {
            let Some(object) = model.objects.get(&entry.object) else { continue };
            ids.entry(&object.name).or_default().push(entry.record);
        }
        let mut all = HashMap::new();
        let mut asks = vec![];
        for (name, ids) in ids {
            let Ok(grant) = policy::grant::<Read>(model, actor, name) else { continue };
            let object = &model.objects[name];
            if !reaches_all(model, &grant) {
                asks.push((name, query::write::present(model, object, &grant, &ids)));
            }
            all.insert(name, Seen { object, grant, within: None });
        }
        if !asks.is_empty() {
            let cx = engine.store().begin_read(actor).await?;
            let codecs: &[Codec] = &[Codec::Uuid];
            let questions: Vec<_> = asks.iter().map(|(_, statement)| (statement, codecs)).collect();
            for ((name, _), rows) in asks.iter().zip(cx.queries(&questions).await?) {
                if let Some(seen) = all.get_mut(name) {
                    seen.within = Some(rows.iter().filter_map(|row| row[0].as_id()).collect());
                }
            }
        }
        Ok(Self(all))
    }

    fn of_set(&self, told: &Told) -> Option<Json> {
        let changes: Vec<Json> = told.entries.iter().filter_map(|entry| self.of_entry(entry)).collect();
        // That much has changed is told to everybody, since nobody's part of it was looked for.
        if changes.is_empty() {
            return told.is_cut.then(|| json!({ "changes": [], "more": true }));
        }
        Some(json!({
            "change_set": told.set, "at": told.at,
            "actor": { "id": told.member, "name": told.actor_name },
            "changes": changes, "more": told.is_cut,
        }))
    }

    fn of_entry(&self, entry: &Entry) -> Option<Json> {
        if entry.object == MODEL {
            return Some(json!({ "object": MODEL, "kind": entry.action }));
        }
        let Seen { object, grant, within } = self.0.get(entry.object.as_str())?;
        if within.as_ref().is_some_and(|ids| !ids.contains(&entry.record)) {
            return None;
        }
        let mut told = Map::new();
        told.insert("object".into(), json!(object.name));
        told.insert("id".into(), json!(entry.record));
        told.insert("kind".into(), json!(entry.action));
        if !entry.fields.is_empty() {
            let seen: Vec<&String> = entry.fields.iter().filter(|f| grant.may_see(f)).collect();
            if seen.is_empty() {
                return None;
            }
            told.insert("fields".into(), json!(seen));
        }
        Some(Json::Object(told))
    }
}
