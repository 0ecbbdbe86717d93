//! The change log: one change set a request, per record its fields before and after. Append-only.
use crate::Engine;
use crate::draft::differs;
use crate::write::Source;
use kernel::{Outcome, Problem, Row, Timestamp, Uuid, Value};
use meta::{Codec, Field, Kind, Model, Object};
use policy::{Actor, ActorKind, Grant, Read};
use query::Statement;
use serde_json::{Map, Value as Json, json};
use std::collections::{HashMap, HashSet};
use store::Cx;

/// What the log calls the model: no object of that name can be made by anybody.
pub(crate) const MODEL: &str = "model";

/// What happened to one record.
pub(crate) struct Entry {
    object: String,
    record: Uuid,
    action: &'static str,
    before: Json,
    after: Json,
    version: i64,
    /// Rollups that the change makes stale.
    pub touched: Vec<Touched>,
}

/// A rollup of another record that is to be computed again.
pub(crate) struct Touched {
    pub object: String,
    pub record: Uuid,
    pub rollup: String,
}

impl Entry {
    pub fn created(object: &Object, record: Uuid, after: &Row) -> Self {
        let entry = Self::new(object, record, "create", Json::Null, image(object, after), after);
        entry.touching(object, None, Some(after))
    }
    pub fn deleted(object: &Object, record: Uuid, before: &Row) -> Self {
        let entry = Self::new(object, record, "delete", image(object, before), Json::Null, before);
        entry.touching(object, Some(before), None)
    }
    pub fn updated(object: &Object, record: Uuid, before: &Row, after: &Row, changed: &[String]) -> Self {
        let (b, a) = (fields(object, before, changed), fields(object, after, changed));
        Self::new(object, record, "update", b, a, after).touching(object, Some(before), Some(after))
    }
    /// A change of rollups, and of the formulas that read them.
    pub fn derived(object: &Object, record: Uuid, before: &Row, after: &Row, changed: &[String]) -> Self {
        Self { action: "derive", ..Self::updated(object, record, before, after, changed) }
    }
    pub fn archived(object: &Object, record: Uuid, before: &Row, after: &Row, archived: bool) -> Self {
        let changed = ["archived_at".to_string()];
        let action = if archived { "archive" } else { "restore" };
        let (b, a) = (fields(object, before, &changed), fields(object, after, &changed));
        Self::new(object, record, action, b, a, after).touching(object, Some(before), Some(after))
    }
    /// The same change as part of a merge (S2-120).
    pub fn merging(mut self) -> Self {
        // What only follows is told as such, as in an undo.
        if self.action != "derive" {
            self.action = "merge";
        }
        self
    }
    /// A change of what exists; its record is the workspace.
    pub fn model(workspace: Uuid, action: &'static str, before: Json, after: Json, version: i64) -> Self {
        Self { object: MODEL.into(), record: workspace, action, before, after, version, touched: vec![] }
    }
    /// The same change as part of an undo (S2-120).
    pub fn reverting(mut self) -> Self {
        // What only follows is told as such, also in an undo: it is never taken back by itself.
        if self.action != "derive" {
            self.action = "revert";
        }
        self
    }

    fn new(
        object: &Object,
        record: Uuid,
        action: &'static str,
        before: Json,
        after: Json,
        row: &Row,
    ) -> Self {
        let version = match row.get("version") {
            Some(Value::Int(v)) => *v,
            _ => 1,
        };
        Self { object: object.name.clone(), record, action, before, after, version, touched: vec![] }
    }

    /// Which rollups of other records read this one. Everything that is written is logged, so nothing is missed.
    fn touching(mut self, object: &Object, before: Option<&Row>, after: Option<&Row>) -> Self {
        for watch in &object.watches {
            let parent = |row: Option<&Row>| row?.get(&watch.by)?.as_id();
            let (was, is) = (parent(before), parent(after));
            let same = |f: &String| !differs(before.and_then(|b| b.get(f)), after.and_then(|a| a.get(f)));
            if was == is && before.is_some() && after.is_some() && watch.reads.iter().all(same) {
                continue;
            }
            let parents = was.into_iter().chain(is.filter(|is| was != Some(*is)));
            self.touched.extend(parents.map(|record| Touched {
                object: watch.object.clone(),
                record,
                rollup: watch.rollup.clone(),
            }));
        }
        self
    }

