//! From a plan and the choices to the workspace's new overlay, and to what must be done to its stored values.
use super::plan::{Conflict, ConflictKind, Edit, Plan, Side, field_at, place};
use super::tree::{IDENTITY, LIST, keyed, unkeyed};
use crate::Kind;
use regex::Regex;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    pub overlay: Json,
    pub moves: Vec<Move>,
}

/// What happens to the values of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// Of a workspace's own field into the column of the shipped one.
    Adopt { object: String, field: String },
    /// Of a field that is shipped no more into the workspace's own.
    Keep { object: String, field: String },
    /// The workspace's own field has another name.
    Rename { object: String, from: String, to: String },
}

/// What is missing before a plan can be applied: conflicts without a choice, choices that mean nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Undecided {
    pub at: String,
    pub detail: String,
}

pub fn resolve(
    plan: &Plan,
    overlay: &Json,
    choices: &BTreeMap<String, Side>,
) -> Result<Resolved, Vec<Undecided>> {
    let missing = undecided(plan, choices);
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut work = Work { tree: keyed(overlay), moves: vec![] };
    for edit in &plan.edits {
        match edit {
            Edit::Set(path, value) => *place(&mut work.tree, path) = value.clone(),
            Edit::Remove(path) => remove(&mut work.tree, path),
        }
    }
    for stay in &plan.stays {
        if choices.get(&stay.at) == Some(&Side::Shipped) {
            work.as_shipped(&stay.path, &stay.shipped);
        }
    }
    for conflict in &plan.conflicts {
        work.settle(conflict, choices[&conflict.at]);
    }
    prune(&mut work.tree);
    Ok(Resolved { overlay: unkeyed(&work.tree), moves: work.moves })
}

fn undecided(plan: &Plan, choices: &BTreeMap<String, Side>) -> Vec<Undecided> {
    let mut missing = vec![];
    for conflict in &plan.conflicts {
        let fits = choices.get(&conflict.at).is_some_and(|side| conflict.choices.contains(side));
        if !fits {
            missing.push(Undecided { at: conflict.at.clone(), detail: conflict.detail.clone() });
        }
    }
    for (at, side) in choices {
        let known = plan.conflicts.iter().any(|c| c.at == *at)
            || plan.stays.iter().any(|s| s.at == *at && *side == Side::Shipped);
        if !known {
            let detail = format!("There is nothing to choose at `{at}`.");
            missing.push(Undecided { at: at.clone(), detail });
        }
    }
    missing
}

struct Work {
    tree: Json,
    moves: Vec<Move>,
}

impl Work {
    fn settle(&mut self, conflict: &Conflict, side: Side) {
        let path = &conflict.path;
        match (conflict.kind, side) {
            (ConflictKind::BothChanged, Side::Local) => {}
            (ConflictKind::BothChanged | ConflictKind::Removed, Side::Shipped) => {
                self.as_shipped(path, &conflict.now);
            }
            (ConflictKind::Removed, Side::Local) => self.keep(path, conflict),
            (ConflictKind::SameName, Side::Shipped) => self.adopt(path, conflict),
            (ConflictKind::SameName, Side::Local) => self.rename(path),
        }
    }

    /// A pipeline is said whole, so the shipped value is said in it; anything else is simply said no more.
    fn as_shipped(&mut self, path: &[String], shipped: &Json) {
        match path.first().is_some_and(|p| p == "pipelines[]") && path.len() > 2 && !shipped.is_null() {
            true => *place(&mut self.tree, path) = keyed(shipped),
            false => remove(&mut self.tree, path),
        }
    }

    fn keep(&mut self, path: &[String], conflict: &Conflict) {
        let (Json::Object(mut field), Json::Object(local)) =
            (keyed(&conflict.before), keyed(&conflict.local))
        else {
            return;
        };
        field.extend(local);
        if let Some((object, name)) = field_at(path)
            && stored(&Json::Object(field.clone()))
        {
            self.moves.push(Move::Keep { object: object.into(), field: name.into() });
        }
        *place(&mut self.tree, path) = Json::Object(field);
    }

