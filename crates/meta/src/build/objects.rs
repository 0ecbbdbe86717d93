//! Merged sources to objects: system fields, stages, views, names of tables.
use super::fields::{field, label_of, system, system_reference};
use super::{Built, Merged, stage};
use crate::Kind;
use crate::load::Placed;
use crate::model::{
    Choice, DefaultValue, Field, Model, OWN, OWN_TABLE, Object, OnDelete, Pipeline, ReachFields, UniqueRule,
    View,
};
use crate::source::{PipelineFile, ScopeWord};
use indexmap::IndexMap;

pub fn fill(built: &mut Built) {
    let wholes = wholes(&built.objects);
    let mut model = std::mem::take(&mut built.model);
    for (name, merged) in &built.objects {
        let object = object(name, merged, &wholes, &model.location_label);
        model.by_plural.insert(object.plural.clone(), name.clone());
        model.objects.insert(name.clone(), object);
    }
    for pipeline in &built.pipelines {
        add_pipeline(&mut model, pipeline);
    }
    for object in model.objects.values_mut() {
        stages_are_options(object);
    }
    for view in &built.views {
        add_view(&mut model, view, &built.objects);
    }
    built.model = model;
}

/// Part object to (whole, name of the parts field).
fn wholes(objects: &IndexMap<String, Merged>) -> IndexMap<String, (String, String)> {
    let lists = objects.iter().flat_map(|(whole, o)| {
        let parts = o.fields.values().filter(|f| f.source.kind == Some(Kind::Parts));
        parts.filter_map(move |f| Some((f.source.of.clone()?, (whole.clone(), f.source.name.clone()))))
    });
    lists.collect()
}

fn object(
    name: &str,
    merged: &Merged,
    wholes: &IndexMap<String, (String, String)>,
    location_label: &str,
) -> Object {
    let s = &merged.source;
    let plural = s.plural.clone().unwrap_or_else(|| format!("{name}s"));
    let engine = s.engine.unwrap_or(false);
    let label = s.label.clone().unwrap_or_else(|| label_of(name));
    let mut object = Object {
        name: name.into(),
        table: match (merged.blueprint.as_str(), engine) {
            (OWN, _) => OWN_TABLE.into(),
            (_, true) => format!("kontor.{plural}"),
            (_, false) => format!("data.{plural}"),
        },
        label_plural: s.label_plural.clone().unwrap_or_else(|| label_of(&plural)),
        description: s.description.clone().unwrap_or_default(),
        icon: s.icon.clone().unwrap_or_else(|| "square".into()),
        blueprint: merged.blueprint.clone(),
        key: vec!["id".into()],
        search: s.search.clone().unwrap_or_default(),
        location_scoped: s.scope == Some(ScopeWord::Location),
        // Parts come and go with their whole.
        archivable: !engine && s.part_of.is_none() && s.archive.unwrap_or(true),
        engine,
        part_of: s.part_of.clone(),
        link: s.link.clone(),
        renamed_from: s.renamed_from.clone(),
        label,
        plural,
        ..Object::default()
    };
    add_fields(&mut object, merged, wholes.get(name).map(|(_, list)| list.as_str()), location_label);
    object.title = title(s.title.as_deref(), &object);
    object.reach = reach(merged, &object);
    object.unique = unique(merged, &object);
    object.duplicates =
        merged.source.duplicates.as_ref().map(|said| super::duplicates::fields(said, merged, &object));
    object
}

fn add_fields(object: &mut Object, merged: &Merged, parts_list: Option<&str>, location_label: &str) {
    let mut fields: Vec<Field> = vec![system("id", "ID", Kind::Id)];
    if let Some(whole) = &object.part_of {
        let inverse = parts_list.unwrap_or(&object.plural);
        fields.push(system_reference(
            &format!("{whole}_id"),
            &label_of(whole),
            whole,
            OnDelete::Cascade,
            inverse,
        ));
        fields.push(system("position", "Position", Kind::Counter));
    }
    let mut files = 0;
    for merged in merged.fields.values() {
        fields.push(field(merged, &object.plural, files));
        files += usize::from(merged.source.kind == Some(Kind::File));
        if let Some(old) = &merged.source.renamed_from {
            object.renamed.insert(merged.source.name.clone(), old.clone());
        }
    }
    fields.extend(trailing_system_fields(object, location_label));
    // A blueprint's field never takes the place of a system field; `check` tells its author.
    for field in fields {
        if !object.fields.get(&field.name).is_some_and(|f| f.system) {
            object.fields.insert(field.name.clone(), field);
        }
    }
}

