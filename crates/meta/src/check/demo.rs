//! Sample data: objects, fields, roles and values that fit, before anybody waits for a thousand records to be refused.
use super::{Check, pipelines};
use crate::Kind;
use crate::demo::{DemoRecords, Maker};
use crate::fault::listed;
use crate::load::Blueprint;
use crate::model::{Field, Object};
use crate::node::At;
use indexmap::IndexMap;
use serde_json::Value as Json;

pub fn check(check: &mut Check<'_>, blueprint: &Blueprint) {
    let (Some(demo), Some(at)) = (&blueprint.demo, &blueprint.demo_at) else { return };
    for (i, member) in demo.members.iter().enumerate() {
        pipelines::known_role(check, &member.role, &at.key("members").index(i).key("role"));
    }
    if let Some(location) = check.object("location") {
        for (i, place) in demo.locations.iter().enumerate() {
            fixed(check, location, &place.fields, &at.key("locations").index(i).key("fields"));
        }
    }
    for (i, records) in demo.records.iter().enumerate() {
        let at = at.key("records").index(i);
        let Some(object) = check.known_object(&records.object, &at.key("object")) else { continue };
        if object.engine || object.part_of.is_some() {
            check.say(&at.key("object"), format!("`{}` is not made by itself.", object.name));
        }
        let has_locations = !demo.locations.is_empty();
        let scene = Scene { others: &records.fields, made: &demo.records[..i], has_locations };
        fields(check, object, scene, &at.key("fields"));
    }
}

fn fixed<'a>(check: &mut Check<'a>, object: &'a Object, values: &IndexMap<String, Json>, at: &At) {
    for (name, value) in values {
        if let Some(field) = own(check, object, name, &at.key(name.as_str())) {
            fits(check, field, value, &at.key(name.as_str()));
        }
    }
    required(check, object, |name| values.contains_key(name), at);
}

fn own<'a>(check: &mut Check<'a>, object: &'a Object, name: &str, at: &At) -> Option<&'a Field> {
    if name.contains('.') {
        check.say(at, "Sample data gives fields of the object itself.");
        return None;
    }
    let field = check.field(object, name, at)?;
    let written_by_engine = field.system && name != "location_id";
    if written_by_engine || matches!(field.kind, Kind::Formula | Kind::AutoNumber) {
        check.say(at, format!("`{name}` is set by Kontor."));
        return None;
    }
    Some(field)
}

fn required(check: &mut Check<'_>, object: &Object, given: impl Fn(&str) -> bool, at: &At) {
    let automatic =
        |f: &Field| f.system || f.default.is_some() || matches!(f.kind, Kind::Formula | Kind::AutoNumber);
    let missing: Vec<&str> = object
        .fields
        .values()
        .filter(|f| f.required && !automatic(f) && !given(&f.name))
        .map(|f| f.name.as_str())
        .collect();
    if !missing.is_empty() {
        check.say(at, format!("`{}` also needs {}.", object.name, listed(missing)));
    }
}

/// What is around a value: the other values of its record, and what was made before.
#[derive(Clone, Copy)]
struct Scene<'d> {
    others: &'d IndexMap<String, Maker>,
    made: &'d [DemoRecords],
    has_locations: bool,
}

fn fields<'a>(check: &mut Check<'a>, object: &'a Object, scene: Scene<'_>, at: &At) {
    for (name, maker) in scene.others {
        let at = at.key(name.as_str());
        if let Some(field) = own(check, object, name, &at) {
            self::maker(check, field, maker, scene, &at);
        }
    }
    required(check, object, |name| scene.others.contains_key(name), at);
}

