//! Several records become one: the survivor takes the values, every reference to the others leads to it, the others are
//! put away, and all of it is one change set that can be taken back.
mod collisions;
mod list;
mod moves;
mod survivor;
mod unmerge;

use crate::read::not_found;
use crate::write::{Batch, id_of};
use crate::{Engine, Source};
use indexmap::IndexMap;
use kernel::{Outcome, Problem, Problems, Row, Uuid, Value, new_id};
use meta::{Codec, Model, Object};
use policy::{Actor, Update};
use query::Statement;
use serde_json::json;
use std::collections::HashMap;

pub use list::MergesAsk;
pub use unmerge::{Take, Unmerged};

/// So many records become one in one go.
const MOST_OTHERS: usize = 20;

/// What the caller wants.
#[derive(Debug, Clone, Default)]
pub struct MergeAsk {
    /// The records that end in the survivor.
    pub others: Vec<Uuid>,
    /// Field to the record whose value is kept. Elsewhere the survivor's, else the first one that is filled; lists are
    /// united.
    pub choose: IndexMap<String, Uuid>,
    /// What the caller last saw of each record. Those that are not named are not compared.
    pub versions: HashMap<Uuid, i64>,
}

/// What a merge did.
#[derive(Debug, Clone)]
pub struct Merged {
    pub id: Uuid,
    pub change_set: Uuid,
    pub survivor: Uuid,
    pub merged: Vec<Uuid>,
    /// References that lead to the survivor now: object and field (`contact.client_id`) to their number.
    pub moved: IndexMap<String, usize>,
}

/// The records of a merge, locked and checked.
struct Union<'m> {
    model: &'m Model,
    object: &'m Object,
    survivor: Row,
    others: Vec<Row>,
}

impl Union<'_> {
    fn survivor_id(&self) -> Uuid {
        id_of(&self.survivor).expect("a stored row has an id")
    }
    fn other_ids(&self) -> Vec<Uuid> {
        self.others.iter().filter_map(id_of).collect()
    }
}

/// Whether records of this object can be merged: where duplicates are looked for. Documents with numbers are not.
pub fn mergeable(object: &Object) -> bool {
    object.duplicates.is_some() && object.archivable && !object.engine
}

impl Engine {
    /// Nothing is kept before the batch is committed.
    pub async fn merge(
        &self,
        actor: &Actor,
        plural: &str,
        survivor: Uuid,
        ask: MergeAsk,
        source: Source,
    ) -> Outcome<(Batch, Merged)> {
        let mut batch = self.batch(actor, source).await?;
        let model = batch.model();
        let object = model.by_plural(plural)?;
        if !mergeable(object) {
            let detail = format!("{} cannot be merged.", object.label_plural);
            return Err(Problem::new("route.method", detail).into());
        }
        let merged = batch.merge(&model, object, survivor, &ask).await?;
        Ok((batch, merged))
    }
}

impl Engine {
    /// Records that ended in this one, also by way of others.
    pub async fn merged_in(&self, actor: &Actor, object: &Object, id: Uuid) -> Outcome<Vec<Uuid>> {
        if !mergeable(object) {
            return Ok(vec![]);
        }
        let cx = self.store().begin_read(actor).await?;
        let statement = Statement {
            text: "with recursive gone as (\n\
                   select m.record_id as id from kontor.merged_records m \
                   where m.workspace_id = $1 and m.survivor_id = $2::uuid and m.object = $3::text\n\
                   union\n\
                   select m.record_id from gone g join kontor.merged_records m \
                   on m.workspace_id = $1 and m.survivor_id = g.id and m.object = $3::text\n\
                   ) select id from gone order by id"
                .into(),
            params: vec![actor.workspace.into(), id.into(), object.name.as_str().into()],
        };
        let rows = cx.query(&statement, &[Codec::Uuid]).await?;
        Ok(rows.iter().filter_map(|r| r[0].as_id()).collect())
    }
}