    /// Beside other entries, in one statement.
    pub fn join(self, joined: &mut query::Joined, change_set: Uuid, seq: i32, at: Timestamp) {
        let text = "insert into kontor.changes \
            (workspace_id, change_set_id, seq, at, object, record_id, action, before, after, version) \
            select $1, r.change_set_id, r.seq, r.at, r.object, r.record_id, r.action, r.before, r.after, r.version \
            from jsonb_to_recordset($2::jsonb) as r(change_set_id uuid, seq integer, at timestamptz, object text, \
            record_id uuid, action text, before jsonb, after jsonb, version bigint)";
        let row = json!({
            "change_set_id": change_set, "seq": seq, "at": at, "object": self.object, "record_id": self.record,
            "action": self.action, "before": self.before, "after": self.after, "version": self.version,
        });
        joined.add(text.into(), row);
    }

    pub fn statement(self, workspace: Uuid, change_set: Uuid, seq: i32, at: Timestamp) -> Statement {
        Statement {
            text: "insert into kontor.changes \
                   (workspace_id, change_set_id, seq, at, object, record_id, action, before, after, version) \
                   values ($1, $2::uuid, $3::bigint::int, $4::timestamptz, $5::text, $6::uuid, $7::text, \
                   $8::jsonb, $9::jsonb, $10::bigint)"
                .into(),
            params: vec![
                workspace.into(),
                change_set.into(),
                Value::Int(seq.into()),
                Value::Time(at),
                self.object.into(),
                self.record.into(),
                self.action.into(),
                or_null(self.before),
                or_null(self.after),
                self.version.into(),
            ],
        }
    }
}

/// The head of a change set: who, when, from where, why.
pub(crate) fn head(actor: &Actor, source: &Source, id: Uuid, at: Timestamp) -> Statement {
    let kind = match actor.kind {
        ActorKind::Member => "member",
        ActorKind::ApiKey => "api_key",
        ActorKind::System => "system",
    };
    let note = match (&source.note, &source.override_reason) {
        (note, None) => note.clone(),
        (None, Some(reason)) => Some(format!("Gate passed: {reason}")),
        (Some(note), Some(reason)) => Some(format!("{note} Gate passed: {reason}")),
    };
    let text = |t: &str| if t.is_empty() { Value::Null } else { Value::from(t) };
    Statement {
        text: "insert into kontor.change_sets \
               (workspace_id, id, at, member_id, actor_name, actor_kind, source, note, undo_of, request_id, ip, \
               user_agent, location_id) \
               values ($1, $2::uuid, $3::timestamptz, $4::uuid, $5::text, $6::text, $7::text, $8::text, $9::uuid, \
               $10::text, ($11::text)::inet, $12::text, $13::uuid)"
            .into(),
        params: vec![
            actor.workspace.into(),
            id.into(),
            Value::Time(at),
            actor.member.into(),
            (*actor.name).into(),
            kind.into(),
            source.kind.name().into(),
            note.into(),
            source.undo_of.into(),
            text(&actor.origin.request_id),
            actor.origin.ip.map(|ip| ip.to_string()).into(),
            text(&actor.origin.user_agent),
            actor.location.into(),
        ],
    }
}

/// Everything that is filled, secrets excepted: their values never enter the log.
fn image(object: &Object, row: &Row) -> Json {
    let kept = |name: &str| object.fields.get(name).is_some_and(|f| !f.secret);
    let filled = row.iter().filter(|(name, value)| !value.is_null() && kept(name));
    Json::Object(filled.map(|(name, value)| (name.clone(), value.to_json())).collect())
}

fn fields(object: &Object, row: &Row, names: &[String]) -> Json {
    let one = |name: &String| {
        let secret = object.fields.get(name).is_some_and(|f| f.secret);
        let value = row.get(name).map_or(Json::Null, Value::to_json);
        // That a secret changed is worth knowing, what it was is not.
        (name.clone(), if secret && !value.is_null() { json!("***") } else { value })
    };
    Json::Object(names.iter().map(one).collect())
}

fn or_null(json: Json) -> Value {
    if json.is_null() { Value::Null } else { Value::Json(json) }
}

/// Names of the fields that were changed after `version`.
pub(crate) async fn fields_since(
    cx: &Cx,
    workspace: Uuid,
    object: &str,
    record: Uuid,
    version: i64,
) -> Outcome<HashSet<String>> {
    let statement = Statement {
        text: "select after from kontor.changes where workspace_id = $1 and object = $2::text \
               and record_id = $3::uuid and version > $4::bigint order by at desc limit 1000"
            .into(),
        params: vec![workspace.into(), object.into(), record.into(), version.into()],
    };
    let rows = cx.query(&statement, &[Codec::Jsonb]).await?;
    let names = rows.into_iter().filter_map(|mut r| match r.swap_remove(0) {
        Value::Json(Json::Object(after)) => Some(after.into_iter().map(|(name, _)| name)),
        _ => None,
    });
    Ok(names.flatten().collect())
}

