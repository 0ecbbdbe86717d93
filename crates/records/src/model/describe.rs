//! Objects as an administrator sees them: what is in effect, what is own, what is put away.
use super::overlay::Overlay;
use meta::{DefaultValue, Field, Model, Object, Pipeline, Place};
use serde_json::{Map, Value as Json, json};
use store::Workspace;

pub(super) fn all(model: &Model, workspace: &Workspace) -> Json {
    let overlay = Overlay::of(workspace.overlay.as_ref());
    let mut all: Vec<Json> = model.objects.values().map(|o| object(o, &overlay)).collect();
    all.extend(overlay.own_objects().filter(|o| o["archived"] == true).map(put_away));
    json!({ "version": workspace.overlay_version, "objects": all })
}

pub(super) fn one(model: &Model, workspace: &Workspace, name: &str) -> Option<Json> {
    let overlay = Overlay::of(workspace.overlay.as_ref());
    let away = || overlay.own(name).map(|at| put_away(overlay.object(at)));
    let mut told = model.objects.get(name).map(|o| object(o, &overlay)).or_else(away)?;
    told["version"] = json!(workspace.overlay_version);
    Some(told)
}

fn object(o: &Object, overlay: &Overlay) -> Json {
    let mut fields: Vec<Json> = o.fields.values().map(|f| field(o, f)).collect();
    let entry = overlay.find(&o.name).map(|at| overlay.object(at));
    let entries = entry.and_then(|e| e["fields"].as_array()).into_iter().flatten();
    fields.extend(entries.filter(|f| f["archived"] == true).map(put_away));
    let pipelines: Vec<Json> = o.pipelines.iter().map(|p| pipeline(o, p)).collect();
    let mut told = json!({
        "name": o.name, "plural": o.plural, "label": o.label, "label_plural": o.label_plural,
        "description": o.description, "icon": o.icon, "own": o.is_own(), "archived": false, "blueprint": o.blueprint,
        "title": o.title, "search": o.search, "scope": if o.location_scoped { "location" } else { "workspace" },
        "archivable": o.archivable, "engine": o.engine, "part_of": o.part_of, "link": o.link,
        "fields": fields, "pipelines": pipelines,
    });
    if o.is_own() {
        told["rights"] = entry.map(|e| e["rights"].clone()).unwrap_or_default();
    }
    told
}

/// Something archived, as it was defined.
fn put_away(entry: &Json) -> Json {
    let mut entry = entry.clone();
    entry["own"] = json!(true);
    entry
}

fn field(object: &Object, f: &Field) -> Json {
    let own = !f.system && (f.place == Place::Custom || object.is_own());
    let mut told = Map::new();
    let mut say = |key: &str, value: Json| {
        if !value.is_null() {
            told.insert(key.into(), value);
        }
    };
    let yes = |b: bool| if b { json!(true) } else { Json::Null };
    let text = |t: &str| if t.is_empty() { Json::Null } else { json!(t) };
    say("name", json!(f.name));
    say("kind", json!(f.kind));
    say("label", json!(f.label));
    say("help", text(&f.help));
    say("own", json!(own));
    say("archived", json!(false));
    say("system", json!(f.system));
    say("required", json!(f.required));
    say("read_only", json!(f.read_only));
    say("personal", json!(f.personal));
    say("secret", yes(f.secret));
    say("unique", if f.unique == meta::Unique::No { Json::Null } else { json!(f.unique) });
    say("default", f.default.as_ref().map(default).unwrap_or_default());
    say("pattern", json!(f.pattern));
    say("min", json!(f.min));
    say("max", json!(f.max));
    say("scale", json!(f.scale));
    say("unit", json!(f.unit));
    say("options", if f.options.is_empty() { Json::Null } else { json!(f.options) });
    if let Some(reference) = &f.reference {
        say("to", json!(reference.to));
        say("on_delete", json!(reference.on_delete));
        say("embed", json!(reference.embed));
        say("inverse", text(&reference.inverse));
    }
    say("of", json!(f.parts));
    say("many", yes(f.many));
    if let Some(formula) = &f.formula {
        say("formula", json!(formula.cel));
        say("result", json!(formula.result));
    }
    say("rollup", f.rollup.as_ref().map(|r| json!(r)).unwrap_or_default());
    if let Some(number) = &f.number {
        say("format", json!(number.format));
        say("not_in", json!(number.not_in));
    }
    if own {
        say("indexed", json!(f.indexed));
        say("index", json!(f.index));
    }
    Json::Object(told)
}

pub(super) fn default(value: &DefaultValue) -> Json {
    match value {
        DefaultValue::Fixed(json) => json.clone(),
        DefaultValue::Today => json!("@today"),
        DefaultValue::Now => json!("@now"),
        DefaultValue::Me => json!("@me"),
        DefaultValue::Currency => json!("@currency"),
    }
}

fn pipeline(object: &Object, p: &Pipeline) -> Json {
    let own = object.fields.get(&p.field).is_some_and(|f| f.place == Place::Custom);
    let stages = p.stages.iter().map(|s| {
        json!({
            "name": s.name, "label": s.label, "color": s.color, "probability": s.probability, "to": s.to,
            "outcome": s.outcome, "assigned_to": s.assigned_to, "gates": s.gates,
        })
    });
    json!({
        "name": p.name, "label": p.label, "field": p.field, "selector": p.selector, "permission": p.permission,
        "override_permission": p.override_permission, "own": own, "stages": stages.collect::<Vec<_>>(),
    })
}