impl Batch {
    async fn merge(
        &mut self,
        model: &Model,
        object: &Object,
        survivor: Uuid,
        ask: &MergeAsk,
    ) -> Outcome<Merged> {
        self.merging = true;
        let grant = policy::grant::<Update>(model, self.actor(), &object.name)?;
        let others = others(survivor, &ask.others)?;
        let ids: Vec<Uuid> = std::iter::once(survivor).chain(others.iter().copied()).collect();
        let mut rows = self.lock(model, object, &grant, &ids).await?;
        let mut take = |id: Uuid| {
            let at = rows.iter().position(|r| id_of(r) == Some(id)).ok_or_else(|| not_found(object, id))?;
            Ok::<Row, Problem>(rows.swap_remove(at))
        };
        let union = Union {
            model,
            object,
            survivor: take(survivor)?,
            others: others.iter().map(|id| take(*id)).collect::<Result<_, _>>()?,
        };
        self.may_merge(&union)?;
        self.all_as_seen(&union, ask).await?;
        // First they go, so that the survivor may take values that are unique.
        for (id, row) in others.iter().zip(&union.others) {
            self.set_archived(object, *id, row, true);
        }
        let choices = self.unite(&union, &grant, &ask.choose).await?;
        let moved = self.move_references(&union).await?;
        let merged = Merged { id: new_id(), change_set: self.change_set(), survivor, merged: others, moved };
        self.write_down(&union, &merged, &choices);
        Ok(merged)
    }

    /// The right to merge where the blueprint names it (S2-040), held where each record is.
    fn may_merge(&self, union: &Union<'_>) -> Outcome<()> {
        for row in std::iter::once(&union.survivor).chain(&union.others) {
            may_merge(union.model, self.actor(), union.object, row)?;
        }
        Ok(())
    }

