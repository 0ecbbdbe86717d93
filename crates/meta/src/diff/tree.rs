//! Definitions as trees in which named things are found by their names: `objects[]` → `client` → `fields[]` → `email`.
use crate::node::read_toml;
use serde_json::{Map, Value as Json};

/// Ends the key of a list of named things.
pub(super) const LIST: &str = "[]";
/// What names an item, and so is no attribute of it.
pub(super) const IDENTITY: [&str; 3] = ["name", "extend", "object"];

/// An overlay, or a file of a blueprint, as a tree.
pub fn keyed(json: &Json) -> Json {
    let Json::Object(map) = json else { return json.clone() };
    let mut tree = Map::new();
    for (key, value) in map {
        match named(value) {
            Some(items) => {
                let mut list = Map::new();
                for (name, item) in items {
                    lay(list.entry(name).or_insert_with(|| Json::Object(Map::new())), &keyed(item));
                }
                tree.insert(format!("{key}{LIST}"), Json::Object(list));
            }
            // A list of nothing says nothing.
            None if value == &Json::Array(vec![])
                && matches!(key.as_str(), "fields" | "objects" | "roles" | "pipelines") => {}
            None if !value.is_null() => {
                tree.insert(key.clone(), value.clone());
            }
            None => {}
        }
    }
    Json::Object(tree)
}

/// The way back.
pub fn unkeyed(tree: &Json) -> Json {
    let Json::Object(map) = tree else { return tree.clone() };
    let plain = map.iter().map(|(key, value)| match (key.strip_suffix(LIST), value) {
        (Some(key), Json::Object(items)) => (key.to_string(), items.values().map(unkeyed).collect()),
        _ => (key.clone(), value.clone()),
    });
    Json::Object(plain.collect())
}

/// What blueprints define together, from their files in the order in which they build on each other. Sample data and
/// the list of entities are left out: no workspace changes them.
pub fn definition<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Json {
    let mut whole = Json::Object(Map::new());
    for (path, text) in files {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        // A file that cannot be read was refused before it came here.
        let Ok(node) = read_toml(path, text) else { continue };
        let json = node.to_json();
        let part = match parts.as_slice() {
            ["objects", _] => serde_json::json!({ "objects": [json] }),
            ["pipelines", _] => serde_json::json!({ "pipelines": [json] }),
            ["blueprint.toml"] => {
                let keep = |(k, _): &(&String, &Json)| k.starts_with("location_label");
                let labels: Map<String, Json> = json
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(keep)
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect();
                Json::Object(labels)
            }
            ["permissions.toml" | "roles.toml"] | ["views", _] => json,
            _ => continue,
        };
        lay(&mut whole, &keyed(&part));
    }
    whole
}

/// Lays one tree over another: named things by name, attributes whole.
fn lay(under: &mut Json, over: &Json) {
    let (Json::Object(under), Json::Object(over)) = (under, over) else { return };
    // What introduced a thing stays its introduction.
    let introduced = under.contains_key("name");
    for (key, value) in over.iter().filter(|(key, _)| !introduced || !IDENTITY.contains(&key.as_str())) {
        match under.get_mut(key) {
            Some(known) if key.ends_with(LIST) => {
                let (Json::Object(known), Json::Object(items)) = (known, value) else { continue };
                for (name, item) in items {
                    match known.get_mut(name) {
                        // A pipeline or a view of that name takes the place of the one below.
                        Some(old) if !matches!(key.as_str(), "pipelines[]" | "views[]") => lay(old, item),
                        _ => {
                            known.insert(name.clone(), item.clone());
                        }
                    }
                }
            }
            _ => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The items of a list in which everything has a name.
fn named(json: &Json) -> Option<Vec<(String, &Json)>> {
    let items = json.as_array().filter(|items| !items.is_empty())?;
    items.iter().map(|item| Some((name_of(item)?, item))).collect()
}

fn name_of(item: &Json) -> Option<String> {
    let text = |key: &str| item.get(key)?.as_str();
    match (text("extend"), text("object"), text("name")) {
        (Some(extended), _, _) => Some(extended.into()),
        (None, Some(object), Some(name)) => Some(format!("{object}.{name}")),
        (None, None, Some(name)) => Some(name.into()),
        _ => None,
    }
}
