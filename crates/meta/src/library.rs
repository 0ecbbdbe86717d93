//! All blueprints that were read and found sound.
use crate::build::{self, Built, OverlaySource};
use crate::conform::conform;
use crate::fault::{Fault, suggestion};
use crate::load::{Blueprint, Loaded, load, read_list, read_object};
use crate::model::Model;
use crate::node::{At, Node, NodeValue};
use indexmap::IndexMap;
use serde_json::Value as Json;
use std::sync::Arc;

#[derive(Debug)]
pub struct Library {
    /// In an order in which every blueprint comes after those it requires; `core` first.
    blueprints: IndexMap<String, Blueprint>,
    /// What it was read from: path and text.
    files: Vec<(String, String)>,
}

impl Library {
    /// Reads and checks blueprints; `files` are pairs of path (`marina/objects/berth.toml`) and text.
    /// Tells every fault at once.
    pub fn parse(files: &[(String, String)]) -> Result<Self, Vec<Fault>> {
        let Loaded { blueprints, mut faults, torn } = load(files);
        let library = match sorted(blueprints) {
            Ok(blueprints) => Self { blueprints, files: files.to_vec() },
            Err(fault) => {
                faults.push(fault);
                return Err(faults);
            }
        };
        if !torn {
            let told: Vec<(String, usize)> = faults.iter().map(|f| (f.file.clone(), f.line)).collect();
            // What follows from a fault that was told already is no news.
            let news = |f: &Fault| !told.contains(&(f.file.clone(), f.line));
            faults.extend(crate::check::library(&library).into_iter().filter(news));
        }
        faults.sort();
        faults.dedup();
        if faults.is_empty() { Ok(library) } else { Err(faults) }
    }

    /// `core` first.
    pub fn names(&self) -> Vec<&str> {
        self.blueprints.keys().map(String::as_str).collect()
    }
    pub fn blueprint(&self, name: &str) -> Option<&Blueprint> {
        self.blueprints.get(name)
    }

    /// The files that define a blueprint, by path. Sample data and the list of entities define nothing.
    pub fn files(&self, blueprint: &str) -> impl Iterator<Item = (&str, &str)> {
        let folder = format!("{blueprint}/");
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).filter(move |(path, _)| {
            path.strip_prefix(folder.as_str())
                .is_some_and(|p| p != "entities.toml" && !p.starts_with("demo/"))
        })
    }

    /// Names one version of a blueprint.
    pub fn fingerprint(&self, blueprint: &str) -> String {
        use sha2::Digest;
        let mut hash = sha2::Sha256::new();
        let mut files: Vec<_> = self.files(blueprint).collect();
        files.sort_unstable();
        for (path, text) in files {
            // Lengths keep the end of one text apart from the beginning of the next.
            hash.update(format!("{} {path} {} ", path.len(), text.len()));
            hash.update(text);
        }
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What these blueprints and those that they require define together, as a tree (`diff`).
    pub fn definition(&self, blueprints: &[&str]) -> Result<Json, Vec<Fault>> {
        let chosen = self.chosen(blueprints)?;
        Ok(crate::diff::definition(chosen.iter().flat_map(|b| self.files(&b.name))))
    }

    /// The names of these blueprints and of those that they require, in the order in which they build on each other.
    pub fn required(&self, blueprints: &[&str]) -> Result<Vec<&str>, Vec<Fault>> {
        Ok(self.chosen(blueprints)?.into_iter().map(|b| b.name.as_str()).collect())
    }

    /// What a workspace with these blueprints (`core` and what they require are implied) and this overlay sees.
    /// The revision is 0: the caller knows it.
    pub fn model(&self, blueprints: &[&str], overlay: Option<&Json>) -> Result<Model, Vec<Fault>> {
        let chosen = self.chosen(blueprints)?;
        let overlay = overlay.map_or_else(|| Ok(OverlaySource::default()), read_overlay)?;
        let has_overlay =
            !overlay.objects.is_empty() || !overlay.pipelines.is_empty() || !overlay.roles.is_empty();
        let built = build::workspace(&chosen, &overlay);
        // Shipped blueprints were checked when they were read, but not in every combination; only merging can
        // still fail there. An overlay is checked in full.
        let mut faults = built.faults.clone();
        if has_overlay {
            faults.extend(crate::check::model(&built).into_iter().filter(|f| f.file == "overlay"));
        }
        faults.sort();
        faults.dedup();
        if faults.is_empty() { Ok(built.model) } else { Err(faults) }
    }

    /// Every object of every blueprint with the union of its fields: what the tables must hold. What one trade asks
    /// of a shared column (`required`, a range) is left out, because other trades write the same table.
    pub fn union(&self) -> Model {
        let all: Vec<&Blueprint> = self.blueprints.values().collect();
        build::union(&all).model
    }

    /// What is wrong with all tables together: two trades that disagree about a column.
    pub(crate) fn tables(&self) -> Vec<Fault> {
        let all: Vec<&Blueprint> = self.blueprints.values().collect();
        let built = build::union(&all);
        let mut faults = built.faults.clone();
        faults.extend(crate::check::tables(&built));
        faults
    }
    pub(crate) fn built(&self, name: &str) -> Built {
        let chosen = self.chosen(&[name]).unwrap_or_default();
        build::workspace(&chosen, &OverlaySource::default())
    }

    /// The blueprints of these names and all they require, in order.
    pub(crate) fn chosen(&self, names: &[&str]) -> Result<Vec<&Blueprint>, Vec<Fault>> {
        let mut wanted: Vec<&str> = vec!["core"];
        let mut open: Vec<&str> = names.to_vec();
        while let Some(name) = open.pop() {
            let Some(blueprint) = self.blueprints.get(name) else {
                let detail = format!("There is no blueprint `{name}`.");
                let hint = suggestion(name, self.names());
                let (file, key) = ("workspace".into(), "blueprints".into());
                return Err(vec![Fault { file, line: 0, key, detail, hint }]);
            };
            if !wanted.contains(&name) || name == "core" {
                wanted.push(name);
                open.extend(blueprint.requires.iter().map(String::as_str).filter(|r| !wanted.contains(r)));
            }
        }
        Ok(self.blueprints.values().filter(|b| wanted.contains(&b.name.as_str())).collect())
    }
}