    /// Nobody has put one away, merged it, or changed it since the caller looked.
    async fn all_as_seen(&mut self, union: &Union<'_>, ask: &MergeAsk) -> Outcome<()> {
        let mut problems: Problems = vec![];
        let label = union.object.label.to_lowercase();
        for row in std::iter::once(&union.survivor).chain(&union.others) {
            let id = id_of(row).expect("a stored row has an id");
            if row.get("archived_at").is_some_and(|v| !v.is_null()) {
                problems.push(match self.merged_into(union.object, id).await? {
                    Some(into) => still_merged(union.object, id, into),
                    None => Problem::new(
                        "record.archived",
                        format!("The {label} {id} is archived. Restore it first."),
                    ),
                });
            }
            let version = match row.get("version") {
                Some(Value::Int(version)) => *version,
                _ => 0,
            };
            if ask.versions.get(&id).is_some_and(|seen| *seen != version) {
                let detail = format!("Somebody else changed the {label} {id} since you opened it.");
                let extra = json!({ "id": id, "version": version });
                problems.push(Problem::new("record.version_conflict", detail).with(extra));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
    }

    /// The record that this one ended in, chains followed to their end.
    pub(crate) async fn merged_into(&mut self, object: &Object, id: Uuid) -> Outcome<Option<Uuid>> {
        let statement = successor(self.actor().workspace, object, id);
        let rows = self.query(&statement, &[Codec::Uuid]).await?;
        Ok(rows.first().and_then(|r| r[0].as_id()))
    }

    /// A record that ended in another does not come back by itself: its values and references are elsewhere.
    pub(crate) async fn none_was_merged(&mut self, object: &Object, ids: &[Uuid]) -> Outcome<()> {
        if !mergeable(object) {
            return Ok(());
        }
        for id in ids {
            if let Some(into) = self.merged_into(object, *id).await? {
                return Err(still_merged(object, *id, into).into());
            }
        }
        Ok(())
    }

    fn write_down(&mut self, union: &Union<'_>, merged: &Merged, choices: &IndexMap<String, Uuid>) {
        let (workspace, object) = (self.actor().workspace, union.object.name.as_str());
        let at = self.at();
        self.push(Statement {
            text: "insert into kontor.merges (workspace_id, id, object, survivor_id, merged_ids, choices, moved, \
                   change_set_id, at, \"by\") values ($1, $2::uuid, $3::text, $4::uuid, $5::uuid[], $6::jsonb, \
                   $7::jsonb, $8::uuid, $9::timestamptz, $10::uuid)"
                .into(),
            params: vec![
                workspace.into(),
                merged.id.into(),
                object.into(),
                merged.survivor.into(),
                Value::Ids(merged.merged.clone()),
                Value::Json(json!(choices)),
                Value::Json(json!(merged.moved)),
                merged.change_set.into(),
                Value::Time(at),
                self.actor().member.into(),
            ],
        });
        self.push(Statement {
            text:
                "insert into kontor.merged_records (workspace_id, record_id, object, survivor_id, merge_id) \
                   select $1, id, $3::text, $4::uuid, $5::uuid from unnest($2::uuid[]) id"
                    .into(),
            params: vec![
                workspace.into(),
                Value::Ids(merged.merged.clone()),
                object.into(),
                merged.survivor.into(),
                merged.id.into(),
            ],
        });
        let all: Vec<Uuid> = merged.merged.iter().copied().chain([merged.survivor]).collect();
        self.push(Statement {
            text: "update kontor.duplicates set state = 'merged', decided_at = $4::timestamptz, \
                   decided_by = $5::uuid where workspace_id = $1 and object = $2::text and a_id = any($3::uuid[]) \
                   and b_id = any($3::uuid[]) and state = 'open'"
                .into(),
            params: vec![
                workspace.into(),
                object.into(),
                Value::Ids(all),
                Value::Time(at),
                self.actor().member.into(),
            ],
        });
    }
}

/// The named right to merge, where there is one.
pub(crate) fn may_merge(model: &Model, actor: &Actor, object: &Object, row: &Row) -> Result<(), Problem> {
    let right = format!("{}.merge", object.plural);
    if !model.permissions.contains_key(&right) {
        return Ok(());
    }
    let place = row.get("location_id").and_then(Value::as_id).filter(|_| object.location_scoped);
    policy::may_in(model, actor, &right, place)
}

/// Told to who asks for a record that was merged.
pub(crate) fn went_into(object: &Object, id: Uuid, into: Uuid) -> Problem {
    let label = object.label.to_lowercase();
    Problem::new("record.merged", format!("The {label} {id} was merged into another {label}."))
        .hint(format!("Use /api/v1/{}/{into}.", object.plural))
        .with(json!({ "merged_into": into }))
}

/// Told to who would change a record that was merged.
fn still_merged(object: &Object, id: Uuid, into: Uuid) -> Problem {
    let label = object.label.to_lowercase();
    Problem::new("record.archived", format!("The {label} {id} was merged into another {label}."))
        .hint("Take the merge back first: DELETE /api/v1/merges/{id}.")
        .with(json!({ "merged_into": into }))
}

/// Where a record ended, through merges of merges.
pub(crate) fn successor(workspace: Uuid, object: &Object, id: Uuid) -> Statement {
    Statement {
        text: "with recursive way as (\n\
               select m.survivor_id as id, 1 as step from kontor.merged_records m \
               where m.workspace_id = $1 and m.record_id = $2::uuid and m.object = $3::text\n\
               union all\n\
               select m.survivor_id, w.step + 1 from way w join kontor.merged_records m \
               on m.workspace_id = $1 and m.record_id = w.id and m.object = $3::text where w.step < 1000\n\
               ) select id from way order by step desc limit 1"
            .into(),
        params: vec![workspace.into(), id.into(), object.name.as_str().into()],
    }
}

fn others(survivor: Uuid, named: &[Uuid]) -> Result<Vec<Uuid>, Problem> {
    let mut others: Vec<Uuid> = vec![];
    for id in named.iter().filter(|id| **id != survivor) {
        if !others.contains(id) {
            others.push(*id);
        }
    }
    if others.is_empty() {
        return Err(Problem::new("field.required", "Say which records are to end in this one.").at("others"));
    }
    if others.len() > MOST_OTHERS {
        let detail = format!("At most {MOST_OTHERS} records are merged into another at once.");
        return Err(Problem::new("record.too_many", detail).at("others"));
    }
    Ok(others)
}
