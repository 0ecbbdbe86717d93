//! Every reference to a merged record, in whatever object, leads to the survivor from now on.
use super::Union;
use super::collisions::{Fate, Taken};
use crate::draft::differs;
use crate::log::Entry;
use crate::write::{Batch, decode_row, holders, id_of};
use indexmap::IndexMap;
use kernel::{Outcome, Problem, Row, Uuid, Value};
use meta::{Codec, Field, Object};
use query::Statement;

/// A merge that moves more than this is refused: it is a bulk job, not a request.
const MOST_MOVED: usize = 50_000;

impl Batch {
    /// Numbers by object and field.
    pub(super) async fn move_references(&mut self, union: &Union<'_>) -> Outcome<IndexMap<String, usize>> {
        let mut fields: IndexMap<&str, Vec<&Field>> = IndexMap::new();
        for (holder, field, _) in holders(union.model, &union.object.name) {
            if let Some(field) = holder.fields.get(&field) {
                fields.entry(&holder.name).or_default().push(field);
            }
        }
        let mut moved = IndexMap::new();
        let mut rows = 0;
        for (holder, fields) in fields {
            let holder = &union.model.objects[holder];
            rows += self.move_of(union, holder, &fields, &mut moved).await?;
            if rows > MOST_MOVED {
                let detail = format!("This would move more than {MOST_MOVED} references at once.");
                return Err(Problem::new("record.too_many", detail).into());
            }
        }
        self.nobody_represents(union).await?;
        Ok(moved)
    }

    /// The rows of one object, all its fields at once: a row may refer twice.
    async fn move_of(
        &mut self,
        union: &Union<'_>,
        holder: &Object,
        fields: &[&Field],
        moved: &mut IndexMap<String, usize>,
    ) -> Outcome<usize> {
        let (workspace, others) = (self.actor().workspace, union.other_ids());
        let mut rows: IndexMap<Uuid, Row> = IndexMap::new();
        for field in fields {
            let statement = query::write::referring(holder, workspace, field, &others);
            for values in self.query(&statement, &query::write::codecs(holder)).await? {
                let row = decode_row(holder, values);
                if let Some(id) = id_of(&row) {
                    rows.insert(id, row);
                }
            }
        }
        // The merged records themselves keep what they said, and the survivor has been written already.
        if holder.name == union.object.name {
            rows.retain(|id, _| *id != union.survivor_id() && !others.contains(id));
        }
        if rows.is_empty() {
            return Ok(0);
        }
        let mut taken = self.held_by_survivor(union, holder, fields).await?;
        let mut last = self.last_position(union, holder, fields).await?;
        for (id, before) in &rows {
            let mut after = before.clone();
            let changed = lead_on(union, fields, before, &mut after);
            match taken.fate(union, holder, fields, before, &after) {
                Fate::Move => {
                    let mut changed = changed;
                    if let Some(last) = &mut last {
                        *last += 1;
                        after.insert("position".into(), Value::Int(*last));
                        changed.push("position".into());
                    }
                    for field in &changed {
                        *moved.entry(format!("{}.{field}", holder.name)).or_default() +=
                            usize::from(field != "position");
                    }
                    self.write_moved(holder, *id, before, after, &changed);
                }
                Fate::PutAway => {
                    self.set_archived(holder, *id, before, true);
                }
                Fate::Leave => self.delete_rows(union.model, holder, vec![before.clone()]).await?,
            }
        }
        moved.retain(|_, n| *n > 0);
        Ok(rows.len())
    }

    fn write_moved(&mut self, holder: &Object, id: Uuid, before: &Row, mut after: Row, changed: &[String]) {
        self.stamp(holder, &mut after, Some(before));
        let names = changed.iter().map(String::as_str).chain(["updated_at", "updated_by", "version"]);
        self.push(query::write::update(holder, self.actor().workspace, id, &after, names));
        self.claim(holder, id, Some(before), Some(&after));
        self.log(Entry::updated(holder, id, before, &after, changed));
    }

    /// Parts come behind those that the survivor has: the last position there, for parts.
    async fn last_position(
        &mut self,
        union: &Union<'_>,
        holder: &Object,
        fields: &[&Field],
    ) -> Outcome<Option<i64>> {
        let part = holder.part_of.as_ref() == Some(&union.object.name);
        let Some(field) = fields.first().filter(|_| part && holder.fields.contains_key("position")) else {
            return Ok(None);
        };
        let statement =
            query::write::referring(holder, self.actor().workspace, field, &[union.survivor_id()]);
        let rows = self.query(&statement, &query::write::codecs(holder)).await?;
        let position = |values| match decode_row(holder, values).get("position") {
            Some(Value::Int(n)) => *n,
            _ => -1,
        };
        Ok(Some(rows.into_iter().map(position).max().unwrap_or(-1)))
    }

    /// A member who signs in on behalf of a merged record would from then on see all that the survivor has. That is
    /// for who manages members to decide, not for who merges.
    async fn nobody_represents(&mut self, union: &Union<'_>) -> Outcome<()> {
        let represents =
            union.model.objects.get("member").and_then(|m| m.fields.get("client_id")?.reference.as_ref());
        if represents.is_none_or(|r| r.to != union.object.name) {
            return Ok(());
        }
        let found = Statement {
            text: "select m.id from kontor.members m where m.workspace_id = $1 and m.client_id = any($2::uuid[]) limit 1"
                .into(),
            params: vec![self.actor().workspace.into(), Value::Ids(union.other_ids())],
        };
        if self.query(&found, &[Codec::Uuid]).await?.is_empty() {
            return Ok(());
        }
        let detail = "A member signs in on behalf of one of these records. Let the member represent the survivor first.";
        Err(Problem::new("record.in_use", detail).at("others").into())
    }
}

/// Lets the row's references lead to the survivor; the names of those that change.
fn lead_on(union: &Union<'_>, fields: &[&Field], before: &Row, after: &mut Row) -> Vec<String> {
    let others = union.other_ids();
    let mut changed = vec![];
    for field in fields {
        let moves = before.get(&field.name).and_then(Value::as_id).is_some_and(|id| others.contains(&id));
        if moves {
            after.insert(field.name.clone(), union.survivor_id().into());
        }
        if differs(before.get(&field.name), after.get(&field.name)) {
            changed.push(field.name.clone());
        }
    }
    changed
}

impl Batch {
    /// What the survivor's own rows hold already.
    async fn held_by_survivor<'m>(
        &mut self,
        union: &Union<'_>,
        holder: &'m Object,
        fields: &[&Field],
    ) -> Outcome<Taken<'m>> {
        let mut taken = Taken::of(holder, fields);
        if taken.is_empty() {
            return Ok(taken);
        }
        for field in fields {
            let statement =
                query::write::referring(holder, self.actor().workspace, field, &[union.survivor_id()]);
            for values in self.query(&statement, &query::write::codecs(holder)).await? {
                taken.hold(&decode_row(holder, values));
            }
        }
        Ok(taken)
    }
}