/// Every blueprint after those it requires.
fn sorted(mut open: IndexMap<String, Blueprint>) -> Result<IndexMap<String, Blueprint>, Fault> {
    let mut done: IndexMap<String, Blueprint> = IndexMap::new();
    open.sort_by(|a, _, b, _| (a != "core", a).cmp(&(b != "core", b)));
    while !open.is_empty() {
        let ready = |b: &Blueprint| b.requires.iter().all(|r| done.contains_key(r) || !open.contains_key(r));
        let Some(name) = open.values().find(|b| ready(b)).map(|b| b.name.clone()) else {
            let names: Vec<&str> = open.keys().map(String::as_str).collect();
            let detail = format!("These blueprints require each other in a circle: {}.", names.join(", "));
            return Err(open[0].at.key("requires").fault(detail));
        };
        let blueprint = open.shift_remove(&name).expect("it was found a line above");
        done.insert(name, blueprint);
    }
    Ok(done)
}

fn read_overlay(json: &Json) -> Result<OverlaySource, Vec<Fault>> {
    let root = Arc::new(Node::from_json(json));
    let at = At::root("overlay", root.clone());
    let found = conform(&root, "Overlay", &at);
    let mut faults = found.faults;
    let mut overlay = OverlaySource::default();
    if let Some(NodeValue::Array(objects)) = root.get("objects").map(|n| &n.value) {
        for (i, node) in objects.iter().enumerate() {
            match read_object(node, &at.key("objects").index(i), &found.bad) {
                Ok(object) => overlay.objects.push(object),
                Err(fault) => faults.extend(fault),
            }
        }
    }
    match read_list(&root, &at, "roles", &found.bad) {
        Ok(roles) => overlay.roles = roles,
        Err((_, more)) if faults.is_empty() => faults.extend(more),
        Err(_) => {}
    }
    match read_list(&root, &at, "pipelines", &found.bad) {
        Ok(pipelines) => overlay.pipelines = pipelines,
        Err((_, more)) if faults.is_empty() => faults.extend(more),
        Err(_) => {}
    }
    if faults.is_empty() { Ok(overlay) } else { Err(faults) }
}