fn maker<'a>(check: &mut Check<'a>, field: &'a Field, maker: &Maker, scene: Scene<'_>, at: &At) {
    match maker {
        Maker::Fixed(value) => fits(check, field, &value.to_json(), at),
        Maker::Value { value } => fits(check, field, value, at),
        Maker::Pick { pick } => picks(check, field, pick, &at.key("pick")),
        Maker::Some { some, .. } => {
            let all = Json::from(some.clone());
            fits(check, field, &all, &at.key("some"));
        }
        Maker::Chance { then: Some(then), .. } => {
            self::maker(check, field, then, scene, &at.key("then"));
        }
        Maker::Chance { then: None, .. } => kind(check, field, &[Kind::Boolean], at),
        Maker::Member { member } => {
            kind(check, field, &[Kind::User], at);
            for (i, role) in member.iter().enumerate() {
                pipelines::known_role(check, role, &at.key("member").index(i));
            }
        }
        Maker::AnyMember {} => kind(check, field, &[Kind::User], at),
        Maker::Ref { r#ref } => reference(check, field, r#ref, scene, at),
        Maker::Money { .. } | Maker::Decimal { .. } => {
            kind(check, field, &[Kind::Money, Kind::Decimal, Kind::Percent], at);
        }
        Maker::Integer { .. } => {
            let numbers =
                [Kind::Integer, Kind::Decimal, Kind::Money, Kind::Percent, Kind::Duration, Kind::Rating];
            kind(check, field, &numbers, at);
        }
        Maker::Date { .. } => kind(check, field, &[Kind::Date], at),
        Maker::DateTime { .. } => kind(check, field, &[Kind::DateTime], at),
        Maker::After { after, .. } => {
            kind(check, field, &[Kind::Date, Kind::DateTime], at);
            let earlier = scene.others.get_index_of(after) < scene.others.get_index_of(&field.name);
            if !scene.others.contains_key(after) || !earlier {
                check.say(&at.key("after"), format!("`{after}` is not made before `{}` here.", field.name));
            }
        }
        Maker::Parts { fields: rows, .. } => {
            kind(check, field, &[Kind::Parts], at);
            if let Some(part) = field.parts.as_ref().and_then(|p| check.object(p)) {
                fields(check, part, Scene { others: rows, ..scene }, &at.key("fields"));
            }
        }
        Maker::Sequence { .. } | Maker::Fake { .. } => {
            let texts = [
                Kind::Text,
                Kind::LongText,
                Kind::RichText,
                Kind::Email,
                Kind::Phone,
                Kind::Url,
                Kind::Address,
            ];
            kind(check, field, &texts, at);
        }
    }
}

fn kind(check: &mut Check<'_>, field: &Field, wanted: &[Kind], at: &At) {
    if !wanted.contains(&field.kind) {
        let found = field.kind.name();
        check.say(at, format!("`{}` is a {found}; this does not make one.", field.name));
    }
}

fn reference(check: &mut Check<'_>, field: &Field, name: &str, scene: Scene<'_>, at: &At) {
    let at = at.key("ref");
    let Some(target) = check.known_object(name, &at).map(|o| o.name.as_str()) else { return };
    if field.reference.as_ref().is_none_or(|r| r.to != target) {
        check.say(&at, format!("`{}` does not refer to `{target}`.", field.name));
    }
    let is_there = match target {
        "location" => scene.has_locations,
        "member" => true,
        _ => scene.made.iter().any(|r| r.object == target),
    };
    if !is_there {
        check.say(&at, format!("No `{target}` is made before this; put its records further up."));
    }
}

/// Plain values, or pairs of value and weight.
fn picks(check: &mut Check<'_>, field: &Field, values: &[Json], at: &At) {
    let weighted = |v: &Json| matches!(v.as_array().map(Vec::as_slice), Some([_, w]) if w.is_number());
    let all_weighted = !values.is_empty() && values.iter().all(weighted);
    for (i, value) in values.iter().enumerate() {
        fits(check, field, if all_weighted { &value[0] } else { value }, &at.index(i));
    }
    if values.is_empty() {
        check.say(at, "There is nothing to pick from.");
    }
}

fn fits(check: &mut Check<'_>, field: &Field, value: &Json, at: &At) {
    // Words of defaults mean the same here.
    if value.as_str().is_some_and(|w| ["@today", "@now", "@me", "@currency"].contains(&w)) {
        return;
    }
    if let Err(problem) = crate::parse(field, value) {
        let hint = problem.hint.clone();
        check.hint(at, problem.detail, hint);
    }
}
