//! The one write path. A `Batch` is one transaction and one change set; everything that changes records goes
//! through it: requests, imports, sample data, undo.
mod body;
mod comparisons;
mod delete;
mod facts;
mod fill;
mod formula;
mod gates;
mod named;
mod numbers;
mod references;
mod rollups;
mod settle;
mod source;
mod unique;
mod update;
mod upsert;

use crate::draft::Draft;
use crate::log::Entry;
use crate::{Body, Engine};
use kernel::{Failure, Outcome, Problem, Problems, Row, Timestamp, Uuid, Value, new_id};
use meta::{Action, Codec, Model, Object};
use policy::{Actor, Create, Read};
use query::{Joined, Statement};
use std::collections::HashMap;
use std::sync::Arc;
use store::herald::ChangeTold;
use store::{Cx, Page};

use comparisons::Made;
pub(crate) use fill::FillStep;
pub use fill::Filled;
pub use named::{NAMED, Naming};
pub use rollups::Drift;
pub use source::{RowResult, Source, SourceKind};
pub use upsert::ConflictMode;

/// From so many rows on, rows alike are written by one statement.
const JOINED_FROM: usize = 8;

/// One transaction, and one change set unless `next_change_set` says otherwise. Nothing is visible to others before `commit`; dropping it writes nothing.
pub struct Batch {
    engine: Engine,
    actor: Actor,
    cx: Cx,
    source: Source,
    change_set: Uuid,
    at: Timestamp,
    /// Rows and log entries that wait for the next pipeline.
    pending: Vec<Statement>,
    /// Unique values of own fields that go behind it: what one record gives up another may take.
    claims: Vec<Statement>,
    /// Of many rows, those alike go out as one statement.
    joined: Option<Joined>,
    entries: i32,
    refused: Problems,
    /// New records of objects that look for duplicates: compared once they stand.
    made: Made,
    /// What is logged is part of a merge.
    pub(crate) merging: bool,
    /// A merge is taken back as a whole: what it moved goes back from where the actor's own reach ends.
    pub(crate) whole: bool,
    /// A gate was in the way and `override_reason` passed it.
    gate_passed: bool,
    /// Time zone and currency by location, and the location of records that name none: asked once.
    places: HashMap<Option<Uuid>, facts::PlaceSettings>,
    whereabouts: Option<facts::Whereabouts>,
    /// Rollups that this change made stale: computed before anybody can see it.
    stale: rollups::Stale,
    /// Change sets that ended before the transaction: told together when it stands.
    ended: Vec<(Uuid, Timestamp)>,
    /// Members whom the change names.
    named: Vec<Naming>,
}

/// A point of a batch that can be returned to.
#[derive(Debug)]
#[must_use]
pub struct Mark {
    entries: i32,
    refused: usize,
    made: usize,
    stale: rollups::Stale,
    named: usize,
}

/// A draft on its way through the stages of a write, with what was found wrong so far.
pub(crate) struct Work {
    draft: Draft,
    /// Fields that the caller named, with parts by `lines`; rules about writable fields look at these only.
    problems: Problems,
    /// Whether the caller's own fields alone decide (`create`) or a stored row is changed.
    action: Action,
    /// What the rules order when it is written.
    effects: Vec<jobs::Order>,
}

impl Engine {
    pub async fn batch(&self, actor: &Actor, source: Source) -> Outcome<Batch> {
        Ok(self.batch_on(actor, source, self.store().begin(actor).await?))
    }

    pub(crate) fn batch_on(&self, actor: &Actor, source: Source, cx: Cx) -> Batch {
        Batch {
            engine: self.clone(),
            actor: actor.clone(),
            cx,
            source,
            change_set: new_id(),
            at: now(),
            pending: vec![],
            claims: vec![],
            joined: None,
            entries: 0,
            refused: vec![],
            made: Made::default(),
            merging: false,
            whole: false,
            gate_passed: false,
            places: HashMap::new(),
            whereabouts: None,
            stale: rollups::Stale::default(),
            ended: vec![],
            named: vec![],
        }
    }
}

