//! Uniqueness over several fields (a number within a pier). The database would refuse such a row too, but without
//! saying which of a thousand it was, and the search for further errors would end there.
use crate::draft::Draft;
use crate::parts::{Tuple, tuple};
use crate::resolve::{Resolver, quoted};
use kernel::{Outcome, Problem};
use meta::{Object, UniqueRule};
use std::collections::HashMap;

/// Values of rules seen in this file, and the rows they stand in.
#[derive(Default)]
pub struct Seen(HashMap<(usize, Tuple), u64>);

impl Seen {
    /// What is taken, for every draft of the batch: by another row of the file, or by a stored record with another
    /// key.
    pub async fn taken(
        &mut self,
        resolver: &Resolver<'_>,
        object: &Object,
        key: &[String],
        drafts: &[&Draft],
    ) -> Outcome<Vec<Option<Problem>>> {
        let mut problems: Vec<Option<Problem>> = vec![None; drafts.len()];
        for (number, rule) in object.unique.iter().enumerate() {
            if rule.fields.iter().all(|f| key.contains(f)) {
                continue;
            }
            let stored = stored(resolver, object, key, rule, drafts).await?;
            for (draft, problem) in drafts.iter().zip(&mut problems) {
                let Some(values) = tuple(object, &rule.fields, &draft.body) else { continue };
                let other = stored
                    .get(&values)
                    .filter(|own| own.is_none() || **own != tuple(object, key, &draft.body));
                let before = self.0.insert((number, values), draft.row);
                if before.is_some() || other.is_some() {
                    *problem = Some(duplicate(object, rule, before));
                }
            }
        }
        Ok(problems)
    }
}

/// Stored values of the rule, and the key of the record that has them.
async fn stored(
    resolver: &Resolver<'_>,
    object: &Object,
    key: &[String],
    rule: &UniqueRule,
    drafts: &[&Draft],
) -> Outcome<HashMap<Tuple, Option<Tuple>>> {
    let mut first: Vec<String> = drafts
        .iter()
        .filter_map(|d| tuple(object, &rule.fields, &d.body))
        .map(|values| quoted(&values[0]))
        .collect();
    first.sort();
    first.dedup();
    if first.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = [rule.fields.as_slice(), key].concat();
    select.sort();
    select.dedup();
    let pairs =
        [("select", select.join(",")), (rule.fields[0].as_str(), format!("in.({})", first.join(",")))];
    let rows = resolver.rows(&object.plural, &pairs).await?;
    let of_row =
        |row| Some((tuple(object, &rule.fields, &row)?, tuple(object, key, &row).filter(|t| !t.is_empty())));
    Ok(rows.into_iter().filter_map(of_row).collect())
}

fn duplicate(object: &Object, rule: &UniqueRule, row: Option<u64>) -> Problem {
    let label = |name: &String| object.fields.get(name).map_or(name.clone(), |f| f.label.to_lowercase());
    let labels: Vec<String> = rule.fields.iter().map(label).collect();
    let holder = match row {
        Some(row) => format!("Row {row} has"),
        None => format!("Another {} has", object.label.to_lowercase()),
    };
    let last = rule.fields.last().cloned().unwrap_or_default();
    Problem::new("field.duplicate", format!("{holder} the same {}.", labels.join(" and "))).at(last)
}
