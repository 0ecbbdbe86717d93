//! Unique values, asked for all rows at once so that every row gets its own answer. A race that slips through is
//! refused by the database's own index and worded in `store`.
use super::{Batch, Work};
use kernel::{Outcome, Problem, Uuid, Value};
use meta::{Codec, Field, Model, Object, Unique};
use std::collections::HashMap;

impl Batch {
    /// A single row leaves the question to the unique index: one trip less on the hot path.
    pub(super) async fn check_unique(
        &mut self,
        _: &Model,
        object: &Object,
        works: &mut [Work],
    ) -> Outcome<()> {
        if works.len() < 2 {
            return Ok(());
        }
        for field in object.fields.values().filter(|f| f.unique == Unique::Workspace && !f.system) {
            self.check_one(object, field, works).await?;
        }
        Ok(())
    }

    async fn check_one(&mut self, object: &Object, field: &Field, works: &mut [Work]) -> Outcome<()> {
        let set: Vec<(usize, String)> = works
            .iter()
            .enumerate()
            .filter(|(_, w)| w.draft.changed(&field.name))
            .filter_map(|(i, w)| Some((i, as_text(w.draft.value(&field.name)?)?)))
            .collect();
        if set.is_empty() {
            return Ok(());
        }
        let values: Vec<_> = set.iter().map(|(_, v)| v.clone()).collect();
        self.flush().await?;
        let statement = query::write::taken(object, self.actor.workspace, field, &values);
        let rows = self.cx.query(&statement, &[Codec::Text, Codec::Uuid]).await?;
        let mut holders: HashMap<String, Uuid> =
            rows.into_iter().filter_map(|r| Some((r[0].as_text()?.to_string(), r[1].as_id()?))).collect();
        for (index, value) in set {
            let id = works[index].draft.id;
            match holders.insert(value.clone(), id) {
                Some(holder) if holder != id => {
                    let detail = format!("{} “{value}” is already taken.", field.label);
                    works[index].problems.push(Problem::new("field.duplicate", detail).at(&field.name));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// What the statement compares, once cast to the field's type; equal values are equal texts.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Text(t) => Some(t.clone()),
        Value::Int(i) => Some(i.to_string()),
        Value::Decimal(d) => Some(d.normalize().to_string()),
        Value::Id(id) => Some(id.to_string()),
        Value::Date(d) => Some(d.to_string()),
        Value::Time(t) => Some(t.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Texts(_) | Value::Ids(_) | Value::Json(_) => None,
    }
}