impl Batch {
    pub fn model(&self) -> Arc<Model> {
        self.cx.model().clone()
    }
    /// Whether a record is changed by it so far.
    pub fn has_changes(&self) -> bool {
        self.entries > 0
    }
    pub fn change_set(&self) -> Uuid {
        self.change_set
    }
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
    /// When everything of this batch happens.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }
    /// What this batch takes back is known only once it has begun.
    pub(crate) fn undoing(&mut self, change_set: Uuid) {
        self.source.undo_of = Some(change_set);
    }

    /// A stored row as the engine wants it, through rules and checks, without asking who may write which field.
    pub(crate) async fn rewrite(
        &mut self,
        model: &Model,
        object: &Object,
        before: Row,
        after: Row,
        problems: Problems,
        grant: &policy::Grant<policy::Update>,
    ) -> Outcome<()> {
        let id = id_of(&before).expect("a stored row has an id");
        let stored = self.parts_of(model, object, &[id]).await?.remove(&id).unwrap_or_default();
        let parts = stored
            .into_iter()
            .map(|(list, rows)| (list, rows.into_iter().map(update::kept).collect()))
            .collect();
        let draft = Draft { id, object: object.name.clone(), before: Some(before), after, parts };
        let mut works = vec![Work { draft, problems, action: Action::Update, effects: vec![] }];
        self.settle(model, object, &mut works).await?;
        let problems = std::mem::take(&mut works[0].problems);
        if !problems.is_empty() {
            return Err(problems.into());
        }
        self.write(model, object, works, grant).await?;
        Ok(())
    }

    /// New records. All problems of all rows are found before any is written.
    pub async fn create(&mut self, object: &str, bodies: Vec<Body>) -> Outcome<Vec<RowResult>> {
        self.create_with(object, bodies, &Row::new()).await
    }

    /// The same, with values of fields that no caller sets: what Kontor itself found out, such as how large a file is.
    pub async fn create_with(
        &mut self,
        object: &str,
        bodies: Vec<Body>,
        found: &Row,
    ) -> Outcome<Vec<RowResult>> {
        let model = self.model();
        let object = writable(&model, object)?;
        let grant = policy::grant::<Create>(&model, &self.actor, &object.name)?;
        let mut works = vec![];
        for body in bodies {
            let mut work = self.draft_new(&model, object, &grant, body);
            work.draft.after.extend(found.clone());
            works.push(work);
        }
        self.settle(&model, object, &mut works).await?;
        self.check_references(&model, object, &mut works).await?;
        self.check_unique(&model, object, &mut works).await?;
        self.write(&model, object, works, &grant).await
    }

    /// The ids of rows that an ask's filters match within reach, locked.
    pub async fn matching<A: policy::Act>(
        &mut self,
        model: &Model,
        actor: &Actor,
        grant: &policy::Grant<A>,
        ask: &query::Ask,
        limit: usize,
    ) -> Outcome<Vec<Uuid>> {
        writable(model, grant.object())?;
        let statement = query::matching(model, actor, grant, ask, limit as u64)?;
        let rows = self.query(&statement, &[Codec::Uuid]).await?;
        Ok(rows.iter().filter_map(|r| r[0].as_id()).collect())
    }

    /// Rows as a reader would get them, in the order of the ids, inside this transaction. `pairs`: what the query
    /// string says about their shape, `select` and embeds.
    pub async fn page(
        &mut self,
        object: &str,
        ids: &[Uuid],
        pairs: &[(String, String)],
    ) -> Outcome<Option<Page>> {
        self.roll_up().await?;
        self.flush().await?;
        let model = self.model();
        let Ok(grant) = policy::grant::<Read>(&model, &self.actor, object) else { return Ok(None) };
        let ask = query::parse(pairs, &query::Headers::default())?;
        let plan = query::these(&model, &self.actor, &grant, ids, &ask)?;
        Ok(Some(self.cx.page(&plan).await?))
    }

