//! A link that both records had would stand there twice, and a relation between them would be one with oneself.
use super::Union;
use kernel::{Row, Uuid, Value};
use meta::{Field, Object, Unique};
use std::collections::HashSet;

/// What becomes of a row that refers to a merged record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Move,
    /// The survivor has such a row; this one is put away.
    PutAway,
    /// The same, of rows that cannot be put away: links and parts.
    Leave,
}

/// The rules of uniqueness that a moved reference could break, and the values that are held.
pub(super) struct Taken<'m> {
    rules: Vec<(Vec<&'m str>, HashSet<String>)>,
}

impl<'m> Taken<'m> {
    pub fn of(holder: &'m Object, fields: &[&Field]) -> Self {
        let moved = |name: &str| fields.iter().any(|f| f.name == name);
        let of_fields = holder.fields.values().filter(|f| f.unique != Unique::No && moved(&f.name));
        let single = of_fields.map(|f| vec![f.name.as_str()]);
        let several = holder.unique.iter().map(|r| r.fields.iter().map(String::as_str).collect::<Vec<_>>());
        let rules = single.chain(several).filter(|names| names.iter().any(|n| moved(n)));
        Self { rules: rules.map(|names| (names, HashSet::new())).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// This row stands.
    pub fn hold(&mut self, row: &Row) {
        if row.get("archived_at").is_some_and(|v| !v.is_null()) {
            return;
        }
        for (names, held) in &mut self.rules {
            held.extend(tuple(names, row));
        }
    }

    /// What becomes of the row; one that moves is held from now on.
    pub fn fate(
        &mut self,
        union: &Union<'_>,
        holder: &Object,
        fields: &[&Field],
        before: &Row,
        after: &Row,
    ) -> Fate {
        let archived = before.get("archived_at").is_some_and(|v| !v.is_null());
        if archived {
            return Fate::Move;
        }
        let held = |(names, held): &(Vec<&str>, HashSet<String>)| {
            tuple(names, after).is_some_and(|t| held.contains(&t))
        };
        if self.rules.iter().any(held)
            || self.is_with_oneself(union.survivor_id(), holder, fields, before, after)
        {
            return if holder.archivable { Fate::PutAway } else { Fate::Leave };
        }
        self.hold(after);
        Fate::Move
    }

    /// Both ends are the survivor now, and were two records before: only where the pair makes the row what it is.
    fn is_with_oneself(
        &self,
        survivor: Uuid,
        holder: &Object,
        fields: &[&Field],
        before: &Row,
        after: &Row,
    ) -> bool {
        let ends: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
        let is_pair = |names: &[&str]| names.iter().filter(|n| ends.contains(n)).count() >= 2;
        let by_link = holder.link.as_ref().is_some_and(|l| l.iter().all(|end| ends.contains(&end.as_str())));
        if !by_link && !self.rules.iter().any(|(names, _)| is_pair(names)) {
            return false;
        }
        let at = |row: &Row, name: &str| row.get(name).and_then(Value::as_id);
        let same = ends.iter().all(|e| at(after, e) == Some(survivor));
        let differed = ends.iter().any(|e| at(before, e) != at(before, ends[0]));
        same && differed
    }
}

/// Null is never equal to null.
fn tuple(names: &[&str], row: &Row) -> Option<String> {
    let values: Vec<_> = names.iter().map(|n| row.get(*n).cloned().unwrap_or_default()).collect();
    if values.iter().any(Value::is_null) {
        return None;
    }
    Some(serde_json::Value::Array(values.iter().map(Value::to_json).collect()).to_string())
}
