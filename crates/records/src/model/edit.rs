//! What a change does to the overlay. Whether it is sound is asked afterwards, of the whole model.
use super::overlay::Overlay;
use super::purge::{LEAVING, is_gone};
use super::{Edited, ModelChange, no_such_field, no_such_object};
use crate::Body;
use kernel::{Problem, Problems, Timestamp};
use meta::{Field, Kind, Model, Place};
use serde_json::{Map, Value as Json, json};

/// Keys that have routes of their own, or that stay as they are.
const NOT_OF_OBJECTS: [&str; 5] = ["extend", "archived", LEAVING, "order", "exclude_fields"];
const NOT_OF_FIELDS: [&str; 3] = ["archived", LEAVING, "renamed_from"];
/// What a workspace may say of a shipped object. Pipelines are those of its own fields.
const OF_SHIPPED: [&str; 7] =
    ["label", "label_plural", "description", "icon", "title", "search", "pipelines"];

/// `leaves_at`: when the values go of what is deleted; its definition stays until they have gone.
pub(super) fn apply(
    overlay: &mut Overlay,
    model: &Model,
    change: &ModelChange,
    leaves_at: Option<Timestamp>,
) -> Result<Edited, Problems> {
    match change {
        ModelChange::AddObject(body) => add_object(overlay, model, body),
        ModelChange::ChangeObject { object, body } => change_object(overlay, model, object, body),
        ModelChange::ArchiveObject { object, away } => {
            archive_object(overlay, model, object, *away).map_err(one)
        }
        ModelChange::DeleteObject { object, .. } => {
            delete_object(overlay, model, object, leaves_at).map_err(one)
        }
        ModelChange::AddField { object, body } => add_field(overlay, model, object, body),
        ModelChange::ChangeField { object, field, body } => change_field(overlay, model, object, field, body),
        ModelChange::ArchiveField { object, field, away } => {
            archive_field(overlay, model, object, field, *away).map_err(one)
        }
        ModelChange::DeleteField { object, field, .. } => {
            delete_field(overlay, object, field, leaves_at).map_err(one)
        }
        ModelChange::OrderFields { object, fields } => order_fields(overlay, model, object, fields),
    }
}

fn one(problem: Problem) -> Problems {
    vec![problem]
}

fn refused_keys(body: &Body, keys: &[&str]) -> Problems {
    let told = |key: &&&str| Problem::new("field.unknown", format!("`{key}` is not said here.")).at(**key);
    keys.iter().filter(|k| body.contains_key(**k)).map(|k| told(&k)).collect()
}

fn edited(
    object: &str,
    field: Option<&str>,
    action: &'static str,
    before: Json,
    after: Json,
    at: String,
) -> Edited {
    Edited { object: object.into(), field: field.map(Into::into), action, before, after, at }
}

// --- objects

