//! Blueprints to a `Model`: sources are merged in order, then turned into the plain data that the rest of the house reads.
//! Building is lenient: what refers to nothing is left out here and told by `check`.
mod duplicates;
mod fields;
mod merge;
mod objects;
mod relations;
mod rights;
mod rollups;

pub use fields::label_of;
pub use merge::{Merged, MergedField};
pub use rights::{follow, matches, parse_grant};
pub use rollups::circle;

use crate::fault::Fault;
use crate::load::{Blueprint, Placed, PlacedObject};
use crate::model::{Model, Permission, Stage, View};
use crate::source::{PermissionSource, PipelineFile, RoleSource, StageSource};
use indexmap::IndexMap;
use std::collections::HashSet;

/// A workspace's own changes, read.
#[derive(Debug, Default)]
pub struct OverlaySource {
    pub objects: Vec<PlacedObject>,
    pub pipelines: Vec<Placed<PipelineFile>>,
    pub roles: Vec<Placed<RoleSource>>,
}

impl OverlaySource {
    /// Whether the workspace has put its own field away; its stages come back with it.
    fn is_put_away(&self, object: &str, field: &str) -> bool {
        let named =
            |o: &&PlacedObject| [&o.item.name, &o.item.extend].iter().any(|n| n.as_deref() == Some(object));
        let fields = self.objects.iter().filter(named).flat_map(|o| &o.fields);
        fields.into_iter().any(|f| f.item.name == field && f.item.archived == Some(true))
    }
}

/// The model, and the sources it was made from for the checks to point at.
pub struct Built {
    pub model: Model,
    pub objects: IndexMap<String, Merged>,
    pub pipelines: Vec<Placed<PipelineFile>>,
    pub permissions: Vec<Placed<PermissionSource>>,
    pub roles: Vec<Placed<RoleSource>>,
    pub views: Vec<Placed<View>>,
    /// Objects that the chosen trades do not show.
    pub excluded: HashSet<String>,
    pub faults: Vec<Fault>,
}

/// What a workspace with these blueprints sees.
pub fn workspace(blueprints: &[&Blueprint], overlay: &OverlaySource) -> Built {
    let mut faults = vec![];
    let mut objects = merge::objects(blueprints, overlay, &mut faults);
    let excluded = merge::exclude(blueprints, &mut objects, &mut faults);
    let mut pipelines = overlay.pipelines.clone();
    pipelines.retain(|p| !overlay.is_put_away(&p.item.object, &p.item.field));
    let mut built = assemble(blueprints, &pipelines, objects, excluded, faults);
    built.roles.extend(overlay.roles.iter().cloned());
    rights::fill(&mut built, overlay.roles.len());
    built
}

/// Every object of every blueprint with the union of its fields: what the tables must hold.
pub fn union(blueprints: &[&Blueprint]) -> Built {
    let mut faults = vec![];
    let objects = merge::union(blueprints, &mut faults);
    assemble(blueprints, &[], objects, HashSet::new(), faults)
}

fn assemble(
    blueprints: &[&Blueprint],
    own_pipelines: &[Placed<PipelineFile>],
    objects: IndexMap<String, Merged>,
    excluded: HashSet<String>,
    faults: Vec<Fault>,
) -> Built {
    let mut built = Built {
        model: Model::default(),
        objects,
        pipelines: pipelines(blueprints),
        permissions: blueprints.iter().flat_map(|b| b.permissions.iter().cloned()).collect(),
        roles: blueprints.iter().flat_map(|b| b.roles.iter().cloned()).collect(),
        views: views(blueprints),
        excluded,
        faults,
    };
    // What is put away takes its stages along; they come back with it.
    let there = |p: &&Placed<PipelineFile>| built.objects.contains_key(&p.item.object);
    built.pipelines.extend(own_pipelines.iter().filter(there).cloned());
    built.pipelines.retain(|p| !built.excluded.contains(&p.item.object));
    built.views.retain(|v| !built.excluded.contains(&v.item.object));
    name_the_model(&mut built.model, blueprints);
    objects::fill(&mut built);
    relations::fill(&mut built.model);
    rollups::fill(&mut built.model);
    built
}

fn name_the_model(model: &mut Model, blueprints: &[&Blueprint]) {
    model.blueprints = blueprints.iter().map(|b| b.name.clone()).collect();
    let last =
        |pick: fn(&Blueprint) -> &Option<String>| blueprints.iter().rev().find_map(|b| pick(b).clone());
    model.location_label = last(|b| &b.location_label).unwrap_or_else(|| "Location".into());
    model.location_label_plural =
        last(|b| &b.location_label_plural).unwrap_or_else(|| format!("{}s", model.location_label));
}

/// A later pipeline of the same name takes the place of an earlier one; so does a later one on the same field when
/// nothing selects between them.
fn pipelines(blueprints: &[&Blueprint]) -> Vec<Placed<PipelineFile>> {
    let mut all: Vec<Placed<PipelineFile>> = vec![];
    for blueprint in blueprints {
        let theirs = &blueprint.pipelines;
        let replaced = |old: &PipelineFile| {
            theirs.iter().map(|p| &p.item).any(|new| {
                let same_field = new.field == old.field && (new.selector.is_none() || old.selector.is_none());
                new.object == old.object && (new.name == old.name || same_field)
            })
        };
        all.retain(|p| !replaced(&p.item));
        all.extend(theirs.iter().cloned());
    }
    all
}

fn views(blueprints: &[&Blueprint]) -> Vec<Placed<View>> {
    let mut all: Vec<Placed<View>> = vec![];
    for blueprint in blueprints {
        let theirs = &blueprint.views;
        let replaced =
            |old: &View| theirs.iter().any(|p| p.item.object == old.object && p.item.name == old.name);
        all.retain(|p| !replaced(&p.item));
        // A trade that says which view comes first wins over the blueprint below it.
        for new in theirs.iter().filter(|p| p.item.default) {
            all.iter_mut().filter(|p| p.item.object == new.item.object).for_each(|p| p.item.default = false);
        }
        all.extend(theirs.iter().cloned());
    }
    all
}

fn stage(source: &StageSource) -> Stage {
    Stage {
        name: source.name.clone(),
        label: source.label.clone().unwrap_or_else(|| label_of(&source.name)),
        color: source.color.map(|c| c.name().to_string()).unwrap_or_default(),
        probability: source.probability,
        to: source.to.clone(),
        outcome: source.outcome,
        assigned_to: source.assigned_to.clone(),
        gates: source.gates.clone(),
    }
}

fn permission(source: &PermissionSource) -> Permission {
    let label =
        if source.label.is_empty() { label_of(&source.name.replace('.', " ")) } else { source.label.clone() };
    let grants = source.grants.iter().filter_map(|g| parse_grant(g).ok()).flatten().collect();
    Permission { name: source.name.clone(), label, grants }
}
