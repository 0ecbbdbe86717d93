//! The survivor's values: chosen ones, its own, else the first that is filled; lists are united.
use super::Union;
use crate::write::{Batch, id_of};
use indexmap::IndexMap;
use kernel::{Outcome, Problem, Problems, Row, Uuid, Value};
use meta::{Field, Kind};
use policy::{Grant, Update};

impl Batch {
    /// Writes the survivor through the rules. Which field came from which other record.
    pub(super) async fn unite(
        &mut self,
        union: &Union<'_>,
        grant: &Grant<Update>,
        choose: &IndexMap<String, Uuid>,
    ) -> Outcome<IndexMap<String, Uuid>> {
        let problems = refused_choices(union, grant, choose);
        let mut after = union.survivor.clone();
        let mut choices = IndexMap::new();
        for field in union.object.fields.values().filter(|f| is_carried(f)) {
            let (value, from) = value(union, field, choose.get(&field.name).copied());
            if let Some(from) = from {
                choices.insert(field.name.clone(), from);
            }
            after.insert(field.name.clone(), value);
        }
        // What stands in a stored row is a value of its field; whether it may be chosen has been asked.
        self.rewrite(union.model, union.object, union.survivor.clone(), after, problems, grant).await?;
        Ok(choices)
    }
}

/// Fields whose values come from the records; the engine's own, numbers of documents and what is computed do not.
fn is_carried(field: &Field) -> bool {
    !field.system
        && field.formula.is_none()
        && field.rollup.is_none()
        && !matches!(field.kind, Kind::AutoNumber | Kind::Parts | Kind::Formula)
}

fn refused_choices(union: &Union<'_>, grant: &Grant<Update>, choose: &IndexMap<String, Uuid>) -> Problems {
    let mut problems = vec![];
    let others = union.other_ids();
    for (name, from) in choose {
        let at = format!("choose.{name}");
        let field = union.object.fields.get(name).filter(|f| grant.may_see(&f.name));
        match field {
            None => {
                let detail = format!("{} have no field `{name}`.", union.object.label_plural);
                problems.push(Problem::new("field.unknown", detail).at(at));
            }
            Some(field) if !is_carried(field) || !grant.may_write(name) => {
                let detail = format!("{} cannot be chosen.", field.label);
                problems.push(Problem::new("field.read_only", detail).at(at));
            }
            Some(field) if *from != union.survivor_id() && !others.contains(from) => {
                let detail = format!("{}: {from} is none of the records that are merged.", field.label);
                problems.push(Problem::new("field.invalid", detail).at(at));
            }
            Some(_) => {}
        }
    }
    problems
}

/// The value that the survivor will have, and whose it was if it was not the survivor's own.
fn value(union: &Union<'_>, field: &Field, chosen: Option<Uuid>) -> (Value, Option<Uuid>) {
    let own = union.survivor.get(&field.name).cloned().unwrap_or_default();
    let without_circle = |value: Value| if leads_inside(union, field, &value) { Value::Null } else { value };
    if let Some(id) = chosen {
        let Some(other) = union.others.iter().find(|r| id_of(r) == Some(id)) else {
            return (without_circle(own), None);
        };
        return (without_circle(other.get(&field.name).cloned().unwrap_or_default()), Some(id));
    }
    // A stage is a matter of the survivor's own pipeline, never of who happens to have one.
    let staged = union.object.pipelines.iter().any(|p| p.field == field.name);
    if staged {
        return (own, None);
    }
    if let Some(all) = united(field, &own, &union.others) {
        return (all, None);
    }
    let own = without_circle(own);
    if !own.is_empty() {
        return (own, None);
    }
    for other in &union.others {
        let theirs = without_circle(other.get(&field.name).cloned().unwrap_or_default());
        if !theirs.is_empty() {
            return (theirs, id_of(other));
        }
    }
    (own, None)
}

/// A record does not refer to itself, nor to what ended in it.
fn leads_inside(union: &Union<'_>, field: &Field, value: &Value) -> bool {
    let to_own_kind = field.reference.as_ref().is_some_and(|r| r.to == union.object.name);
    to_own_kind
        && value.as_id().is_some_and(|id| id == union.survivor_id() || union.other_ids().contains(&id))
}

/// Lists hold what any of the records held, the survivor's first. Null stays null where nobody holds anything.
fn united(field: &Field, own: &Value, others: &[Row]) -> Option<Value> {
    let all = || std::iter::once(own).chain(others.iter().filter_map(|r| r.get(&field.name)));
    if all().all(Value::is_empty) {
        return None;
    }
    if all().any(|v| matches!(v, Value::Texts(_))) {
        let mut texts: Vec<String> = vec![];
        for text in all().filter_map(as_texts).flatten() {
            if !texts.contains(text) {
                texts.push(text.clone());
            }
        }
        return Some(Value::Texts(texts));
    }
    if all().any(|v| matches!(v, Value::Ids(_))) {
        let mut ids: Vec<Uuid> = vec![];
        for id in all().filter_map(as_ids).flatten() {
            if !ids.contains(id) {
                ids.push(*id);
            }
        }
        return Some(Value::Ids(ids));
    }
    None
}

fn as_texts(value: &Value) -> Option<&Vec<String>> {
    match value {
        Value::Texts(texts) => Some(texts),
        _ => None,
    }
}

fn as_ids(value: &Value) -> Option<&Vec<Uuid>> {
    match value {
        Value::Ids(ids) => Some(ids),
        _ => None,
    }
}