fn add_object(overlay: &mut Overlay, model: &Model, body: &Body) -> Result<Edited, Problems> {
    let mut problems = refused_keys(body, &NOT_OF_OBJECTS);
    let Some(name) = body.get("name").and_then(Json::as_str) else {
        problems.push(Problem::new("field.required", "An object has a name: `boat_part`.").at("name"));
        return Err(problems);
    };
    if model.objects.contains_key(name) || overlay.own(name).is_some() {
        problems.push(
            Problem::new("field.duplicate", format!("There is an object `{name}` already.")).at("name"),
        );
    }
    if body.get("fields").and_then(Json::as_array).is_none_or(Vec::is_empty) {
        problems.push(Problem::new("field.required", "An object has at least one field.").at("fields"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut entry = filled(body);
    let pipelines = take_pipelines(&mut entry, name)?;
    let after = Json::Object(entry.clone());
    let at = overlay.add_object(entry);
    overlay.set_pipelines(name, pipelines.unwrap_or_default());
    Ok(edited(name, None, "create", Json::Null, after, format!("objects.{at}")))
}

fn change_object(
    overlay: &mut Overlay,
    model: &Model,
    object: &str,
    body: &Body,
) -> Result<Edited, Problems> {
    let mut problems = refused_keys(body, &NOT_OF_OBJECTS);
    problems.extend(
        refused_keys(body, &["fields", "name", "plural", "scope"])
            .into_iter()
            .map(|p| p.hint("Names stay as they are, fields have addresses of their own; change the label.")),
    );
    let own = overlay.own(object).is_some();
    if !own {
        model.objects.get(object).ok_or_else(|| vec![no_such_object(object)])?;
        let shipped = |key: &&String| !OF_SHIPPED.contains(&key.as_str());
        problems.extend(body.keys().filter(shipped).map(|key| {
            Problem::new(
                "model.shipped",
                format!("`{key}` of an object that the blueprint brought stays as it is."),
            )
            .at(key)
        }));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let at = overlay.entry(object);
    let before = definition(overlay.object(at));
    let mut body = body.clone();
    if let Some(pipelines) = take_pipelines(&mut body, object)? {
        overlay.set_pipelines(object, pipelines);
    }
    merge(overlay.object_mut(at), &body);
    let after = definition(overlay.object(at));
    Ok(edited(object, None, "update", before, after, format!("objects.{at}")))
}

fn archive_object(overlay: &mut Overlay, model: &Model, object: &str, away: bool) -> Result<Edited, Problem> {
    let Some(at) = overlay.own(object) else { return Err(not_own(model, object)) };
    let referring: Vec<String> = referring(model, object);
    if away && !referring.is_empty() {
        let detail = format!("Fields refer to `{object}`: {}.", referring.join(", "));
        return Err(Problem::new("record.in_use", detail).hint("Archive these fields first."));
    }
    not_gone(overlay.object(at), object)?;
    let before = definition(overlay.object(at));
    set_archived(overlay.object_mut(at), away);
    let after = definition(overlay.object(at));
    Ok(edited(object, None, action(away), before, after, format!("objects.{at}")))
}

fn delete_object(
    overlay: &mut Overlay,
    model: &Model,
    object: &str,
    leaves_at: Option<Timestamp>,
) -> Result<Edited, Problem> {
    let Some(at) = overlay.own(object) else { return Err(not_own(model, object)) };
    if overlay.object(at)["archived"] != true {
        return Err(not_archived(object));
    }
    let before = definition(overlay.object(at));
    if let Some(leaves_at) = leaves_at {
        leave(overlay.object_mut(at), leaves_at);
        let after = definition(overlay.object(at));
        return Ok(edited(object, None, "delete", before, after, format!("objects.{at}")));
    }
    overlay.remove_object(at);
    overlay.set_pipelines(object, vec![]);
    Ok(edited(object, None, "delete", before, Json::Null, format!("objects.{at}")))
}

/// `deal.yacht_id`
fn referring(model: &Model, object: &str) -> Vec<String> {
    let others = model.objects.values().filter(|o| o.name != object);
    let fields = others.flat_map(|o| o.fields.values().map(move |f| (o, f)));
    let refers = fields.filter(|(_, f)| f.reference.as_ref().is_some_and(|r| r.to == object));
    refers.map(|(o, f)| format!("`{}.{}`", o.name, f.name)).collect()
}

fn not_own(model: &Model, object: &str) -> Problem {
    if model.objects.contains_key(object) {
        let detail = format!("`{object}` came with the blueprint; it cannot be put away or deleted.");
        return Problem::new("model.shipped", detail);
    }
    no_such_object(object)
}

/// `pipelines` of a body, for the overlay's list.
fn take_pipelines(body: &mut Body, object: &str) -> Result<Option<Vec<Json>>, Problems> {
    let wrong = |at: String| vec![Problem::new("field.invalid", "Pipelines are a list of objects.").at(at)];
    match body.remove("pipelines") {
        None => Ok(None),
        Some(Json::Array(mut all)) => {
            for (i, pipeline) in all.iter_mut().enumerate() {
                let map = pipeline.as_object_mut().ok_or_else(|| wrong(format!("pipelines.{i}")))?;
                map.insert("object".into(), json!(object));
            }
            Ok(Some(all))
        }
        Some(_) => Err(wrong("pipelines".into())),
    }
}

// --- fields

fn add_field(overlay: &mut Overlay, model: &Model, object: &str, body: &Body) -> Result<Edited, Problems> {
    let Some(there) = model.objects.get(object) else { return Err(vec![no_such_object(object)]) };
    let mut problems = refused_keys(body, &NOT_OF_FIELDS);
    if there.engine {
        let detail = format!("{} are the engine's own; they take no fields.", there.label_plural);
        return Err(vec![Problem::new("model.shipped", detail)]);
    }
    let Some(name) = body.get("name").and_then(Json::as_str) else {
        problems.push(Problem::new("field.required", "A field has a name: `keel_depth`.").at("name"));
        return Err(problems);
    };
    if !body.get("kind").is_some_and(Json::is_string) {
        problems
            .push(Problem::new("field.required", "A field has a kind: `text`, `integer`, ...").at("kind"));
    }
    if there.fields.contains_key(name) || overlay.field(object, name).is_some() {
        let put_away = overlay.field(object, name).is_some() && !there.fields.contains_key(name);
        let problem =
            Problem::new("field.duplicate", format!("`{object}` has a field `{name}` already.")).at("name");
        problems.push(if put_away {
            problem.hint("It is archived: restore it, or delete it.")
        } else {
            problem
        });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let entry = Json::Object(filled(body));
    let at = overlay.entry(object);
    overlay.fields(at).push(entry.clone());
    let path = format!("objects.{at}.fields.{}", overlay.fields(at).len() - 1);
    Ok(edited(object, Some(name), "create", Json::Null, entry, path))
}

fn change_field(
    overlay: &mut Overlay,
    model: &Model,
    object: &str,
    field: &str,
    body: &Body,
) -> Result<Edited, Problems> {
    let Some(there) = model.objects.get(object) else { return Err(vec![no_such_object(object)]) };
    let Some(known) = there.fields.get(field) else {
        return Err(vec![match overlay.has_own_field(object, field) {
            true => {
                Problem::new("record.archived", format!("`{field}` is archived. Restore it to change it."))
            }
            false => no_such_field(object, field),
        }]);
    };
    let mut problems = refused_keys(body, &NOT_OF_FIELDS);
    if body.get("name").is_some_and(|n| n != field) {
        let problem = Problem::new("field.read_only", "The name of a field stays as it is.").at("name");
        problems.push(problem.hint("Change its label: that is what people see."));
    }
    if known.system {
        problems.push(Problem::new("model.shipped", format!("`{field}` is the engine's own field.")));
    }
    let own = known.place == Place::Custom || there.is_own();
    problems.extend(kind_change(known.kind, body).filter(|_| own));
    problems.extend(becoming_computed(known, body));
    if !own && body.contains_key("kind") {
        let detail = "The kind of a field that the blueprint brought stays as it is.";
        problems.push(Problem::new("model.shipped", detail).at("kind"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let (o, f) = match overlay.field(object, field) {
        Some(found) => found,
        None => {
            let at = overlay.entry(object);
            overlay.fields(at).push(json!({ "name": field }));
            (at, overlay.fields(at).len() - 1)
        }
    };
    let entry = overlay.fields(o)[f].as_object_mut().expect("an entry is an object");
    let before = Json::Object(entry.clone());
    merge(entry, body);
    let after = Json::Object(entry.clone());
    Ok(edited(object, Some(field), "update", before, after, format!("objects.{o}.fields.{f}")))
}

/// Kinds that hold what the other one held, unchanged.
fn kind_change(from: Kind, body: &Body) -> Option<Problem> {
    use Kind::*;
    let said = body.get("kind")?;
    let to: Kind = serde_json::from_value(said.clone()).ok()?;
    let kept = from == to
        || matches!(
            (from, to),
            (Text, LongText | RichText)
                | (LongText, RichText)
                | (Select | Email | Phone | Url, Text | LongText)
                | (Integer | Money | Percent, Decimal)
                | (Rating | Duration, Integer)
        );
    let detail = format!("`{}` cannot become `{}`: values would not survive it.", from.name(), to.name());
    let hint = "Make another field, fill it by an import or a change of many, and archive this one.";
    (!kept).then(|| Problem::new("model.kind", detail).at("kind").hint(hint))
}

/// What people have written is not written over by what is computed.
fn becoming_computed(known: &Field, body: &Body) -> Option<Problem> {
    let asked = body.get("rollup").is_some_and(|r| !r.is_null());
    let detail = "A field that holds what people wrote cannot become a rollup: its values would be lost.";
    (asked && known.rollup.is_none())
        .then(|| Problem::new("model.kind", detail).at("rollup").hint("Make another field for it."))
}

fn archive_field(
    overlay: &mut Overlay,
    model: &Model,
    object: &str,
    field: &str,
    away: bool,
) -> Result<Edited, Problem> {
    let (o, f) = own_field(overlay, model, object, field)?;
    let entry = overlay.fields(o)[f].as_object_mut().expect("an entry is an object");
    let before = Json::Object(entry.clone());
    not_gone(&before, field)?;
    set_archived(entry, away);
    let after = Json::Object(entry.clone());
    Ok(edited(object, Some(field), action(away), before, after, format!("objects.{o}.fields.{f}")))
}

fn delete_field(
    overlay: &mut Overlay,
    object: &str,
    field: &str,
    leaves_at: Option<Timestamp>,
) -> Result<Edited, Problem> {
    let Some((o, f)) = overlay.field(object, field).filter(|_| overlay.has_own_field(object, field)) else {
        return Err(no_such_field(object, field));
    };
    if overlay.fields(o)[f]["archived"] != true {
        return Err(not_archived(field));
    }
    let path = format!("objects.{o}.fields.{f}");
    if let Some(leaves_at) = leaves_at {
        let entry = overlay.fields(o)[f].as_object_mut().expect("an entry is an object");
        let before = Json::Object(entry.clone());
        leave(entry, leaves_at);
        let after = Json::Object(entry.clone());
        return Ok(edited(object, Some(field), "delete", before, after, path));
    }
    let before = overlay.fields(o).remove(f);
    overlay.remove_pipelines(object, field);
    Ok(edited(object, Some(field), "delete", before, Json::Null, path))
}

fn own_field(overlay: &Overlay, model: &Model, object: &str, field: &str) -> Result<(usize, usize), Problem> {
    if let Some(found) = overlay.field(object, field).filter(|_| overlay.has_own_field(object, field)) {
        return Ok(found);
    }
    let shipped = model.objects.get(object).is_some_and(|o| o.fields.contains_key(field));
    Err(match shipped {
        true => Problem::new("model.shipped", format!("`{field}` came with the blueprint.")),
        false => no_such_field(object, field),
    })
}

fn order_fields(
    overlay: &mut Overlay,
    model: &Model,
    object: &str,
    fields: &[String],
) -> Result<Edited, Problems> {
    let Some(there) = model.objects.get(object) else { return Err(vec![no_such_object(object)]) };
    let mut problems = vec![];
    for (i, name) in fields.iter().enumerate() {
        let at = format!("fields.{i}");
        match there.fields.get(name) {
            Some(f) if f.system => {
                problems.push(Problem::new("model.shipped", format!("`{name}` has its place.")).at(at));
            }
            Some(_) if fields[..i].contains(name) => {
                problems.push(Problem::new("field.duplicate", format!("`{name}` is there twice.")).at(at));
            }
            Some(_) => {}
            None => problems.push(no_such_field(object, name).at(at)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let at = overlay.entry(object);
    let entry = overlay.object_mut(at);
    let before = json!({ "order": entry.get("order") });
    entry.insert("order".into(), json!(fields));
    let after = json!({ "order": fields });
    Ok(edited(object, None, "update", before, after, format!("objects.{at}")))
}

// --- common

fn action(away: bool) -> &'static str {
    if away { "archive" } else { "restore" }
}

fn set_archived(entry: &mut Map<String, Json>, away: bool) {
    if away {
        entry.insert("archived".into(), json!(true));
    } else {
        entry.remove("archived");
        entry.remove(LEAVING);
    }
}

/// Who deletes twice deletes at the earlier time.
fn leave(entry: &mut Map<String, Json>, at: Timestamp) {
    let said = entry.get(LEAVING).and_then(Json::as_str).and_then(|at| at.parse::<Timestamp>().ok());
    let at = said.map_or(at, |said| said.min(at));
    entry.insert(LEAVING.into(), json!(at));
}

fn not_gone(entry: &Json, name: &str) -> Result<(), Problem> {
    let detail = format!("`{name}` is being deleted.");
    match is_gone(entry) {
        true => {
            Err(Problem::new("model.leaving", detail).hint("When its values are gone, the name is free."))
        }
        false => Ok(()),
    }
}

fn not_archived(name: &str) -> Problem {
    Problem::new("model.not_archived", format!("`{name}` is in use. What is archived can be deleted."))
        .hint("Archive it first; that hides it and keeps its values.")
}

/// An entry without its fields, which have entries of their own in the log.
fn definition(entry: &Json) -> Json {
    let mut entry = entry.clone();
    if let Some(map) = entry.as_object_mut() {
        map.remove("fields");
    }
    entry
}

fn filled(body: &Body) -> Body {
    body.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// What is null is taken out again.
fn merge(entry: &mut Map<String, Json>, body: &Body) {
    for (key, value) in body {
        match value {
            Json::Null => entry.remove(key),
            value => entry.insert(key.clone(), value.clone()),
        };
    }
}
