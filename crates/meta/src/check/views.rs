//! Saved views: columns, filters, orders and what each kind of view needs.
use super::{Check, filter};
use crate::Kind;
use crate::load::Placed;
use crate::model::{Object, View, ViewKind};
use crate::node::At;

pub fn check(check: &mut Check<'_>) {
    for placed in &check.built.views {
        view(check, placed);
    }
    let names: Vec<(String, &At)> =
        check.built.views.iter().map(|v| (format!("{}/{}", v.item.object, v.item.name), &v.at)).collect();
    for (name, at) in super::rights::doubles(names.iter().map(|(n, at)| (n.as_str(), *at))) {
        check.say(&at.key("name"), format!("The view `{name}` is there twice."));
    }
    for object in check.built.model.objects.values() {
        defaults(check, object);
    }
}

fn view(check: &mut Check<'_>, placed: &Placed<View>) {
    let (v, at) = (&placed.item, &placed.at);
    let Some(object) = check.known_object(&v.object, &at.key("object")) else { return };
    if v.kind == ViewKind::Table && v.columns.is_empty() {
        check.say(&at.key("columns"), "A table has at least one column.");
    }
    for (i, column) in v.columns.iter().enumerate() {
        if !check.is_hidden(&object.name, column) {
            check.field(object, column, &at.key("columns").index(i));
        }
    }
    filter::check(check, object, &v.filter, &at.key("filter"));
    filter::order(check, object, &v.order, &at.key("order"));
    needs(check, object, v, at);
}

fn needs<'a>(check: &mut Check<'a>, object: &'a Object, v: &View, at: &At) {
    let timed = matches!(v.kind, ViewKind::Calendar | ViewKind::Timeline | ViewKind::Gantt);
    if v.kind == ViewKind::Board && v.group_by.is_none() {
        check.say(at, "A board needs `group_by`.");
    }
    if timed && v.start.is_none() {
        check.say(at, "This kind of view needs `start`: a date or a date-time.");
    }
    if let Some(group) = &v.group_by {
        check.field(object, group, &at.key("group_by"));
    }
    for (key, name) in [("start", &v.start), ("end", &v.end)] {
        let Some(name) = name else { continue };
        let at = at.key(key);
        if let Some(field) = check.field(object, name, &at)
            && !matches!(field.stored_kind(), Kind::Date | Kind::DateTime)
        {
            check.say(&at, format!("`{name}` is neither a date nor a date-time."));
        }
    }
    let has_point = object.fields.values().any(|f| matches!(f.kind, Kind::GeoPoint));
    if v.kind == ViewKind::Map && !has_point {
        check.say(&at.key("kind"), format!("`{}` has no geo_point to put on a map.", object.name));
    }
}

fn defaults(check: &mut Check<'_>, object: &Object) {
    let marked = check.built.views.iter().filter(|v| v.item.object == object.name && v.item.default);
    if let Some(second) = marked.skip(1).last() {
        let at = second.at.key("default");
        check.say(&at, format!("`{}` has a default view already.", object.name));
    }
}
