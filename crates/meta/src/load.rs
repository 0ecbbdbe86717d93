//! Files to sources: TOML is read, held against the schema of the format, and sorted into blueprints.
use crate::conform::conform;
use crate::demo::Demo;
use crate::fault::{Fault, listed};
use crate::model::View;
use crate::node::{At, Node, NodeValue, read_toml};
use crate::source::*;
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::sync::Arc;

/// Something that was read, and where it stands.
#[derive(Debug, Clone)]
pub struct Placed<T> {
    pub item: T,
    pub at: At,
}

/// One folder as it was read.
#[derive(Debug, Clone)]
pub struct Blueprint {
    pub name: String,
    pub label: String,
    pub description: String,
    pub requires: Vec<String>,
    pub location_label: Option<String>,
    pub location_label_plural: Option<String>,
    /// Objects of required blueprints that are not shown.
    pub exclude: Vec<String>,
    pub demo: Option<Demo>,
    pub entities: Vec<Entity>,
    pub(crate) at: At,
    pub(crate) objects: Vec<PlacedObject>,
    pub(crate) pipelines: Vec<Placed<PipelineFile>>,
    pub(crate) permissions: Vec<Placed<PermissionSource>>,
    pub(crate) roles: Vec<Placed<RoleSource>>,
    pub(crate) views: Vec<Placed<View>>,
    pub(crate) demo_at: Option<At>,
    pub(crate) entities_at: Vec<At>,
}

#[derive(Debug, Clone)]
pub struct PlacedObject {
    /// Without its fields.
    pub item: ObjectFile,
    pub at: At,
    pub fields: Vec<Placed<FieldSource>>,
}

/// What came of reading: blueprints by name, every fault, and whether so much is missing that further checks
/// would only invent faults.
pub struct Loaded {
    pub blueprints: IndexMap<String, Blueprint>,
    pub faults: Vec<Fault>,
    pub torn: bool,
}

