//! A role's rights in one location: a partial map of rights, merged deeply over the role (S2-030).
use kernel::{Problem, Problems};
use meta::{Action, Model, ObjectRights, Reach, Role};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// `{"permissions": {"clients.view": false, "reports": {"export": true}}, "objects": {"client": {"read": "own"}}}`.
/// A named right may stand under its full name or nested by resource. What is absent stays as the role has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    permissions: BTreeMap<String, bool>,
    objects: BTreeMap<String, ObjectOverride>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectOverride {
    /// Every action; single actions beside it win.
    full: Option<Reach>,
    read: Option<Reach>,
    create: Option<Reach>,
    update: Option<Reach>,
    archive: Option<Reach>,
    delete: Option<Reach>,
    hidden: Option<Vec<String>>,
    read_only: Option<Vec<String>>,
}

impl ObjectOverride {
    fn reach(&self, action: Action) -> Option<Reach> {
        let single = match action {
            Action::Read => self.read,
            Action::Create => self.create,
            Action::Update => self.update,
            Action::Archive => self.archive,
            Action::Delete => self.delete,
        };
        single.or(self.full)
    }
}

impl Overrides {
    /// Reads and checks the map against the model; every mistake at once, at its place in the body.
    pub fn parse(model: &Model, rights: &Value) -> Result<Self, Problems> {
        let mut problems = vec![];
        let mut found = Self::default();
        let Some(map) = rights.as_object() else {
            return Err(vec![shape("rights", "The rights of an override are a JSON object.")]);
        };
        for key in map.keys().filter(|k| !["permissions", "objects"].contains(&k.as_str())) {
            let detail = format!("`{key}` is not known here; `permissions` and `objects` are.");
            problems.push(Problem::new("field.unknown", detail).at(key.clone()));
        }
        found.read_permissions(model, map.get("permissions"), &mut problems);
        found.read_objects(model, map.get("objects"), &mut problems);
        if problems.is_empty() { Ok(found) } else { Err(problems) }
    }

    /// The role as it is where the overrides hold.
    pub fn over(&self, model: &Model, role: &Role) -> Role {
        let mut merged = role.clone();
        for (name, on) in &self.permissions {
            match on {
                true => switch_on(model, &mut merged, name),
                false => switch_off(model, &mut merged, name),
            }
        }
        for (name, change) in &self.objects {
            apply(merged.objects.entry(name.clone()).or_default(), change);
        }
        // What follows its whole follows it here too.
        meta::follow(model, merged)
    }

    fn read_permissions(&mut self, model: &Model, map: Option<&Value>, problems: &mut Problems) {
        let Some(map) = object_or_absent(map, "permissions", problems) else { return };
        let mut flat = vec![];
        flatten("", map, &mut flat);
        for (name, value) in flat {
            let at = format!("permissions.{name}");
            match value.as_bool() {
                None => problems.push(shape(&at, "A right is `true` or `false`.")),
                Some(_) if !model.permissions.contains_key(&name) => {
                    problems
                        .push(Problem::new("field.unknown", format!("There is no right `{name}`.")).at(at));
                }
                Some(on) => {
                    self.permissions.insert(name, on);
                }
            }
        }
    }

    fn read_objects(&mut self, model: &Model, map: Option<&Value>, problems: &mut Problems) {
        let Some(map) = object_or_absent(map, "objects", problems) else { return };
        for (name, value) in map {
            let at = format!("objects.{name}");
            let Some(object) = model.objects.get(name) else {
                problems.push(
                    Problem::new("meta.no_such_object", format!("There is no object `{name}`.")).at(at),
                );
                continue;
            };
            match ObjectOverride::deserialize(value) {
                Err(e) => problems.push(shape(&at, &format!("This is not understood: {e}."))),
                Ok(change) => {
                    let named = change.hidden.iter().chain(&change.read_only).flatten();
                    for field in named.filter(|f| !object.fields.contains_key(*f)) {
                        let detail = format!("`{name}` has no field `{field}`.");
                        problems.push(Problem::new("field.unknown", detail).at(at.clone()));
                    }
                    self.objects.insert(name.clone(), change);
                }
            }
        }
    }
}

fn switch_on(model: &Model, role: &mut Role, name: &str) {
    if !role.permissions.iter().any(|p| p == name) {
        role.permissions.push(name.into());
    }
    for grant in model.permissions.get(name).iter().flat_map(|p| &p.grants) {
        let rights = role.objects.entry(grant.object.clone()).or_default();
        rights.follows = false;
        let reach = rights.reach_mut(grant.action);
        *reach = (*reach).max(grant.reach);
    }
}

/// What the right stood for goes with it, down to what the role's other rights still give.
fn switch_off(model: &Model, role: &mut Role, name: &str) {
    role.permissions.retain(|p| p != name);
    for grant in model.permissions.get(name).iter().flat_map(|p| &p.grants) {
        let still = role
            .permissions
            .iter()
            .filter_map(|p| model.permissions.get(p))
            .flat_map(|p| &p.grants)
            .filter(|g| g.object == grant.object && g.action == grant.action)
            .map(|g| g.reach)
            .max()
            .unwrap_or_default();
        if let Some(rights) = role.objects.get_mut(&grant.object) {
            let reach = rights.reach_mut(grant.action);
            *reach = (*reach).min(still);
        }
    }
}

fn apply(rights: &mut ObjectRights, change: &ObjectOverride) {
    for action in Action::ALL {
        if let Some(reach) = change.reach(action) {
            rights.follows = false;
            *rights.reach_mut(action) = reach;
        }
    }
    if let Some(hidden) = &change.hidden {
        rights.hidden = unique(hidden);
    }
    if let Some(read_only) = &change.read_only {
        rights.read_only = unique(read_only);
    }
}

fn unique(names: &[String]) -> Vec<String> {
    names.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

fn flatten(prefix: &str, map: &Map<String, Value>, out: &mut Vec<(String, Value)>) {
    for (key, value) in map {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Object(inner) => flatten(&name, inner, out),
            other => out.push((name, other.clone())),
        }
    }
}

fn object_or_absent<'a>(
    value: Option<&'a Value>,
    at: &str,
    problems: &mut Problems,
) -> Option<&'a Map<String, Value>> {
    match value {
        None | Some(Value::Null) => None,
        Some(Value::Object(map)) => Some(map),
        Some(_) => {
            problems.push(shape(at, "This is a JSON object."));
            None
        }
    }
}

fn shape(at: &str, detail: &str) -> Problem {
    Problem::new("body.invalid_shape", detail).at(at)
}