    /// Writes all or nothing. The id of the change set, `None` when nothing had to change.
    pub async fn commit(mut self) -> Outcome<Option<Uuid>> {
        if !self.refused.is_empty() {
            return Err(Failure::Refused(self.refused));
        }
        self.roll_up().await?;
        let changed = self.entries > 0;
        let mut statements = self.waiting();
        self.order_comparisons_together();
        self.order_telling();
        statements.append(&mut self.pending);
        self.cx.commit_with(&statements).await?;
        if changed {
            self.ended.push((self.change_set, self.at));
        }
        for (set, at) in self.ended {
            self.engine.store().tell_change(ChangeTold { workspace: self.actor.workspace, set, at });
        }
        Ok(changed.then_some(self.change_set))
    }

    /// What comes from here on stands in another change set of the same transaction: of very many records each set stays
    /// small enough to be read and taken back. The id of the set that ends, `None` when nothing had to change.
    pub async fn next_change_set(&mut self) -> Outcome<Option<Uuid>> {
        if self.entries == 0 {
            return Ok(None);
        }
        self.roll_up().await?;
        self.order_comparisons();
        self.order_telling();
        self.flush().await?;
        self.entries = 0;
        self.ended.push((self.change_set, self.at));
        self.at = now();
        Ok(Some(std::mem::replace(&mut self.change_set, new_id())))
    }

    /// Everything that `commit` would do and could refuse, and nothing stays.
    pub async fn rehearse(mut self) -> Outcome<()> {
        if !self.refused.is_empty() {
            return Err(Failure::Refused(self.refused));
        }
        self.roll_up().await?;
        self.flush().await
    }

    /// What a service keeps in its own tables beside the records: read and written in the same transaction.
    pub async fn beside(&mut self, statement: &Statement, codecs: &[Codec]) -> Outcome<Vec<Vec<Value>>> {
        self.query(statement, codecs).await
    }

    /// Rows of a collection as the actor reads them, with what this transaction has written.
    pub async fn list(&mut self, plural: &str, ask: &query::Ask) -> Outcome<Page> {
        self.flush().await?;
        let model = self.model();
        let grant = policy::grant::<Read>(&model, &self.actor, &model.by_plural(plural)?.name)?;
        let plan = query::list(&model, &self.actor, &grant, ask)?;
        self.cx.page(&plan).await
    }

    /// From here the next writes can be taken back alone.
    pub async fn mark(&mut self) -> Outcome<Mark> {
        self.flush().await?;
        self.cx.savepoint().await?;
        let (refused, made, named) = (self.refused.len(), self.made.len(), self.named.len());
        Ok(Mark { entries: self.entries, refused, made, stale: self.stale.clone(), named })
    }

    /// What was written since the mark stays.
    pub async fn keep(&mut self, _: Mark) -> Outcome<()> {
        self.flush().await?;
        self.cx.release().await
    }

    /// What was written since the mark is gone, refusals included, also after an error of the database.
    pub async fn take_back_to(&mut self, mark: Mark) -> Outcome<()> {
        self.pending.clear();
        self.claims.clear();
        self.entries = mark.entries;
        self.refused.truncate(mark.refused);
        self.made.truncate(mark.made);
        self.stale = mark.stale;
        self.named.truncate(mark.named);
        self.cx.rollback_to().await?;
        self.cx.release().await
    }

    fn waiting(&mut self) -> Vec<Statement> {
        let mut all = std::mem::take(&mut self.pending);
        all.append(&mut self.claims);
        query::write::merged(all)
    }

    /// One more statement that goes with the next pipeline.
    pub fn push(&mut self, statement: Statement) {
        self.pending.push(statement);
    }

    /// Reads inside the transaction, after what waits has been written.
    pub(crate) async fn query(
        &mut self,
        statement: &Statement,
        codecs: &[Codec],
    ) -> Outcome<Vec<Vec<Value>>> {
        self.flush().await?;
        self.cx.query(statement, codecs).await
    }

    /// Sends what waits. Nothing is visible to others before `commit`.
    pub async fn flush(&mut self) -> Outcome<()> {
        if !self.pending.is_empty() {
            let statements = self.waiting();
            self.cx.pipeline(&statements).await?;
        }
        Ok(())
    }