fn trailing_system_fields(object: &Object, location_label: &str) -> Vec<Field> {
    let mut fields = vec![];
    if object.location_scoped {
        let to_many = &object.plural;
        fields.push(system_reference("location_id", location_label, "location", OnDelete::Restrict, to_many));
    }
    fields.push(system("created_at", "Created at", Kind::DateTime));
    fields.push(system_reference("created_by", "Created by", "member", OnDelete::Restrict, ""));
    fields.push(system("updated_at", "Updated at", Kind::DateTime));
    fields.push(system_reference("updated_by", "Updated by", "member", OnDelete::Restrict, ""));
    if object.archivable {
        fields.push(system("archived_at", "Archived at", Kind::DateTime));
    }
    fields.push(system("version", "Version", Kind::Counter));
    fields
}

fn title(said: Option<&str>, object: &Object) -> String {
    let own = || object.fields.values().filter(|f| !f.system);
    let texty = |f: &&Field| matches!(f.kind, Kind::Text | Kind::AutoNumber | Kind::Email);
    match said {
        Some(title) => title.into(),
        None if object.fields.contains_key("name") => "name".into(),
        None => own().find(texty).map_or_else(|| "id".into(), |f| f.name.clone()),
    }
}

fn reach(merged: &Merged, object: &Object) -> ReachFields {
    let has = |f: &str| object.fields.contains_key(f);
    let own = merged.source.own.clone().unwrap_or_else(|| {
        ["owner_id", "created_by"].iter().find(|f| has(f)).map(|f| vec![f.to_string()]).unwrap_or_default()
    });
    ReachFields {
        own,
        assigned: merged.source.assigned.clone().unwrap_or_default(),
        client: merged.source.client.clone(),
    }
}

fn unique(merged: &Merged, object: &Object) -> Vec<UniqueRule> {
    let mut rules: Vec<UniqueRule> = vec![];
    let link = object.link.as_ref().map(|pair| pair.to_vec());
    for fields in link.into_iter().chain(merged.source.unique.iter().flatten().cloned()) {
        if !rules.iter().any(|r| r.fields == fields) {
            rules.push(UniqueRule { fields });
        }
    }
    rules
}

fn add_pipeline(model: &mut Model, placed: &Placed<PipelineFile>) {
    let p = &placed.item;
    let Some(object) = model.objects.get_mut(&p.object) else { return };
    object.pipelines.push(Pipeline {
        name: p.name.clone(),
        label: p.label.clone(),
        field: p.field.clone(),
        selector: p.selector.clone(),
        permission: p.permission.clone(),
        override_permission: p.override_permission.clone(),
        stages: p.stages.iter().map(stage).collect(),
    });
}

/// The options of a stage field are the stages of all its pipelines; a new record starts in the first.
fn stages_are_options(object: &mut Object) {
    let pipelines = std::mem::take(&mut object.pipelines);
    let mut seen: Vec<&str> = vec![];
    for pipeline in &pipelines {
        let first_of_field = !seen.contains(&pipeline.field.as_str());
        seen.push(&pipeline.field);
        let Some(field) = object.fields.get_mut(&pipeline.field) else { continue };
        if first_of_field {
            field.options.clear();
        }
        for stage in &pipeline.stages {
            if !field.options.iter().any(|o| o.value == stage.name) {
                let (label, color) = (stage.label.clone(), stage.color.clone());
                field.options.push(Choice { value: stage.name.clone(), label, color });
            }
        }
        if field.default.is_none() && field.kind == Kind::Select {
            field.default = pipeline.stages.first().map(|s| DefaultValue::Fixed(s.name.as_str().into()));
        }
    }
    object.pipelines = pipelines;
}

fn add_view(model: &mut Model, placed: &Placed<View>, objects: &IndexMap<String, Merged>) {
    let mut view = placed.item.clone();
    let Some(object) = model.objects.get_mut(&view.object) else { return };
    if let Some(merged) = objects.get(&view.object) {
        view.columns.retain(|c| !merged.is_hidden(c));
    }
    if view.label.is_empty() {
        view.label = label_of(&view.name);
    }
    object.views.push(view);
}
