//! Pipelines: their field, stages, moves and gates.
use super::{Check, filter};
use crate::Kind;
use crate::cel::Expression;
use crate::fault::suggestion;
use crate::load::Placed;
use crate::model::{Gate, Object, Place};
use crate::node::At;
use crate::source::{PipelineFile, StageSource};

pub fn check(check: &mut Check<'_>) {
    for placed in &check.built.pipelines {
        pipeline(check, placed);
    }
    for object in check.built.model.objects.values() {
        ambiguous(check, object);
    }
}

fn pipeline(check: &mut Check<'_>, placed: &Placed<PipelineFile>) {
    let (p, at) = (&placed.item, &placed.at);
    let Some(object) = check.known_object(&p.object, &at.key("object")) else { return };
    if let Some(field) = own(check, object, &p.field, &at.key("field"))
        && field.kind != Kind::Select
    {
        check.say(&at.key("field"), format!("`{}` is no select; stages live in a select field.", p.field));
    }
    let shipped = |f: &crate::Field| f.place != Place::Custom;
    if at.file() == "overlay" && object.fields.get(&p.field).is_some_and(shipped) {
        check.say(&at.key("field"), "A workspace gives stages to its own fields only.");
    }
    selector(check, object, p, at);
    for (key, right) in [("permission", &p.permission), ("override_permission", &p.override_permission)] {
        if let Some(right) = right {
            known_right(check, right, &at.key(key));
        }
    }
    if p.stages.is_empty() {
        check.say(&at.key("stages"), "A pipeline has at least one stage.");
    }
    for (i, stage_source) in p.stages.iter().enumerate() {
        let at = at.key("stages").index(i);
        if p.stages[..i].iter().any(|s| s.name == stage_source.name) {
            check.say(&at.key("name"), format!("The stage `{}` is there twice.", stage_source.name));
        }
        stage(check, object, p, stage_source, &at);
    }
}

fn own<'a>(check: &mut Check<'a>, object: &'a Object, name: &str, at: &At) -> Option<&'a crate::Field> {
    let field = check.field(object, name, at)?;
    if name.contains('.') || field.system {
        check.say(at, format!("`{name}` is no field that `{}` itself declares.", object.name));
        return None;
    }
    Some(field)
}

fn selector<'a>(check: &mut Check<'a>, object: &'a Object, p: &PipelineFile, at: &At) {
    let Some(selector) = &p.selector else { return };
    let at = at.key("selector");
    let Some(object) = check.object(&object.name) else { return };
    let Some(field) = own(check, object, selector, &at) else { return };
    if field.kind != Kind::Select {
        check.say(&at, format!("`{selector}` is no select; it must name the pipeline."));
    } else if !field.options.iter().any(|o| o.value == p.name) {
        check.say(&at, format!("`{selector}` has no option `{}`, so this pipeline is never chosen.", p.name));
    }
}

fn ambiguous(check: &mut Check<'_>, object: &Object) {
    for (i, later) in object.pipelines.iter().enumerate() {
        let earlier = object.pipelines[..i].iter().find(|p| p.field == later.field);
        let Some(earlier) = earlier.filter(|e| e.selector.is_none() || later.selector != e.selector) else {
            continue;
        };
        let place =
            check.built.pipelines.iter().find(|p| p.item.object == object.name && p.item.name == later.name);
        let Some(at) = place.map(|p| p.at.key("selector")) else { continue };
        let detail =
            format!("`{}` governs `{}` too; both need the same `selector`.", earlier.name, later.field);
        check.say(&at, detail);
    }
}

fn known_right(check: &mut Check<'_>, right: &str, at: &At) {
    let rights = &check.built.model.permissions;
    if !rights.contains_key(right) {
        let hint = suggestion(right, rights.keys().map(String::as_str))
            .or_else(|| Some("Name it in `permissions.toml`.".into()));
        check.hint(at, format!("There is no right `{right}`."), hint);
    }
}

fn stage<'a>(check: &mut Check<'a>, object: &'a Object, p: &PipelineFile, stage: &StageSource, at: &At) {
    if stage.name.is_empty() {
        check.say(&at.key("name"), "A stage has a name.");
    }
    if stage.probability.is_some_and(|n| !(0..=100).contains(&n)) {
        check.say(&at.key("probability"), "A probability is a percentage from 0 to 100.");
    }
    for (i, to) in stage.to.iter().flatten().enumerate() {
        if !p.stages.iter().any(|s| s.name == *to) {
            let hint = suggestion(to, p.stages.iter().map(|s| s.name.as_str()));
            check.hint(&at.key("to").index(i), format!("There is no stage `{to}` in this pipeline."), hint);
        }
    }
    if let Some(role) = &stage.assigned_to {
        known_role(check, role, &at.key("assigned_to"));
    }
    for (i, gate_source) in stage.gates.iter().enumerate() {
        gate(check, object, gate_source, &at.key("gates").index(i));
    }
}

pub fn known_role(check: &mut Check<'_>, role: &str, at: &At) {
    let roles = &check.built.model.roles;
    if !roles.contains_key(role) {
        let hint = suggestion(role, roles.keys().map(String::as_str));
        check.hint(at, format!("There is no role `{role}`."), hint);
    }
}

fn gate<'a>(check: &mut Check<'a>, object: &'a Object, gate: &Gate, at: &At) {
    let Some(object) = check.object(&object.name) else { return };
    match gate {
        Gate::Filled { filled } => {
            check.field(object, filled, &at.key("filled"));
        }
        Gate::AnyFilled { any_filled, .. } => {
            for (i, path) in any_filled.iter().enumerate() {
                check.field(object, path, &at.key("any_filled").index(i));
            }
        }
        Gate::When { when, field, .. } => {
            if let Err(detail) = Expression::condition(when, object, &check.built.model) {
                check.say(&at.key("when"), detail);
            }
            gate_field(check, object, field.as_deref(), at);
        }
        Gate::Related { related, filter, field, .. } => {
            related_gate(check, object, related, filter, at);
            gate_field(check, object, field.as_deref(), at);
        }
    }
}

fn gate_field<'a>(check: &mut Check<'a>, object: &'a Object, field: Option<&str>, at: &At) {
    let is_list = |name: &str| object.inverses.iter().any(|i| i.name == name);
    if let Some(name) = field.filter(|n| !is_list(n)) {
        check.field(object, name, &at.key("field"));
    }
}

fn related_gate<'a>(check: &mut Check<'a>, object: &'a Object, related: &str, text: &str, at: &At) {
    let Some(inverse) = object.inverses.iter().find(|i| i.name == related) else {
        let hint = suggestion(related, object.inverses.iter().map(|i| i.name.as_str()));
        let detail = format!("`{}` has no to-many relation `{related}`.", object.name);
        return check.hint(&at.key("related"), detail, hint);
    };
    let name = inverse.through.as_ref().map_or(&inverse.object, |t| &t.object);
    if let Some(target) = check.object(name) {
        filter::check(check, target, text, &at.key("filter"));
    }
}
