//! A workspace's definition as a folder in the format of blueprints, and the way back.
use super::tree::{IDENTITY, keyed, unkeyed};
use crate::fault::Fault;
use crate::node::read_toml;
use serde_json::{Map, Value as Json, json};

/// What a workspace is made of: its blueprints, and its own changes on top of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Defined {
    pub blueprints: Vec<String>,
    pub overlay: Json,
}

/// The files of a folder: the workspace as a blueprint that requires its blueprints. Paths are relative to the folder.
pub fn to_files(name: &str, label: &str, defined: &Defined) -> Vec<(String, String)> {
    let head = json!({ "name": name, "label": label, "requires": defined.blueprints });
    let mut files = vec![("blueprint.toml".to_string(), toml_of(&head))];
    let said = unkeyed(&keyed(&defined.overlay));
    for (key, value) in said.as_object().into_iter().flatten() {
        match (key.as_str(), value.as_array()) {
            ("objects" | "pipelines", Some(items)) => {
                files.extend(
                    items.iter().map(|item| (format!("{key}/{}.toml", file_name(item)), toml_of(item))),
                );
            }
            _ => files.push((format!("{key}.toml"), toml_of(&json!({ key: value })))),
        }
    }
    files
}

/// The way back. Every file that is no TOML is told.
pub fn from_files(files: &[(String, String)]) -> Result<Defined, Vec<Fault>> {
    let mut defined = Defined { blueprints: vec![], overlay: Json::Object(Map::new()) };
    let mut faults = vec![];
    for (path, text) in files {
        let json = match read_toml(path, text) {
            Ok(node) => node.to_json(),
            Err(more) => {
                faults.extend(more);
                continue;
            }
        };
        match path.split_once('/') {
            Some((list, _)) => match &mut defined.overlay[list] {
                Json::Array(items) => items.push(json),
                place => *place = json!([json]),
            },
            None if path == "blueprint.toml" => {
                let names = json["requires"].as_array().into_iter().flatten();
                defined.blueprints = names.filter_map(|n| Some(n.as_str()?.to_string())).collect();
            }
            None => {
                let said = json.as_object().into_iter().flatten();
                let place = defined.overlay.as_object_mut().expect("made as an object");
                place.extend(said.map(|(k, v)| (k.clone(), v.clone())));
            }
        }
    }
    if faults.is_empty() { Ok(defined) } else { Err(faults) }
}

/// `invoice`, `invoice_sales`
fn file_name(item: &Json) -> String {
    let words = ["extend", "object", "name"].iter().filter_map(|key| item.get(*key)?.as_str());
    debug_assert!(IDENTITY.iter().any(|key| item.get(*key).is_some()), "only what is named has a file");
    words.collect::<Vec<_>>().join("_")
}

fn toml_of(json: &Json) -> String {
    toml::to_string_pretty(&without_nulls(json)).expect("JSON without nulls and with text keys is TOML")
}

/// TOML has no word for nothing; in an overlay null says the same as silence.
fn without_nulls(json: &Json) -> Json {
    match json {
        Json::Object(map) => {
            map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v))).collect()
        }
        Json::Array(items) => items.iter().filter(|v| !v.is_null()).map(without_nulls).collect(),
        other => other.clone(),
    }
}
