//! Delete for good. The database would cascade by itself, but nothing may leave without a word in the log: what
//! goes along is read, logged and deleted row by row, children first.
use super::update::id_of;
use super::{Batch, writable};
use crate::RowResult;
use crate::draft::differs;
use crate::log::Entry;
use crate::read::not_found;
use kernel::{Outcome, Problem, Row, Uuid, Value};
use meta::{Codec, Kind, Model, Object, OnDelete, Place};
use policy::Delete;
use std::collections::HashSet;

/// A delete that takes more along than this is refused: it is a bulk job, not a request.
const MOST_TAKEN_ALONG: usize = 10_000;

#[derive(Default)]
struct Plan {
    /// (object, row), parents before children.
    rows: Vec<(String, Row)>,
    /// (object, row, field) that lose their reference.
    freed: Vec<(String, Row, String)>,
    /// (object, row) that refer to one of the rows and forbid that it goes: by own fields, which have no foreign key.
    holding: Vec<(String, Row)>,
    /// (object, id): a caller may give two records of different objects the same id.
    seen: HashSet<(String, Uuid)>,
    /// Records that would go along and that the caller may not delete.
    denied: Vec<Problem>,
}

impl Plan {
    /// The words are those that `store` has for a foreign key.
    fn may_go(&self, model: &Model) -> Result<(), Problem> {
        let stays = |(name, row): &&(String, Row)| {
            id_of(row).is_some_and(|id| !self.seen.contains(&(name.clone(), id)))
        };
        let Some((name, _)) = self.holding.iter().find(stays) else { return Ok(()) };
        let holder = &model.objects[name];
        let detail = format!("It is still used by {}.", holder.label_plural.to_lowercase());
        Err(Problem::new("record.in_use", detail)
            .hint("Archive it, or change what refers to it first.")
            .with(serde_json::json!({ "object": holder.name })))
    }
}

impl Batch {
    pub async fn delete(&mut self, object: &str, ids: &[Uuid]) -> Outcome<Vec<RowResult>> {
        self.flush().await?;
        let model = self.model();
        let object = writable(&model, object)?;
        let grant = policy::grant::<Delete>(&model, &self.actor, &object.name)?;
        let rows = self.lock(&model, object, &grant, ids).await?;
        for id in ids {
            if !rows.iter().any(|r| id_of(r) == Some(*id)) {
                return Err(not_found(object, *id).into());
            }
        }
        self.delete_rows(&model, object, rows).await?;
        Ok(ids.iter().map(|id| RowResult::Updated(*id)).collect())
    }

    pub(crate) async fn delete_rows(
        &mut self,
        model: &Model,
        object: &Object,
        rows: Vec<Row>,
    ) -> Outcome<()> {
        let mut plan = Plan::default();
        self.gather(model, object, rows, &mut plan).await?;
        if !plan.denied.is_empty() {
            return Err(plan.denied.into());
        }
        plan.may_go(model)?;
        for (name, row, field) in std::mem::take(&mut plan.freed) {
            if !id_of(&row).is_some_and(|id| plan.seen.contains(&(name.clone(), id))) {
                self.free(&model.objects[&name], row, &field);
            }
        }
        for (name, row) in plan.rows.into_iter().rev() {
            let object = &model.objects[&name];
            let id = id_of(&row).expect("a stored row has an id");
            self.pending.push(query::write::delete(object, self.actor.workspace, id));
            self.claim(object, id, Some(&row), None);
            self.log(Entry::deleted(object, id, &row));
        }
        Ok(())
    }

