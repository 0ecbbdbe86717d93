//! The plan of an upgrade: what comes, what stays, and what somebody must decide.
use super::tree::{IDENTITY, LIST, keyed};
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Plan {
    /// What the shipped definition changes where the workspace has changed nothing.
    pub brings: Vec<Bring>,
    /// The workspace's own changes that nothing is in the way of.
    pub stays: Vec<Stay>,
    pub conflicts: Vec<Conflict>,
    /// Follows without a decision: what both sides say alike needs not be said twice.
    #[serde(skip)]
    pub(super) edits: Vec<Edit>,
}

/// A change of the shipped definition. `null`: it was not there, or is there no more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bring {
    pub at: String,
    pub before: Json,
    pub now: Json,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stay {
    pub at: String,
    pub shipped: Json,
    pub local: Json,
    #[serde(skip)]
    pub(super) path: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conflict {
    /// `invoice.subject.label`; what a choice names.
    pub at: String,
    pub kind: ConflictKind,
    pub before: Json,
    pub now: Json,
    pub local: Json,
    /// What may be chosen.
    pub choices: Vec<Side>,
    pub detail: String,
    #[serde(skip)]
    pub(super) path: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// Both changed the same attribute.
    BothChanged,
    /// The workspace changed something that is shipped no more.
    Removed,
    /// Something is shipped now under a name that the workspace has given to something of its own.
    SameName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Shipped,
    Local,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Edit {
    Set(Vec<String>, Json),
    Remove(Vec<String>),
}

/// `before` and `now` as `definition` makes them; the overlay as it is stored.
pub fn plan(before: &Json, now: &Json, overlay: &Json) -> Plan {
    let mut walk = Walk::default();
    walk.container(Level::Root, &mut vec![], [Some(before), Some(now), Some(&keyed(overlay))]);
    walk.plan
}

/// What one tree says otherwise than the other.
pub fn differences(before: &Json, now: &Json) -> Vec<Bring> {
    let mut walk = Walk::default();
    walk.container(Level::Root, &mut vec![], [Some(before), Some(now), None]);
    walk.plan.brings
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    Root,
    /// Things by name.
    List,
    /// A named thing with its attributes.
    Item,
    /// An attribute, compared whole.
    Leaf,
}

#[derive(Default)]
struct Walk {
    plan: Plan,
    /// The workspace says the thing that is being walked whole, and not only what it changes in it: a pipeline.
    whole: bool,
}

/// Before, now, local.
type Three<'a> = [Option<&'a Json>; 3];

impl Walk {
    fn any(&mut self, level: Level, path: &mut Vec<String>, three: Three) {
        match level {
            Level::Root | Level::List => self.container(level, path, three),
            Level::Item => self.item(path, three),
            Level::Leaf => self.leaf(path, three),
        }
    }

    fn container(&mut self, level: Level, path: &mut Vec<String>, three: Three) {
        let maps = three.map(|json| json.and_then(Json::as_object));
        let keys: IndexSet<&String> = maps.iter().flatten().flat_map(|map| map.keys()).collect();
        for key in keys {
            if level == Level::Item && IDENTITY.contains(&key.as_str()) {
                continue;
            }
            let below = match level {
                Level::List => Level::Item,
                _ if key.ends_with(LIST) => Level::List,
                // The rights of a role stand by object.
                Level::Item if key == "objects" && path.first().is_some_and(|p| p == "roles[]") => {
                    Level::List
                }
                _ => Level::Leaf,
            };
            path.push(key.clone());
            self.any(below, path, maps.map(|map| map.and_then(|m| m.get(key))));
            path.pop();
        }
    }

    fn item(&mut self, path: &mut Vec<String>, three: Three) {
        let extends = |json: &Json| json.get("extend").is_some();
        if path.len() == 2 {
            self.whole = path[0] == "pipelines[]" && three[2].is_some();
        }
        let within = self.whole && path.len() > 2;
        match three {
            [None, None, Some(local)] => self.stays(path, None, Some(local)),
            [None, Some(_), Some(local)] if !extends(local) => self.same_name(path, three),
            [Some(_), None, Some(_)] => self.removed(path, three),
            [Some(_), Some(_), None] if within => self.stays(path, three[1], None),
            [Some(_), Some(_), _] | [None, Some(_), Some(_)] => self.container(Level::Item, path, three),
            [before, now, None] => {
                self.brings(path, before, now);
                // The workspace says the whole pipeline, so what is new in it must be said there as well.
                if let (true, Some(now)) = (within, now) {
                    self.plan.edits.push(Edit::Set(path.clone(), now.clone()));
                }
            }
        }
    }

    fn leaf(&mut self, path: &[String], [before, now, local]: Three) {
        if local.is_none() && !self.whole {
            return self.brings(path, before, now);
        }
        let unchanged = before == now;
        match local {
            _ if local == now => {
                if !self.whole && local.is_some() {
                    self.plan.edits.push(Edit::Remove(path.to_owned()));
                }
                self.brings(path, before, now);
            }
            // Said again as it was shipped: no change of the workspace's own.
            _ if local == before && self.whole => {
                self.brings(path, before, now);
                self.plan.edits.push(match now {
                    Some(now) => Edit::Set(path.to_owned(), now.clone()),
                    None => Edit::Remove(path.to_owned()),
                });
            }
            _ if unchanged => self.stays(path, now, local),
            _ => {
                let detail =
                    format!("Both the shipped definition and this workspace have changed `{}`.", at(path));
                self.conflict(
                    path,
                    ConflictKind::BothChanged,
                    [before, now, local],
                    vec![Side::Shipped, Side::Local],
                    detail,
                );
            }
        }
    }

    fn same_name(&mut self, path: &[String], three: Three) {
        let name = at(path);
        let (choices, detail) = match path {
            _ if field_at(path).is_some() => {
                let fits = super::resolve::fits(three[2], three[1]);
                let choices = if fits { vec![Side::Shipped, Side::Local] } else { vec![Side::Local] };
                let how = if fits {
                    "`shipped` takes its values over into the shipped field, `local` gives the workspace's own field another name."
                } else {
                    "Their kinds differ, so `local` gives the workspace's own field another name."
                };
                (
                    choices,
                    format!(
                        "`{name}` is shipped now, and this workspace has a field of its own by that name. {how}"
                    ),
                )
            }
            [list, ..] if list == "objects[]" => (
                vec![],
                format!("`{name}` is shipped now. Give the workspace's own object another name first."),
            ),
            _ => {
                let how = "`shipped` takes the shipped one, `local` lays the workspace's own over it.";
                (
                    vec![Side::Shipped, Side::Local],
                    format!("`{name}` is shipped now, and this workspace has its own. {how}"),
                )
            }
        };
        self.conflict(path, ConflictKind::SameName, three, choices, detail);
    }

    fn removed(&mut self, path: &[String], three: Three) {
        let name = at(path);
        let keepable = self.whole || field_at(path).is_some();
        let (choices, detail) = match keepable {
            true => (
                vec![Side::Shipped, Side::Local],
                format!(
                    "`{name}` is shipped no more, and this workspace has changed it. `local` keeps it as the workspace's own."
                ),
            ),
            false => (
                vec![Side::Shipped],
                format!(
                    "`{name}` is shipped no more, and this workspace has changed it. Its records stay in the database."
                ),
            ),
        };
        self.conflict(path, ConflictKind::Removed, three, choices, detail);
    }

    fn conflict(
        &mut self,
        path: &[String],
        kind: ConflictKind,
        three: Three,
        choices: Vec<Side>,
        detail: String,
    ) {
        let [before, now, local] = three.map(plain);
        self.plan.conflicts.push(Conflict {
            at: at(path),
            kind,
            before,
            now,
            local,
            choices,
            detail,
            path: path.to_vec(),
        });
    }

    fn brings(&mut self, path: &[String], before: Option<&Json>, now: Option<&Json>) {
        if before != now {
            self.plan.brings.push(Bring { at: at(path), before: plain(before), now: plain(now) });
        }
    }

    fn stays(&mut self, path: &[String], shipped: Option<&Json>, local: Option<&Json>) {
        let (shipped, local) = (plain(shipped), plain(local));
        self.plan.stays.push(Stay { at: at(path), shipped, local, path: path.to_vec() });
    }
}

/// Object and field, where the path leads to a field of an object.
pub(super) fn field_at(path: &[String]) -> Option<(&str, &str)> {
    match path {
        [objects, object, fields, field] if objects == "objects[]" && fields == "fields[]" => {
            Some((object, field))
        }
        _ => None,
    }
}

fn plain(json: Option<&Json>) -> Json {
    json.map_or(Json::Null, super::unkeyed)
}

/// `invoice.subject.label`; what is no object is named with its list: `roles.sales.label`.
pub(super) fn at(path: &[String]) -> String {
    let shown = path.iter().filter(|p| !matches!(p.as_str(), "objects[]" | "fields[]"));
    shown.map(|p| p.trim_end_matches(LIST)).collect::<Vec<_>>().join(".")
}

/// The place that a path leads to, made where it is missing.
pub(super) fn place<'t>(tree: &'t mut Json, path: &[String]) -> &'t mut Json {
    path.iter().fold(tree, |node, key| {
        if !node.is_object() {
            *node = Json::Object(Map::new());
        }
        node.as_object_mut().expect("made above").entry(key.clone()).or_insert(Json::Null)
    })
}
