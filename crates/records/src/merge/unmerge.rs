//! A merge taken back: what it moved goes back where nobody moved it since, and what came to the survivor afterwards stays
//! there, unless it is taken along.
use super::may_merge;
use crate::log::{Entry, nothing_to_undo};
use crate::read::not_found;
use crate::undo::{UndoAsk, Undone};
use crate::write::{Batch, id_of};
use crate::{Engine, Source, SourceKind};
use kernel::{Outcome, Problem, Problems, Row, Uuid, Value};
use meta::{Codec, Kind, Model, Object};
use policy::{Actor, Update};
use query::Statement;

/// A record that came to the survivor after the merge and is to go with one of the restored ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Take {
    /// Plural: `notes`.
    pub object: String,
    pub id: Uuid,
    /// Which of the merged records; may be left out when there is only one.
    pub to: Option<Uuid>,
}

/// What taking back a merge did.
#[derive(Debug, Clone)]
pub struct Unmerged {
    pub merge: Uuid,
    pub survivor: Uuid,
    pub merged: Vec<Uuid>,
    pub undone: Undone,
}

pub(crate) struct Found {
    id: Uuid,
    object: String,
    survivor: Uuid,
    merged: Vec<Uuid>,
    change_set: Uuid,
}

impl Engine {
    pub async fn unmerge(&self, actor: &Actor, merge: Uuid, take: &[Take]) -> Outcome<Unmerged> {
        let mut batch = self.batch(actor, Source::new(SourceKind::Undo)).await?;
        let Some(found) = batch.merge_where("id", merge).await? else {
            return Err(Problem::new("record.not_found", format!("There is no merge {merge}.")).into());
        };
        batch.unmerge(found, take).await
    }
}

impl Batch {
    /// The merge that made this change set, locked.
    pub(crate) async fn merge_of(&mut self, change_set: Uuid) -> Outcome<Option<Found>> {
        self.merge_where("change_set_id", change_set).await
    }

    async fn merge_where(&mut self, column: &'static str, id: Uuid) -> Outcome<Option<Found>> {
        let statement = Statement {
            text: format!(
                "select id, object, survivor_id, merged_ids, change_set_id, undone_at from kontor.merges \
                 where workspace_id = $1 and {column} = $2::uuid for update"
            ),
            params: vec![self.actor().workspace.into(), id.into()],
        };
        let codecs =
            [Codec::Uuid, Codec::Text, Codec::Uuid, Codec::UuidArray, Codec::Uuid, Codec::Timestamptz];
        let rows = self.query(&statement, &codecs).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        if !row[5].is_null() {
            return Err(nothing_to_undo("This merge has been taken back already.").into());
        }
        let merged = match &row[3] {
            Value::Ids(ids) => ids.clone(),
            _ => vec![],
        };
        Ok(Some(Found {
            id: row[0].as_id().unwrap_or_default(),
            object: row[1].as_text().unwrap_or_default().into(),
            survivor: row[2].as_id().unwrap_or_default(),
            merged,
            change_set: row[4].as_id().unwrap_or_default(),
        }))
    }

    pub(crate) async fn unmerge(mut self, found: Found, take: &[Take]) -> Outcome<Unmerged> {
        let model = self.model();
        let object = model.object(&found.object)?;
        self.may_unmerge(&model, object, &found).await?;
        self.undoing(found.change_set);
        self.whole = true;
        let (restored, conflicts) = self.take_all_back(&model, found.change_set, &UndoAsk::default()).await?;
        self.take_along(&model, object, &found, take).await?;
        self.forget(&found);
        let change_set = self.change_set();
        self.commit().await?;
        let undone = Undone { change_set, restored, conflicts };
        Ok(Unmerged { merge: found.id, survivor: found.survivor, merged: found.merged, undone })
    }

    /// The same rights as to merge, and all records within reach. A survivor that has ended in another record by now
    /// must come back first: what was moved has been moved on.
    async fn may_unmerge(&mut self, model: &Model, object: &Object, found: &Found) -> Outcome<()> {
        let grant = policy::grant::<Update>(model, self.actor(), &object.name)?;
        let ids: Vec<Uuid> = std::iter::once(found.survivor).chain(found.merged.iter().copied()).collect();
        let rows = self.lock(model, object, &grant, &ids).await?;
        for id in &ids {
            let row = rows.iter().find(|r| id_of(r) == Some(*id)).ok_or_else(|| not_found(object, *id))?;
            may_merge(model, self.actor(), object, row)?;
        }
        if let Some(into) = self.merged_into(object, found.survivor).await? {
            let label = object.label.to_lowercase();
            let detail =
                format!("The surviving {label} was merged into another {label} since. Take that back first.");
            let extra = serde_json::json!({ "merged_into": into });
            return Err(Problem::new("record.archived", detail).with(extra).into());
        }
        Ok(())
    }

