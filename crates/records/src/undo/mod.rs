//! Undo: a new change set that restores what nobody changed since, and names what somebody did.
//!
//! A change set is taken back from its last entry to its first, in chunks, so that its size does not matter. What people
//! entered is restored from the log. What formulas and rules set is restored, too, where the record has not been changed
//! since, and is computed again where it has.
mod clash;
mod fold;
mod now;
mod told;

use crate::log::nothing_to_undo;
use crate::{Engine, Source, SourceKind};
use fold::Step;
use indexmap::IndexMap;
use kernel::{Outcome, Problem, Uuid, Value};
use meta::{Action, Codec, Model, Object};
use now::Taking;
use policy::Actor;
use query::Statement;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashSet};
use told::Conflict;

pub(crate) use crate::write::Batch;

/// Undo takes back at most this many record changes at once.
const MOST: usize = 250_000;
/// Entries that are taken back together.
const CHUNK: usize = 1_000;

/// What of a change set is to be taken back. Nothing named: all of it.
#[derive(Debug, Clone, Default)]
pub struct UndoAsk {
    pub records: Vec<Uuid>,
    /// Only these fields of changed records; records that were made or deleted stay as they are.
    pub fields: Vec<String>,
}

impl UndoAsk {
    fn is_all(&self) -> bool {
        self.records.is_empty() && self.fields.is_empty()
    }
}

/// What an undo did.
#[derive(Debug, Clone)]
pub struct Undone {
    /// The new change set.
    pub change_set: Uuid,
    /// Record changes taken back, wholly or in part.
    pub restored: usize,
    /// What stayed because somebody changed it since: `{object, record_id, field, detail, current, changed_by, ...}`.
    pub conflicts: Vec<Json>,
}

/// One logged change, to be taken back.
struct Logged {
    seq: i64,
    object: String,
    record: Uuid,
    before: Option<Json>,
    after: Option<Json>,
    version: Option<i64>,
}

type Named = (String, Uuid);