pub fn load(files: &[(String, String)]) -> Loaded {
    let mut reader = Reader::default();
    let mut files: Vec<_> = files.iter().filter(|(path, _)| path.ends_with(".toml")).collect();
    files.sort();
    // `blueprint.toml` says what a folder is; the other files need that.
    files.sort_by_key(|(path, _)| !path.ends_with("blueprint.toml"));
    for (path, text) in files {
        reader.file(path, text);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    blueprints: IndexMap<String, Blueprint>,
    faults: Vec<Fault>,
    torn: bool,
}

impl Reader {
    fn file(&mut self, path: &str, text: &str) {
        let root = match read_toml(path, text) {
            Ok(node) => Arc::new(node),
            Err(faults) => {
                self.torn = true;
                return self.faults.extend(faults);
            }
        };
        let at = At::root(path, root.clone());
        let parts: Vec<&str> = path.split('/').collect();
        let (Some(folder), rest) = (parts.first().copied(), parts.get(1..).unwrap_or_default()) else {
            return;
        };
        if rest == ["blueprint.toml"] {
            return self.blueprint(folder, &root, at);
        }
        let Some(mut blueprint) = self.blueprints.shift_remove(folder) else {
            self.torn = true;
            if !self.faults.iter().any(|f| f.file == format!("{folder}/blueprint.toml")) {
                self.faults.push(at.fault(format!("`{folder}` has no `blueprint.toml` that could be read.")));
            }
            return;
        };
        match rest {
            ["objects", _] => self.object(&mut blueprint, &root, at),
            ["pipelines", _] => blueprint
                .pipelines
                .extend(self.whole(&root, &at, "PipelineFile").map(|item| Placed { item, at })),
            ["permissions.toml"] => {
                blueprint.permissions.extend(self.list(&root, &at, "PermissionsFile", "permissions"))
            }
            ["roles.toml"] => blueprint.roles.extend(self.list(&root, &at, "RolesFile", "roles")),
            ["views", _] => blueprint.views.extend(self.list(&root, &at, "ViewsFile", "views")),
            ["demo", "demo.toml"] => {
                blueprint.demo = self.whole(&root, &at, "Demo");
                blueprint.demo_at = Some(at);
            }
            ["entities.toml"] => {
                for placed in self.list(&root, &at, "EntitiesFile", "entities") {
                    blueprint.entities.push(placed.item);
                    blueprint.entities_at.push(placed.at);
                }
            }
            _ => self
                .faults
                .push(at.fault(format!("There is no place for `{}` in a blueprint.", rest.join("/")))),
        }
        self.blueprints.insert(folder.into(), blueprint);
    }

    fn blueprint(&mut self, folder: &str, root: &Node, at: At) {
        let Some(file) = self.whole::<BlueprintFile>(root, &at, "BlueprintFile") else { return };
        if file.name != folder {
            let detail =
                format!("The folder is called `{folder}`, the blueprint `{}`; they must agree.", file.name);
            self.faults.push(at.key("name").fault(detail));
        }
        let blueprint = Blueprint {
            name: folder.into(),
            label: file.label,
            description: file.description,
            requires: file.requires,
            location_label: file.location_label,
            location_label_plural: file.location_label_plural,
            exclude: file.exclude,
            demo: None,
            entities: vec![],
            at,
            objects: vec![],
            pipelines: vec![],
            permissions: vec![],
            roles: vec![],
            views: vec![],
            demo_at: None,
            entities_at: vec![],
        };
        self.blueprints.insert(folder.into(), blueprint);
    }

    fn object(&mut self, blueprint: &mut Blueprint, root: &Node, at: At) {
        let found = conform(root, "ObjectFile", &at);
        let object = read_object(root, &at, &found.bad);
        self.faults.extend(found.faults);
        match object {
            Ok(object) => blueprint.objects.push(object),
            Err(fault) => {
                self.torn = true;
                self.faults.extend(fault);
            }
        }
    }

    /// A file that is one thing.
    fn whole<T: DeserializeOwned>(&mut self, root: &Node, at: &At, def: &str) -> Option<T> {
        let found = conform(root, def, at);
        let clean = found.faults.is_empty();
        self.faults.extend(found.faults);
        match serde_json::from_value(root.to_json_without(at, &found.bad)) {
            Ok(item) if clean || def != "PipelineFile" => Some(item),
            Ok(_) => None,
            Err(e) => {
                self.torn |= def == "BlueprintFile";
                if clean {
                    self.faults.push(at.fault(format!("{e}.")));
                }
                None
            }
        }
    }

    /// A file that is a list of things; one bad entry does not hide the others.
    fn list<T: DeserializeOwned>(&mut self, root: &Node, at: &At, def: &str, key: &str) -> Vec<Placed<T>> {
        let found = conform(root, def, at);
        let items = read_list(root, at, key, &found.bad);
        let clean = found.faults.is_empty();
        self.faults.extend(found.faults);
        match items {
            Ok(items) => items,
            Err((items, faults)) => {
                if clean {
                    self.faults.extend(faults);
                }
                items
            }
        }
    }

    fn finish(mut self) -> Loaded {
        let names: Vec<String> = self.blueprints.keys().cloned().collect();
        for blueprint in self.blueprints.values() {
            for (i, required) in blueprint.requires.iter().enumerate() {
                if !names.contains(required) {
                    let at = blueprint.at.key("requires").index(i);
                    let hint = format!("There is: {}.", listed(names.iter().map(String::as_str)));
                    self.faults
                        .push(at.fault_with(format!("There is no blueprint `{required}`."), Some(hint)));
                    self.torn = true;
                }
            }
        }
        if !names.iter().any(|n| n == "core") && !names.is_empty() {
            self.torn = true;
            self.faults.push(Fault {
                file: "core/blueprint.toml".into(),
                line: 0,
                key: String::new(),
                detail: "The blueprint `core` is missing; every other builds on it.".into(),
                hint: None,
            });
        }
        Loaded { blueprints: self.blueprints, faults: self.faults, torn: self.torn }
    }
}

/// An object with its fields one by one; `Err` where not even the object can be read.
pub fn read_object(root: &Node, at: &At, bad: &HashSet<String>) -> Result<PlacedObject, Option<Fault>> {
    let mut json = root.to_json_without(at, bad);
    if let Some(map) = json.as_object_mut() {
        map.remove("fields");
    }
    let item: ObjectFile =
        serde_json::from_value(json).map_err(|e| bad.is_empty().then(|| at.fault(format!("{e}."))))?;
    let fields = match read_list(root, at, "fields", bad) {
        Ok(fields) => fields,
        Err((_, faults)) if bad.is_empty() => return Err(faults.into_iter().next()),
        Err((fields, _)) => fields,
    };
    if item.name.is_none() && item.extend.is_none() {
        return Err(Some(at.fault("Neither `name` (a new object) nor `extend` (changes to one) is said.")));
    }
    Ok(PlacedObject { item, at: at.clone(), fields })
}

type Partly<T> = Result<Vec<Placed<T>>, (Vec<Placed<T>>, Vec<Fault>)>;

pub fn read_list<T: DeserializeOwned>(root: &Node, at: &At, key: &str, bad: &HashSet<String>) -> Partly<T> {
    let at = at.key(key);
    let items = match root.get(key).map(|n| &n.value) {
        Some(NodeValue::Array(items)) => items.as_slice(),
        _ => &[],
    };
    let mut read = vec![];
    let mut faults = vec![];
    for (i, node) in items.iter().enumerate() {
        let at = at.index(i);
        if bad.contains(&at.pointer()) {
            continue;
        }
        match serde_json::from_value(node.to_json_without(&at, bad)) {
            Ok(item) => read.push(Placed { item, at }),
            Err(e) => faults.push(at.fault(format!("{e}."))),
        }
    }
    if faults.is_empty() { Ok(read) } else { Err((read, faults)) }
}