    /// Turns drafts without problems into statements; keeps the problems of the others for `commit`.
    async fn write<A: policy::Act>(
        &mut self,
        model: &Model,
        object: &Object,
        works: Vec<Work>,
        grant: &policy::Grant<A>,
    ) -> Outcome<Vec<RowResult>> {
        let many = works.len() > 1;
        let mut results = vec![];
        let mut placed = vec![];
        if works.len() >= JOINED_FROM {
            self.join();
        }
        for (index, mut work) in works.into_iter().enumerate() {
            if !work.problems.is_empty() {
                let problems = std::mem::take(&mut work.problems);
                self.refused
                    .extend(problems.iter().cloned().map(|p| if many { row_problem(index, p) } else { p }));
                results.push(RowResult::Refused(problems));
                continue;
            }
            if self.refused.is_empty() {
                self.number(model, object, &mut work.draft).await?;
            }
            if moved_away(object, &work.draft) && !grant.holds_in(location_of(&work.draft)) {
                return Err(outside::<A>(object).into());
            }
            if work.draft.is_new() || rehomed(model, object, &work.draft) {
                placed.push(work.draft.id);
            }
            let result = self.stage(model, object, &mut work.draft);
            if !matches!(result, RowResult::Unchanged(_)) {
                self.order(&work.effects);
                self.note_named(object, &work.draft);
            }
            if let RowResult::Inserted(id) = result
                && self.source.automations
                && object.duplicates.is_some()
            {
                self.made.push(&object.name, id);
            }
            results.push(result);
        }
        self.unjoin();
        // Whether a new record lies within the creator's reach is asked of the database, which knows every path.
        if !placed.is_empty() && !grant.is_unbounded() && self.refused.is_empty() {
            self.within_reach(model, object, grant, &placed).await?;
        }
        Ok(results)
    }

    /// From here on rows alike wait for each other.
    pub(crate) fn join(&mut self) {
        self.joined = Some(Joined::new(self.actor.workspace));
    }

    pub(crate) fn unjoin(&mut self) {
        self.pending.extend(self.joined.take().into_iter().flat_map(Joined::statements));
    }

    pub(crate) fn put_insert(&mut self, object: &Object, row: &Row) {
        match &mut self.joined {
            Some(joined) => joined.insert(object, row),
            None => self.pending.push(query::write::insert(object, self.actor.workspace, row)),
        }
    }