/// What of the change log is asked for.
#[derive(Debug, Clone, Default)]
pub struct ChangesAsk {
    pub object: Option<String>,
    pub record: Option<Uuid>,
    pub member: Option<Uuid>,
    pub change_set: Option<Uuid>,
    pub action: Option<String>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Older than this (the `cursor` of the page before).
    pub before: Option<(Timestamp, Uuid)>,
    /// 1 to 200 change sets.
    pub limit: u32,
}

const LIST: &str = "select s.id, s.at, s.member_id, s.actor_name, s.actor_kind, s.source, s.note, s.undo_of, \
    s.request_id, host(s.ip), s.user_agent, s.location_id from kontor.change_sets s where s.workspace_id = $1";
const LIST_CODECS: [Codec; 12] = [
    Codec::Uuid,
    Codec::Timestamptz,
    Codec::Uuid,
    Codec::Text,
    Codec::Text,
    Codec::Text,
    Codec::Text,
    Codec::Uuid,
    Codec::Text,
    Codec::Text,
    Codec::Text,
    Codec::Uuid,
];
const LIST_NAMES: [&str; 12] = [
    "id",
    "at",
    "member_id",
    "actor_name",
    "actor_kind",
    "source",
    "note",
    "undo_of",
    "request_id",
    "ip",
    "user_agent",
    "location_id",
];

impl Engine {
    /// Change sets, newest first, each with its entries. Without `audit.view` a member sees their own.
    pub async fn changes(&self, actor: &Actor, ask: &ChangesAsk) -> Outcome<Json> {
        let cx = self.store().begin_read(actor).await?;
        let model = cx.model().clone();
        let mut ask = ask.clone();
        if policy::may(&model, actor, "audit.view").is_err() {
            ask.member = Some(actor.member);
        }
        sets(&cx, &model, actor, &ask).await
    }

    /// What happened to one record, for whoever may read it; for a record that is gone, for whoever may see the log.
    pub async fn history(&self, actor: &Actor, plural: &str, id: Uuid, ask: &ChangesAsk) -> Outcome<Json> {
        let cx = self.store().begin_read(actor).await?;
        let model = cx.model().clone();
        let object = model.by_plural(plural)?;
        let grant = policy::grant::<Read>(&model, actor, &object.name)?;
        let statement = query::write::present(&model, object, &grant, &[id]);
        let there = !cx.query(&statement, &[Codec::Uuid]).await?.is_empty();
        // To who reaches everything, what is not there is gone; to anybody else it may be out of reach.
        let may_see_gone = reaches_all(&model, &grant) && policy::may(&model, actor, "audit.view").is_ok();
        if !there && !may_see_gone {
            return Err(crate::read::not_found(object, id).into());
        }
        let ask =
            ChangesAsk { object: Some(object.name.clone()), record: Some(id), member: None, ..ask.clone() };
        let sets = sets(&cx, &model, actor, &ask).await?;
        if !there && sets["changes"].as_array().is_some_and(Vec::is_empty) {
            return Err(crate::read::not_found(object, id).into());
        }
        Ok(sets)
    }
}

async fn sets(cx: &Cx, model: &Model, actor: &Actor, ask: &ChangesAsk) -> Outcome<Json> {
    let limit = ask.limit.clamp(1, 200);
    let rows = cx.query(&listing(actor.workspace, ask, limit), &LIST_CODECS).await?;
    let ids: Vec<_> = rows.iter().filter_map(|r| r[0].as_id()).collect();
    let mine = |r: &&Vec<Value>| r[2].as_id() == Some(actor.member);
    let own: HashSet<Uuid> = rows.iter().filter(mine).filter_map(|r| r[0].as_id()).collect();
    let Entries { mut shown, found, is_cut } = entries(cx, model, actor, ask, &ids, &own).await?;
    let everywhere = actor.super_admin || actor.assignments.iter().any(|a| a.location.is_none());
    let mut sets = vec![];
    let mut cursor = Json::Null;
    for row in &rows {
        let mut set: Map<String, Json> =
            LIST_NAMES.iter().map(|n| n.to_string()).zip(row.iter().map(Value::to_json)).collect();
        let id = row[0].as_id().unwrap_or_default();
        let entries = shown.shift_remove(&id);
        // A change all of which is out of reach is nobody's business, its head neither.
        let out_of_reach = entries.is_none() && (found.contains(&id) || is_cut && !everywhere);
        set.insert("entries".into(), Json::Array(entries.unwrap_or_default()));
        if rows.len() == limit as usize {
            cursor = json!(format!("{}_{id}", set["at"].as_str().unwrap_or_default()));
        }
        if !out_of_reach || own.contains(&id) {
            sets.push(Json::Object(set));
        }
    }
    Ok(json!({ "changes": sets, "cursor": cursor }))
}