    /// Records that refer to the survivor, named by the caller, refer to a restored one.
    async fn take_along(
        &mut self,
        model: &Model,
        object: &Object,
        found: &Found,
        take: &[Take],
    ) -> Outcome<()> {
        let mut problems: Problems = vec![];
        for (i, wanted) in take.iter().enumerate() {
            let at = |name: &str| format!("take.{i}.{name}");
            let to = match (wanted.to, &found.merged[..]) {
                (Some(to), merged) if merged.contains(&to) => to,
                (None, [only]) => *only,
                _ => {
                    let detail = "Say to which of the merged records this goes.";
                    problems.push(Problem::new("field.required", detail).at(at("to")));
                    continue;
                }
            };
            let holder = model.by_plural(&wanted.object)?;
            let row = self.taken_row(model, holder, wanted.id).await?;
            if !self.lead_to(object, holder, &row, found.survivor, to) {
                let detail =
                    format!("This record does not refer to the surviving {}.", object.label.to_lowercase());
                problems.push(Problem::new("reference.not_found", detail).at(at("id")));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
    }

    async fn taken_row(&mut self, model: &Model, holder: &Object, id: Uuid) -> Outcome<Row> {
        let grant = policy::grant::<Update>(model, self.actor(), &holder.name)?;
        match self.lock(model, holder, &grant, &[id]).await?.pop() {
            Some(row) => Ok(row),
            None => Err(not_found(holder, id).into()),
        }
    }

    /// Whether any reference of the row led to `from`.
    fn lead_to(&mut self, object: &Object, holder: &Object, before: &Row, from: Uuid, to: Uuid) -> bool {
        let leads = |f: &&meta::Field| {
            f.kind == Kind::Reference
                && f.reference.as_ref().is_some_and(|r| r.to == object.name)
                && before.get(&f.name).and_then(Value::as_id) == Some(from)
        };
        let changed: Vec<String> = holder.fields.values().filter(leads).map(|f| f.name.clone()).collect();
        let Some(id) = id_of(before).filter(|_| !changed.is_empty()) else { return false };
        let mut after = before.clone();
        for field in &changed {
            after.insert(field.clone(), to.into());
        }
        self.stamp(holder, &mut after, Some(before));
        let names = changed.iter().map(String::as_str).chain(["updated_at", "updated_by", "version"]);
        self.push(query::write::update(holder, self.actor().workspace, id, &after, names));
        self.claim(holder, id, Some(before), Some(&after));
        self.log(Entry::updated(holder, id, before, &after, &changed));
        true
    }

    /// The records stand for themselves again, and so do the pairs that looked alike.
    fn forget(&mut self, found: &Found) {
        let (workspace, member, at) = (self.actor().workspace, self.actor().member, self.at());
        self.push(Statement {
            text: "update kontor.merges set undone_at = $3::timestamptz, undone_by = $4::uuid \
                   where workspace_id = $1 and id = $2::uuid"
                .into(),
            params: vec![workspace.into(), found.id.into(), Value::Time(at), member.into()],
        });
        self.push(Statement {
            text: "delete from kontor.merged_records where workspace_id = $1 and merge_id = $2::uuid".into(),
            params: vec![workspace.into(), found.id.into()],
        });
        let all = found.merged.iter().copied().chain([found.survivor]).collect();
        // Who splits them says that they are two.
        self.push(Statement {
            text: "update kontor.duplicates set state = 'dismissed', decided_at = $4::timestamptz, \
                   decided_by = $5::uuid where workspace_id = $1 and object = $2::text and a_id = any($3::uuid[]) \
                   and b_id = any($3::uuid[]) and state = 'merged'"
                .into(),
            params: vec![
                workspace.into(),
                found.object.as_str().into(),
                Value::Ids(all),
                Value::Time(at),
                member.into(),
            ],
        });
    }
}