impl Engine {
    /// Takes a change set back, or a part of it, as far as nobody has changed it since.
    pub async fn undo(&self, actor: &Actor, change_set: Uuid, ask: &UndoAsk) -> Outcome<Undone> {
        let mut source = Source::new(SourceKind::Undo);
        source.undo_of = Some(change_set);
        let mut batch = self.batch(actor, source).await?;
        batch.may_undo(change_set).await?;
        // A merge is taken back as a whole and in one way, whichever door is used.
        if let Some(merge) = batch.merge_of(change_set).await? {
            if !ask.is_all() {
                return Err(Problem::new("rule.refused", "A merge is taken back as a whole.").into());
            }
            return Ok(batch.unmerge(merge, &[]).await?.undone);
        }
        let model = batch.model();
        batch.permitted(&model, change_set, ask).await?;
        let (restored, conflicts) = batch.take_all_back(&model, change_set, ask).await?;
        let id = batch.change_set();
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

/// What taking back a change does to its record. Part rows follow their whole.
fn opposite(object: &Object, made: bool, gone: bool, archival: bool) -> Action {
    match (made, gone) {
        _ if object.part_of.is_some() => Action::Update,
        (true, _) => Action::Delete,
        (_, true) => Action::Create,
        _ if archival => Action::Archive,
        _ => Action::Update,
    }
}

impl Logged {
    fn opposite(&self, object: &Object) -> Action {
        let after = self.after.as_ref().and_then(Json::as_object);
        let archival = after.is_some_and(|a| a.keys().eq(["archived_at"]));
        opposite(object, self.before.is_none(), self.after.is_none(), archival)
    }
}

impl Batch {
    /// How many record changes were taken back, and what stayed because it was changed since.
    pub(crate) async fn take_all_back(
        &mut self,
        model: &Model,
        change_set: Uuid,
        ask: &UndoAsk,
    ) -> Outcome<(usize, Vec<Json>)> {
        let mut taking = Taking::new(model, ask);
        let mut below = i64::MAX;
        let mut seen = 0;
        loop {
            let logged = self.logged(change_set, ask, below).await?;
            let Some(last) = logged.last() else { break };
            below = last.seq;
            seen += logged.len();
            if seen > MOST {
                let detail = format!("This change touched more than {MOST} records.");
                return Err(Problem::new("record.too_many", detail).into());
            }
            self.take_back(&mut taking, &logged).await?;
        }
        if !taking.denied.is_empty() {
            return Err(taking.denied.into());
        }
        self.derive_again(&taking).await?;
        let conflicts = self.told(model, taking.conflicts).await?;
        if taking.restored == 0 {
            return Err(all_in_the_way(conflicts));
        }
        let back = if self.whole { BTreeMap::new() } else { taking.back };
        for (name, ids) in &back {
            let grant = policy::grant::<policy::Create>(model, self.actor(), name)?;
            for ids in ids.chunks(CHUNK) {
                self.within_reach(model, &model.objects[name], &grant, ids).await?;
            }
        }
        Ok((taking.restored, conflicts))
    }

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

    /// Undoing needs the rights that doing the opposite would.
    async fn permitted(&mut self, model: &Model, change_set: Uuid, ask: &UndoAsk) -> Outcome<()> {
        let mut statement = self.of_set(
            "select distinct object, before is null, after is null, \
             coalesce((select array_agg(k) = '{archived_at}' from jsonb_object_keys(after) k), false)",
            change_set,
            ask,
        );
        statement.text.push_str(" order by 1, 2, 3, 4");
        let mut refused: BTreeMap<String, Problem> = BTreeMap::new();
        let codecs = [Codec::Text, Codec::Bool, Codec::Bool, Codec::Bool];
        for row in self.query(&statement, &codecs).await? {
            let is = |column: usize| row[column] == Value::Bool(true);
            let Some(object) = row[0].as_text().and_then(|o| model.objects.get(o)) else { continue };
            let name = object.part_of.as_deref().unwrap_or(&object.name);
            let actor = self.actor();
            let refusal = match opposite(object, is(1), is(2), is(3)) {
                _ if !ask.fields.is_empty() && (is(1) || is(2)) => None,
                Action::Delete => policy::grant::<policy::Delete>(model, actor, name).err(),
                Action::Create => policy::grant::<policy::Create>(model, actor, name).err(),
                Action::Archive => policy::grant::<policy::Archive>(model, actor, name).err(),
                _ => policy::grant::<policy::Update>(model, actor, name).err(),
            };
            refused.extend(refusal.map(|problem| (name.to_string(), problem)));
        }
        if refused.is_empty() { Ok(()) } else { Err(refused.into_values().collect::<Vec<_>>().into()) }
    }

    fn of_set(&self, select: &str, change_set: Uuid, ask: &UndoAsk) -> Statement {
        let mut text = format!(
            "{select} from kontor.changes where workspace_id = $1 and change_set_id = $2::uuid \
             and action <> 'derive'"
        );
        let mut params = vec![self.actor().workspace.into(), change_set.into()];
        if !ask.records.is_empty() {
            params.push(Value::Ids(ask.records.clone()));
            text.push_str(" and record_id = any($3::uuid[])");
        }
        Statement { text, params }
    }

    /// The next entries of a change set, last first.
    async fn logged(&mut self, change_set: Uuid, ask: &UndoAsk, below: i64) -> Outcome<Vec<Logged>> {
        let select = "select seq::bigint, object, record_id, before, after, version";
        let mut statement = self.of_set(select, change_set, ask);
        statement.params.push(below.into());
        let n = statement.params.len();
        statement.text.push_str(&format!(" and seq < ${n}::bigint order by seq desc limit {CHUNK}"));
        let codecs = [Codec::Int8, Codec::Text, Codec::Uuid, Codec::Jsonb, Codec::Jsonb, Codec::Int8];
        let rows = self.query(&statement, &codecs).await?;
        let json = |value: &mut Value| match std::mem::take(value) {
            Value::Json(json) if !json.is_null() => Some(json),
            _ => None,
        };
        let int = |value: &Value| if let Value::Int(i) = value { Some(*i) } else { None };
        let one = |mut r: Vec<Value>| {
            Some(Logged {
                seq: int(&r[0])?,
                object: r[1].as_text()?.into(),
                record: r[2].as_id()?,
                before: json(&mut r[3]),
                after: json(&mut r[4]),
                version: int(&r[5]),
            })
        };
        Ok(rows.into_iter().filter_map(one).collect())
    }

    /// One chunk, to its end: what comes after it reads what it has written.
    async fn take_back(&mut self, taking: &mut Taking<'_>, logged: &[Logged]) -> Outcome<()> {
        self.look(taking, logged).await?;
        let mut steps: IndexMap<Named, Step<'_>> = IndexMap::new();
        for entry in logged {
            self.fold(taking, &mut steps, entry);
        }
        self.clashes(taking, &mut steps).await?;
        self.join();
        for (_, step) in steps {
            self.step(taking, step);
        }
        self.unjoin();
        self.flush().await
    }

    /// What formulas and rules set, where only a part of what they look at is as it was.
    async fn derive_again(&mut self, taking: &Taking<'_>) -> Outcome<()> {
        let stale = taking.stale_wholes.difference(&taking.clean);
        let mut wanted: BTreeMap<&str, HashSet<Uuid>> = BTreeMap::new();
        for (name, id) in taking.again.iter().chain(stale) {
            wanted.entry(name).or_default().insert(*id);
        }
        for (name, ids) in wanted {
            let mut ids: Vec<_> = ids.into_iter().collect();
            ids.sort();
            for ids in ids.chunks(CHUNK / 4) {
                self.settle_again(taking.model, &taking.model.objects[name], ids).await?;
                self.flush().await?;
            }
        }
        Ok(())
    }
}