fn listing(workspace: Uuid, ask: &ChangesAsk, limit: u32) -> Statement {
    let mut text = LIST.to_string();
    let mut params: Vec<Value> = vec![workspace.into()];
    let mut add = |clause: &str, value: Value| {
        params.push(value);
        text.push_str(&clause.replace('?', &format!("${}", params.len())));
    };
    if let Some(member) = ask.member {
        add(" and s.member_id = ?::uuid", member.into());
    }
    if let Some(id) = ask.change_set {
        add(" and s.id = ?::uuid", id.into());
    }
    if let Some(from) = ask.from {
        add(" and s.at >= ?::timestamptz", Value::Time(from));
    }
    if let Some(until) = ask.until {
        add(" and s.at < ?::timestamptz", Value::Time(until));
    }
    if let Some((at, id)) = ask.before {
        add(" and (s.at, s.id) < (?::timestamptz, ", Value::Time(at));
        add("?::uuid)", id.into());
    }
    // The entry's partition is the set's: `at` is the same in both.
    if ask.object.is_some() || ask.record.is_some() || ask.action.is_some() {
        text.push_str(
            " and exists (select 1 from kontor.changes c where c.workspace_id = s.workspace_id \
             and c.change_set_id = s.id and c.at = s.at",
        );
        let mut add = |clause: &str, value: Value| {
            params.push(value);
            text.push_str(&clause.replace('?', &format!("${}", params.len())));
        };
        if let Some(object) = &ask.object {
            add(" and c.object = ?::text", object.as_str().into());
        }
        if let Some(record) = ask.record {
            add(" and c.record_id = ?::uuid", record.into());
        }
        if let Some(action) = &ask.action {
            add(" and c.action = ?::text", action.as_str().into());
        }
        text.push(')');
    }
    text.push_str(&format!(" order by s.at desc, s.id desc limit {limit}"));
    Statement { text, params }
}

/// What of the change sets may be shown.
#[derive(Default)]
struct Entries {
    shown: indexmap::IndexMap<Uuid, Vec<Json>>,
    /// Sets that have entries at all.
    found: HashSet<Uuid>,
    /// There were more entries than are looked at.
    is_cut: bool,
}

/// Entries of one page of the log, at most.
const MOST_ENTRIES: usize = 2_000;

async fn entries(
    cx: &Cx,
    model: &Model,
    actor: &Actor,
    ask: &ChangesAsk,
    sets: &[Uuid],
    own: &HashSet<Uuid>,
) -> Outcome<Entries> {
    let mut all = Entries::default();
    if sets.is_empty() {
        return Ok(all);
    }
    // An import may have a hundred thousand entries: a page shows the first, and the set can be asked for by itself.
    let mut text =
        "select change_set_id, object, record_id, action, before, after, version from kontor.changes \
                    where workspace_id = $1 and change_set_id = any($2::uuid[])"
            .to_string();
    let mut params: Vec<Value> = vec![actor.workspace.into(), Value::Ids(sets.to_vec())];
    if let Some(record) = ask.record {
        params.push(record.into());
        text.push_str(" and record_id = $3::uuid");
        if let Some(object) = &ask.object {
            params.push(object.as_str().into());
            text.push_str(" and object = $4::text");
        }
    }
    text.push_str(&format!(" order by at desc, change_set_id, seq limit {MOST_ENTRIES}"));
    let codecs =
        [Codec::Uuid, Codec::Text, Codec::Uuid, Codec::Text, Codec::Jsonb, Codec::Jsonb, Codec::Int8];
    let rows = cx.query(&Statement { text, params }, &codecs).await?;
    let readable = Readable::among(cx, model, actor, &rows).await?;
    let sees_model =
        policy::may(model, actor, "audit.view").is_ok() || policy::may_manage_objects(model, actor).is_ok();
    all.is_cut = rows.len() == MOST_ENTRIES;
    for row in rows {
        all.found.extend(row[0].as_id());
        if row[1].as_text() == Some(MODEL) && sees_model {
            let entry = json!({
                "object": MODEL, "record_id": row[2].to_json(), "action": row[3].to_json(),
                "before": row[4].to_json(), "after": row[5].to_json(), "version": row[6].to_json(),
            });
            all.shown.entry(row[0].as_id().unwrap_or_default()).or_default().push(entry);
        }
        let Some(object) = row[1].as_text().and_then(|o| model.objects.get(o)) else { continue };
        let Some((grant, within)) = readable.0.get(object.name.as_str()) else { continue };
        let id = |value: &Value| value.as_id().unwrap_or_default();
        // What somebody did themselves stays theirs to see.
        if !own.contains(&id(&row[0])) && within.as_ref().is_some_and(|ids| !ids.contains(&id(&row[2]))) {
            continue;
        }
        let shown = |value: &Value| visible(object, grant, value);
        let entry = json!({
            "object": object.name, "record_id": row[2].to_json(), "action": row[3].to_json(),
            "before": shown(&row[4]), "after": shown(&row[5]), "version": row[6].to_json(),
        });
        all.shown.entry(row[0].as_id().unwrap_or_default()).or_default().push(entry);
    }
    Ok(all)
}