    fn adopt(&mut self, path: &[String], conflict: &Conflict) {
        let Some((object, field)) = field_at(path) else { return self.as_shipped(path, &conflict.now) };
        if stored(&conflict.local) && stored(&conflict.now) {
            self.moves.push(Move::Adopt { object: object.into(), field: field.into() });
        }
        remove(&mut self.tree, path);
    }

    /// Under its new name the field stands where it stood, and the workspace's formulas and lists follow.
    fn rename(&mut self, path: &[String]) {
        let Some((object, from)) = field_at(path) else { return };
        let fields = self.tree.pointer_mut(&format!("/objects[]/{object}/fields[]"));
        let Some(Json::Object(list)) = fields else { return };
        let candidates =
            (1..).map(|n| if n == 1 { format!("{from}_local") } else { format!("{from}_local_{n}") });
        let to =
            candidates.into_iter().find(|name| !list.contains_key(name)).expect("the numbers do not end");
        let moved = std::mem::take(list).into_iter().map(|(name, mut field)| {
            if name == from {
                field["name"] = to.clone().into();
                return (to.clone(), field);
            }
            (name, field)
        });
        *list = moved.collect();
        if list.get(&to).is_some_and(stored) {
            self.moves.push(Move::Rename { object: object.into(), from: from.into(), to: to.clone() });
        }
        let word = Regex::new(&format!(r"\b{}\b", regex::escape(from))).expect("a name is a pattern");
        if let Some(item) = self.tree.pointer_mut(&format!("/objects[]/{object}")) {
            respell(item, &word, &to, None);
        }
    }
}

/// Names in formulas, and in the lists of fields that an object has.
fn respell(json: &mut Json, word: &Regex, to: &str, key: Option<&str>) {
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                respell(value, word, to, Some(key));
            }
        }
        Json::String(text) if key == Some("formula") => *text = word.replace_all(text, to).into_owned(),
        Json::Array(items) if matches!(key, Some("search" | "own" | "assigned" | "order")) => {
            for item in items {
                if let Json::String(name) = item {
                    *name = word.replace_all(name, to).into_owned();
                }
            }
        }
        Json::String(name) if key == Some("title") => *name = word.replace_all(name, to).into_owned(),
        _ => {}
    }
}

fn remove(tree: &mut Json, path: &[String]) {
    let Some((last, above)) = path.split_last() else { return };
    let pointed = above.iter().try_fold(tree, |node, key| node.get_mut(key));
    if let Some(Json::Object(map)) = pointed {
        map.shift_remove(last);
    }
}

/// Changes to a thing that change nothing any more go.
fn prune(tree: &mut Json) {
    let Json::Object(map) = tree else { return };
    for (key, list) in map.iter_mut().filter(|(key, _)| key.ends_with(LIST)) {
        let Json::Object(items) = list else { continue };
        let introduces = |item: &Map<String, Json>| item.contains_key("name") && !item.contains_key("extend");
        items.retain(|_, item| {
            prune(item);
            let Json::Object(item) = item else { return true };
            let says = item.keys().any(|k| !IDENTITY.contains(&k.as_str()));
            says || (introduces(item) && key == "objects[]")
        });
    }
    map.retain(|key, value| !key.ends_with(LIST) || value.as_object().is_some_and(|items| !items.is_empty()));
}

/// Whether the values of one field can stand in the other.
pub(super) fn fits(local: Option<&Json>, shipped: Option<&Json>) -> bool {
    match (local, shipped) {
        (Some(local), Some(shipped)) => {
            // What is computed has no values to lose.
            !stored(shipped)
                || !stored(local)
                || kept_as(local).is_some_and(|kind| kept_as(shipped) == Some(kind))
        }
        _ => false,
    }
}

/// A field whose values somebody entered.
fn stored(field: &Json) -> bool {
    !matches!(field["kind"].as_str(), Some("formula" | "parts"))
        && field.get("rollup").is_none_or(Json::is_null)
}

fn kept_as(field: &Json) -> Option<crate::Codec> {
    let kind: Kind = serde_json::from_value(field.get("kind")?.clone()).ok()?;
    Some(kind.codec(field["many"] == true))
}
