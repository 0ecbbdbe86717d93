//! Names that readers see on an object: its fields, what it embeds, its to-many sides. Each may stand for one thing.
use super::Check;
use crate::model::{Inverse, Object, Place};
use crate::node::At;
use std::collections::HashMap;

pub fn check(check: &mut Check<'_>) {
    for object in check.built.model.objects.values() {
        let mut taken: HashMap<String, String> =
            object.fields.keys().map(|f| (f.clone(), format!("the field `{f}`"))).collect();
        embeds(check, object, &mut taken);
        inverses(check, object, &mut taken);
    }
}

fn embeds<'a>(check: &mut Check<'a>, object: &'a Object, taken: &mut HashMap<String, String>) {
    for field in object.fields.values() {
        let Some(reference) = &field.reference else { continue };
        if reference.embed == field.name {
            continue;
        }
        let what = format!("the reference `{}`", field.name);
        if let Some(other) = taken.insert(reference.embed.clone(), what) {
            let at = place(check, &object.name, &field.name);
            let detail = format!("It is embedded as `{}`, which is {other} already.", reference.embed);
            check.say(&at, detail);
        }
    }
}

fn inverses<'a>(check: &mut Check<'a>, object: &'a Object, taken: &mut HashMap<String, String>) {
    // Two links between the same objects may share a name: the query says which one it means.
    // What a workspace added comes last: it gives way.
    let own = |i: &&Inverse| {
        let field = check.built.objects.get(&i.object).and_then(|o| o.fields.get(&i.field));
        field.is_some_and(|f| f.place == Place::Custom)
    };
    let (own, shipped): (Vec<_>, Vec<_>) =
        object.inverses.iter().filter(|i| i.through.is_none()).partition(own);
    for inverse in shipped.into_iter().chain(own) {
        let is_list =
            object.fields.get(&inverse.name).is_some_and(|f| f.parts.as_ref() == Some(&inverse.object));
        let what = format!("`{}.{}`", inverse.object, inverse.field);
        match taken.insert(inverse.name.clone(), what) {
            Some(other) if !is_list => clash(check, object, inverse, &other),
            _ => {}
        }
    }
}

fn clash<'a>(check: &mut Check<'a>, object: &'a Object, inverse: &Inverse, other: &str) {
    let at = place(check, &inverse.object, &inverse.field).key("inverse");
    let example = format!("{}_{}", inverse.field.trim_end_matches("_id"), inverse.name);
    check.hint(
        &at,
        format!("On `{}` this relation is called `{}`, which is {other} already.", object.name, inverse.name),
        Some(format!("Name it, for example `inverse = \"{example}\"`.")),
    );
}

fn place(check: &Check<'_>, object: &str, field: &str) -> At {
    let merged = &check.built.objects[object];
    merged.fields.get(field).map_or_else(|| merged.at.clone(), |f| f.at.clone())
}