    pub(crate) fn put_update<'a>(
        &mut self,
        object: &Object,
        id: Uuid,
        row: &Row,
        names: impl Iterator<Item = &'a str>,
    ) {
        match &mut self.joined {
            Some(joined) => joined.update(object, id, row, names),
            None => self.pending.push(query::write::update(object, self.actor.workspace, id, row, names)),
        }
    }

    pub(crate) fn put_delete(&mut self, object: &Object, id: Uuid) {
        match &mut self.joined {
            Some(joined) => joined.delete(object, id),
            None => self.pending.push(query::write::delete(object, self.actor.workspace, id)),
        }
    }

    pub(crate) async fn within_reach<A: policy::Act>(
        &mut self,
        model: &Model,
        object: &Object,
        grant: &policy::Grant<A>,
        ids: &[Uuid],
    ) -> Outcome<()> {
        self.flush().await?;
        let statement = query::write::present(model, object, grant, ids);
        let found = self.cx.query(&statement, &[Codec::Uuid]).await?;
        if found.len() < ids.len() {
            return Err(outside::<A>(object).into());
        }
        Ok(())
    }

    /// The statements of one draft: its row, its parts, their log entries, its stage history.
    pub(crate) fn stage(&mut self, model: &Model, object: &Object, draft: &mut Draft) -> RowResult {
        let own = draft.changes();
        let parts_changed = draft
            .parts
            .values()
            .flatten()
            .any(|p| p.after.is_none() || p.before.is_none() || !p.changes().is_empty());
        if !draft.is_new() && own.is_empty() && !parts_changed {
            return RowResult::Unchanged(draft.id);
        }
        let is_new = draft.is_new();
        self.stamp(object, &mut draft.after, draft.before.as_ref());
        if is_new {
            self.put_insert(object, &draft.after);
            self.claim(object, draft.id, None, Some(&draft.after));
            self.log(Entry::created(object, draft.id, &draft.after));
        } else {
            let names = own.iter().map(String::as_str).chain(["updated_at", "updated_by", "version"]);
            self.put_update(object, draft.id, &draft.after, names);
            let before = draft.before.as_ref().expect("an update has a row before");
            self.claim(object, draft.id, Some(before), Some(&draft.after));
            self.log(Entry::updated(object, draft.id, before, &draft.after, &own));
        }
        self.stage_moves(object, draft);
        self.stage_parts(model, object, draft);
        if is_new { RowResult::Inserted(draft.id) } else { RowResult::Updated(draft.id) }
    }

    fn order(&mut self, effects: &[jobs::Order]) {
        let orders = effects.iter().map(|o| jobs::statement(&self.actor, o, Some(self.change_set)));
        self.pending.extend(orders);
    }

    fn stage_parts(&mut self, model: &Model, object: &Object, draft: &mut Draft) {
        let parts = std::mem::take(&mut draft.parts);
        for (field, rows) in parts {
            let Some(part) = body::part_object(model, object, &field) else { continue };
            for mut row in rows {
                self.stage_part(part, &mut row);
            }
        }
    }

    fn stage_part(&mut self, part: &Object, row: &mut crate::PartDraft) {
        let changed = row.changes();
        match (&row.before, &mut row.after) {
            (Some(before), None) => {
                self.put_delete(part, row.id);
                self.claim(part, row.id, Some(before), None);
                self.log(Entry::deleted(part, row.id, before));
            }
            (None, Some(after)) => {
                self.stamp(part, after, None);
                self.put_insert(part, after);
                self.claim(part, row.id, None, Some(after));
                self.log(Entry::created(part, row.id, after));
            }
            (Some(before), Some(after)) if !changed.is_empty() => {
                self.stamp(part, after, Some(before));
                let names = changed.iter().map(String::as_str).chain(["updated_at", "updated_by", "version"]);
                self.put_update(part, row.id, after, names);
                self.claim(part, row.id, Some(before), Some(after));
                self.log(Entry::updated(part, row.id, before, after, &changed));
            }
            _ => {}
        }
    }

    /// Values of own fields that must be unique: what the record gives up, and what it takes.
    pub(crate) fn claim(&mut self, object: &Object, id: Uuid, before: Option<&Row>, after: Option<&Row>) {
        let claims = query::write::claims(object, self.actor.workspace, id, before, after);
        self.pending.extend(claims.given_up);
        self.claims.extend(claims.taken);
    }

    /// The engine's own fields: who, when, which version.
    pub(crate) fn stamp(&self, object: &Object, after: &mut Row, before: Option<&Row>) {
        let version = match before.and_then(|b| b.get("version")) {
            Some(Value::Int(v)) => v + 1,
            _ => 1,
        };
        let mut set = |name: &str, value: Value| {
            if object.fields.contains_key(name) {
                after.insert(name.into(), value);
            }
        };
        set("version", Value::Int(version));
        set("updated_at", Value::Time(self.at));
        set("updated_by", Value::Id(self.actor.member));
        if before.is_none() {
            set("created_at", Value::Time(self.at));
            set("created_by", Value::Id(self.actor.member));
        }
    }

    pub(crate) fn stage_moves(&mut self, object: &Object, draft: &Draft) {
        let fields: std::collections::BTreeSet<_> =
            object.pipelines.iter().map(|p| p.field.as_str()).collect();
        for field in fields.into_iter().filter(|f| draft.changed(f)) {
            let from = draft.before.as_ref().and_then(|b| b.get(field)).cloned().unwrap_or_default();
            let to = draft.value(field).cloned().unwrap_or_default();
            self.move_logged(object, draft.id, field, from, to);
        }
    }

    fn move_logged(&mut self, object: &Object, id: Uuid, field: &str, from: Value, to: Value) {
        const INTO: &str = "insert into kontor.stage_history \
            (workspace_id, object, record_id, field, from_stage, to_stage, at, \"by\", change_set_id) ";
        if let Some(joined) = &mut self.joined {
            let text = "select $1, r.object, r.record_id, r.field, r.from_stage, r.to_stage, r.at, r.\"by\", r.change_set_id \
                from jsonb_to_recordset($2::jsonb) as r(object text, record_id uuid, field text, from_stage text, \
                to_stage text, at timestamptz, \"by\" uuid, change_set_id uuid)";
            let row = serde_json::json!({
                "object": object.name, "record_id": id, "field": field, "from_stage": from.to_json(),
                "to_stage": to.to_json(), "at": self.at, "by": self.actor.member, "change_set_id": self.change_set,
            });
            return joined.add(format!("{INTO}{text}"), row);
        }
        let text = "values ($1, $2::text, $3::uuid, $4::text, $5::text, $6::text, $7::timestamptz, $8::uuid, $9::uuid)";
        self.pending.push(Statement {
            text: format!("{INTO}{text}"),
            params: vec![
                self.actor.workspace.into(),
                object.name.as_str().into(),
                id.into(),
                field.into(),
                from,
                to,
                Value::Time(self.at),
                self.actor.member.into(),
                self.change_set.into(),
            ],
        });
    }

    pub(crate) fn log(&mut self, entry: Entry) {
        let mut entry = if self.merging { entry.merging() } else { entry };
        self.stale.add(std::mem::take(&mut entry.touched));
        if self.entries == 0 {
            let mut source = self.source.clone();
            source.override_reason = source.override_reason.filter(|_| self.gate_passed);
            self.pending.push(crate::log::head(&self.actor, &source, self.change_set, self.at));
        }
        self.entries += 1;
        let entry = if self.source.kind == SourceKind::Undo { entry.reverting() } else { entry };
        match &mut self.joined {
            Some(joined) => entry.join(joined, self.change_set, self.entries, self.at),
            None => {
                self.pending.push(entry.statement(
                    self.actor.workspace,
                    self.change_set,
                    self.entries,
                    self.at,
                ));
            }
        }
    }
}

