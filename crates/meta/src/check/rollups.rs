//! Rollups: the relation exists, the kinds fit, the condition holds still, and none reads itself.
use super::{Check, filter};
use crate::fault::suggestion;
use crate::model::{Field, Object, RollupFunction};
use crate::node::At;
use crate::{Codec, Kind, Rollup, Unique};

pub fn check(check: &mut Check<'_>) {
    for (name, merged) in &check.built.objects {
        let Some(object) = check.object(name) else { continue };
        for field in merged.fields.values() {
            let Some(built) = object.fields.get(&field.source.name) else { continue };
            if let Some(rollup) = &built.rollup {
                one(check, object, built, rollup, &field.at.key("rollup"));
            }
        }
    }
}

fn one<'a>(check: &mut Check<'a>, object: &'a Object, field: &'a Field, rollup: &Rollup, at: &At) {
    if object.engine || object.part_of.is_some() {
        let which = if object.engine { "one of the engine's objects" } else { "a part" };
        return check.say(at, format!("`{}` is {which}; it cannot have a rollup.", object.name));
    }
    if field.required || field.default.is_some() {
        check.say(at, "A rollup is computed: `required` and `default` mean nothing on it.");
    }
    if field.unique != Unique::No {
        check.say(at, "A rollup is computed: two records may well come to the same.");
    }
    let Some(child) = child(check, object, rollup, at) else { return };
    filter::check(check, child, &rollup.filter, &at.key("where"));
    holds_still(check, child, &rollup.filter, &at.key("where"));
    let read = rollup.field.as_deref().and_then(|name| own(check, child, name, &at.key("field")));
    kinds(check, field, rollup, read, at);
    match (&rollup.order, rollup.function) {
        (Some(order), RollupFunction::Last) => {
            let order_at = at.key("order");
            let found = own(check, child, order, &order_at);
            if found.is_some_and(|f| !orders(f)) {
                check.say(&order_at, format!("`{order}` cannot tell which record is the last."));
            }
        }
        (Some(_), _) => check.say(&at.key("order"), "`order` is for `last`."),
        (None, _) => {}
    }
    if let Some(circle) = crate::build::circle(&check.built.model, &object.name, &field.name) {
        check.say(at, format!("It reads itself: {}.", circle.join(", ")));
    }
}

fn child<'a>(check: &mut Check<'a>, object: &'a Object, rollup: &Rollup, at: &At) -> Option<&'a Object> {
    let at = at.key("of");
    let Some(inverse) = object.inverses.iter().find(|i| i.name == rollup.of) else {
        let direct = object.inverses.iter().filter(|i| i.through.is_none()).map(|i| i.name.as_str());
        let hint = suggestion(&rollup.of, direct);
        check.hint(&at, format!("`{}` has no to-many relation `{}`.", object.name, rollup.of), hint);
        return None;
    };
    if inverse.through.is_some() {
        let link = check.object(&inverse.object).map(|o| o.plural.clone()).unwrap_or_default();
        let detail = format!("`{}` goes through `{}`.", rollup.of, inverse.object);
        check.hint(&at, detail, Some(format!("Roll up the link itself: `of = \"{link}\"`.")));
        return None;
    }
    check.object(&inverse.object)
}

/// A stored field of the child; what is secret must not show through a sum.
fn own<'a>(check: &mut Check<'a>, child: &'a Object, name: &str, at: &At) -> Option<&'a Field> {
    let field = check.field(child, name, at)?;
    if name.contains('.') || field.kind == Kind::Parts || field.secret {
        check.say(at, format!("`{name}` must be a stored field of `{}` that is not secret.", child.name));
        return None;
    }
    Some(field)
}

/// The condition may look at the child's own fields only, and at nothing that changes without a write.
fn holds_still<'a>(check: &mut Check<'a>, child: &'a Object, text: &str, at: &At) {
    for (path, value) in filter::conditions(text) {
        let own = path.split("->").next().unwrap_or(path);
        if own.contains('.') {
            check.say(at, format!("`{path}` lies in another record, whose changes would be missed."));
        } else if own == "q" {
            check.say(at, "`q` has no place in a rollup.");
        } else if child.fields.get(own).is_some_and(|f| f.secret) {
            check.say(at, format!("`{own}` is secret."));
        }
        let operand = value.rsplit('.').next().unwrap_or(value);
        let timely = ["today", "yesterday", "tomorrow"].iter().any(|w| operand.starts_with(w));
        if timely || operand == "now" || operand == "me" {
            let detail = format!("`{operand}` changes without a write; the rollup would grow old.");
            check.say(at, detail);
        }
    }
}

fn kinds(check: &mut Check<'_>, field: &Field, rollup: &Rollup, read: Option<&Field>, at: &At) {
    use RollupFunction::*;
    let of = |f: &Field| f.stored_kind().codec(f.many);
    let to = of(field);
    let numeric = |c: Codec| matches!(c, Codec::Int8 | Codec::NumericText);
    if rollup.function == Count {
        if field.kind != Kind::Integer {
            check.say(at, "`count` gives an integer.");
        }
        return;
    }
    if rollup.field.is_none() {
        return check.say(at, "`field` is missing: of what?");
    }
    let Some(read) = read else { return };
    let from = of(read);
    let fits = match rollup.function {
        Sum => numeric(from) && (to == Codec::NumericText || (to == from && from == Codec::Int8)),
        Min | Max => to == from && (numeric(from) || matches!(from, Codec::Date | Codec::Timestamptz)),
        Last => {
            to == from && !matches!(from, Codec::Uuid | Codec::UuidArray | Codec::TextArray | Codec::Other)
        }
        Count => true,
    };
    if !fits || matches!(field.kind, Kind::Formula | Kind::AutoNumber | Kind::Parts) {
        let (name, kind) = (&read.name, read.stored_kind().name());
        let detail = format!(
            "A field of kind `{}` cannot hold this of `{name}`, which is of kind `{kind}`.",
            field.kind.name()
        );
        check.say(at, detail);
    }
}

fn orders(field: &Field) -> bool {
    let codec = field.stored_kind().codec(field.many);
    matches!(codec, Codec::Int8 | Codec::NumericText | Codec::Date | Codec::Timestamptz | Codec::Text)
}