/// By object that the reader may read: the leave, and which of the logged records it reaches (`None`: all).
struct Readable<'m>(HashMap<&'m str, (Grant<Read>, Option<HashSet<Uuid>>)>);

impl<'m> Readable<'m> {
    /// Of the records that log rows (set, object, record, ...) speak of. One that is gone is within nobody's reach but
    /// that of who reaches all.
    async fn among(cx: &Cx, model: &'m Model, actor: &Actor, rows: &[Vec<Value>]) -> Outcome<Self> {
        let mut ids: HashMap<&'m str, Vec<Uuid>> = HashMap::new();
        for row in rows {
            let Some(object) = row[1].as_text().and_then(|o| model.objects.get(o)) else { continue };
            ids.entry(&object.name).or_default().extend(row[2].as_id());
        }
        let mut all = HashMap::new();
        for (name, ids) in ids {
            let Ok(grant) = policy::grant::<Read>(model, actor, name) else { continue };
            let mut within = None;
            if !reaches_all(model, &grant) {
                let statement = query::write::present(model, &model.objects[name], &grant, &ids);
                let found = cx.query(&statement, &[Codec::Uuid]).await?;
                within = Some(found.iter().filter_map(|r| r[0].as_id()).collect());
            }
            all.insert(name, (grant, within));
        }
        Ok(Self(all))
    }
}

pub(crate) fn reaches_all(model: &Model, grant: &Grant<Read>) -> bool {
    query::reach(model, grant, "a", &mut vec![Value::Id(grant.workspace())]).is_none()
}

/// The fields that the reader may see, the sensitive ones masked (S2-123).
fn visible(object: &Object, grant: &Grant<Read>, value: &Value) -> Json {
    let Value::Json(Json::Object(fields)) = value else { return Json::Null };
    // That a secret was changed is seen by who may change it; what it was is not in the log.
    let seen = fields.iter().filter(|(name, _)| grant.knows(name));
    let one = |(name, json): (&String, &Json)| {
        let sensitive = object.fields.get(name).is_none_or(is_sensitive);
        (name.clone(), if sensitive { mask(json) } else { json.clone() })
    };
    Json::Object(seen.map(one).collect())
}

pub(crate) fn is_sensitive(field: &Field) -> bool {
    let named = ["email", "phone", "password", "credentials_enc", "token"].contains(&field.name.as_str());
    named || field.secret || matches!(field.kind, Kind::Email | Kind::Phone)
}

pub(crate) fn mask(json: &Json) -> Json {
    match json {
        Json::Null => Json::Null,
        Json::String(text) => json!(masked(text)),
        other => json!(masked(&other.to_string())),
    }
}

/// The first two and the last two characters when there are more than four, else nothing (S2-123).
pub fn masked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= 4 {
        return "***".into();
    }
    let (first, last): (String, String) =
        (chars[..2].iter().collect(), chars[chars.len() - 2..].iter().collect());
    format!("{first}***{last}")
}

/// Whether two stored values of a field are the same; the log's JSON is the measure.
pub(crate) fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    !differs(a, b)
}

pub(crate) fn nothing_to_undo(detail: &str) -> Problem {
    Problem::new("change.nothing_to_undo", detail)
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn sensitive_values_keep_two_characters_at_each_end() {
        assert_eq!(masked("anna@example.com"), "an***om");
        assert_eq!(masked("abcde"), "ab***de");
        assert_eq!(masked("abcd"), "***");
        assert_eq!(masked(""), "***");
        assert_eq!(masked("ÄÖÜßé"), "ÄÖ***ßé");
    }
}