    /// `rows` and everything that goes with them, level by level.
    async fn gather(
        &mut self,
        model: &Model,
        object: &Object,
        rows: Vec<Row>,
        plan: &mut Plan,
    ) -> Outcome<()> {
        let mut level = vec![(object.name.clone(), rows)];
        while let Some((name, rows)) = level.pop() {
            let mut is_new = |r: &Row| id_of(r).is_some_and(|id| plan.seen.insert((name.clone(), id)));
            let rows: Vec<_> = rows.into_iter().filter(|r| is_new(r)).collect();
            let ids: Vec<_> = rows.iter().filter_map(id_of).collect();
            if ids.is_empty() {
                continue;
            }
            plan.rows.extend(rows.into_iter().map(|r| (name.clone(), r)));
            if plan.rows.len() > MOST_TAKEN_ALONG {
                let detail = format!("This would delete more than {MOST_TAKEN_ALONG} records at once.");
                return Err(Problem::new("record.too_many", detail).into());
            }
            for (holder, field, on_delete) in holders(model, &name) {
                match on_delete {
                    OnDelete::Restrict if holder.fields[&field].place == Place::Custom => {
                        let rows = self.referring(holder, &field, &ids).await?;
                        plan.holding.extend(rows.into_iter().map(|r| (holder.name.clone(), r)));
                    }
                    OnDelete::Restrict => {}
                    OnDelete::Cascade => {
                        let rows = self.held(holder, &field, &ids).await?;
                        plan.denied.extend(self.not_along(model, holder, &rows).await?);
                        level.push((holder.name.clone(), rows));
                    }
                    OnDelete::SetNull => {
                        let rows = self.held(holder, &field, &ids).await?;
                        plan.freed.extend(rows.into_iter().map(|r| (holder.name.clone(), r, field.clone())));
                    }
                }
            }
        }
        Ok(())
    }

    /// Records of their own that go along need the right to delete them. Parts and links are what their ends are.
    async fn not_along(&mut self, model: &Model, holder: &Object, rows: &[Row]) -> Outcome<Option<Problem>> {
        if rows.is_empty() || holder.part_of.is_some() || holder.link.is_some() {
            return Ok(None);
        }
        let ids: Vec<_> = rows.iter().filter_map(id_of).collect();
        let within = match policy::grant::<Delete>(model, &self.actor, &holder.name) {
            Ok(grant) if grant.is_unbounded() => ids.len(),
            Ok(grant) => {
                let statement = query::write::present(model, holder, &grant, &ids);
                self.cx.query(&statement, &[Codec::Uuid]).await?.len()
            }
            Err(_) => 0,
        };
        let beyond = ids.len() - within;
        let right = format!("{}:delete", holder.name);
        let detail = format!(
            "{beyond} {} would go along, which you may not delete.",
            holder.label_plural.to_lowercase()
        );
        let problem = || Problem::new("policy.denied", detail).with(serde_json::json!({ "right": right }));
        Ok((beyond > 0).then(problem))
    }

    async fn held(&mut self, holder: &Object, field: &str, ids: &[Uuid]) -> Outcome<Vec<Row>> {
        let statement = query::write::rows_by(holder, self.actor.workspace, field, ids, true);
        let rows = self.cx.query(&statement, &query::write::codecs(holder)).await?;
        Ok(rows.into_iter().map(|values| super::decode_row(holder, values)).collect())
    }

    /// Records that refer to one of `ids`: as many as may go along, and one more.
    async fn referring(&mut self, holder: &Object, field: &str, ids: &[Uuid]) -> Outcome<Vec<Row>> {
        let mut statement = query::write::rows_by(holder, self.actor.workspace, field, ids, false);
        statement.text.push_str(&format!(" limit {}", MOST_TAKEN_ALONG + 1));
        let rows = self.cx.query(&statement, &query::write::codecs(holder)).await?;
        Ok(rows.into_iter().map(|values| super::decode_row(holder, values)).collect())
    }

    fn free(&mut self, object: &Object, before: Row, field: &str) {
        let id = id_of(&before).expect("a stored row has an id");
        let mut after = before.clone();
        after.insert(field.into(), Value::Null);
        if !differs(before.get(field), after.get(field)) {
            return;
        }
        self.stamp(object, &mut after, Some(&before));
        let names = [field, "updated_at", "updated_by", "version"];
        self.pending.push(query::write::update(object, self.actor.workspace, id, &after, names.into_iter()));
        self.claim(object, id, Some(&before), Some(&after));
        self.log(Entry::updated(object, id, &before, &after, &[field.to_string()]));
    }
}

/// Who refers to `name`, by which field, and what happens to them.
pub(crate) fn holders<'m>(model: &'m Model, name: &str) -> Vec<(&'m Object, String, OnDelete)> {
    let mut all = vec![];
    for object in model.objects.values().filter(|o| !o.engine) {
        for field in object.fields.values() {
            match (&field.reference, field.kind) {
                (Some(r), _) if r.to == name => all.push((object, field.name.clone(), r.on_delete)),
                (None, Kind::File) if name == "file" => {
                    all.push((object, field.name.clone(), OnDelete::SetNull));
                }
                _ => {}
            }
        }
    }
    all
}