/// PostgreSQL keeps microseconds; what the log says and what the row says must be equal.
fn now() -> Timestamp {
    Timestamp::from_microsecond(Timestamp::now().as_microsecond()).expect("now is in range")
}

/// An object whose records callers may write: not the engine's own, not a part.
fn writable<'m>(model: &'m Model, name: &str) -> Result<&'m Object, Problem> {
    let object = model.object(name)?;
    if object.engine {
        let detail = format!("{} are changed by their own routes, not as records.", object.label_plural);
        return Err(Problem::new("route.method", detail));
    }
    if let Some(whole) = &object.part_of {
        let detail =
            format!("{} are written through their {}.", object.label_plural, whole.replace('_', " "));
        return Err(Problem::new("route.method", detail));
    }
    Ok(object)
}

/// The record goes to another location. (Given to another owner it may leave the giver's reach; locations have roles of
/// their own, so that moving there is a matter of rights there.)
pub(crate) fn moved_away(object: &Object, draft: &Draft) -> bool {
    object.location_scoped && !draft.is_new() && draft.changed("location_id")
}

pub(crate) fn location_of(draft: &Draft) -> Option<Uuid> {
    draft.value("location_id").and_then(Value::as_id)
}

/// A link whose first end becomes another record: who may change it follows that record.
fn rehomed(model: &Model, object: &Object, draft: &Draft) -> bool {
    query::home(model, object).is_some_and(|(_, field)| draft.changed(&field.name))
}

pub(crate) fn outside<A: policy::Act>(object: &Object) -> Problem {
    let (label, verb) = (object.label.to_lowercase(), A::ACTION.name());
    let detail = format!("Insufficient permissions: this {label} would lie outside what you may {verb}.");
    let right = format!("{}:{verb}", object.name);
    Problem::new("policy.denied", detail).with(serde_json::json!({ "right": right }))
}

/// Many rows at once: the field says which row.
fn row_problem(index: usize, mut problem: Problem) -> Problem {
    problem.field = Some(match problem.field {
        Some(field) => format!("{index}.{field}"),
        None => index.to_string(),
    });
    problem
}

pub(crate) use delete::holders;
pub(crate) use references::target_of;
pub(crate) use unique::as_text;
pub(crate) use update::{decode_row, from_json, id_of};
