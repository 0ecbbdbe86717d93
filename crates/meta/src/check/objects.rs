//! Objects: names, tables, parts and links, and the keys that name fields.
use super::{Check, paths};
use crate::Kind;
use crate::build::Merged;
use crate::fault::listed;
use crate::model::{Object, OnDelete};
use crate::node::At;
use std::collections::HashMap;

/// First segments of fixed routes under `/api/v1`.
const ROUTES: [&str; 13] = [
    "admin", "auth", "changes", "exports", "imports", "jobs", "me", "merges", "meta", "model", "openapi",
    "search", "trash",
];

pub fn check(check: &mut Check<'_>) {
    plurals(check);
    for (name, merged) in &check.built.objects {
        let Some(object) = check.object(name) else { continue };
        names(check, object, merged);
        special(check, object, merged);
        key_fields(check, object, merged);
        uniqueness(check, object, merged);
        super::duplicates::check(check, object, merged);
    }
}

pub fn plurals(check: &mut Check<'_>) {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for (name, merged) in &check.built.objects {
        let Some(object) = check.object(name) else { continue };
        if let Some(other) = seen.insert(&object.plural, name) {
            let detail = format!("`{other}` is called `{}` in the plural already.", object.plural);
            check.say(&merged.at.key("plural"), detail);
        }
        if ROUTES.contains(&object.plural.as_str()) {
            let detail = format!("`{}` is a fixed route of the API; choose another plural.", object.plural);
            check.say(&merged.at.key("plural"), detail);
        }
    }
}

fn names<'a>(check: &mut Check<'a>, object: &'a Object, merged: &Merged) {
    for (key, word) in [("name", &object.name), ("plural", &object.plural)] {
        if !is_snake_case(word) {
            check.say(
                &merged.at.key(key),
                format!("`{word}` is not snake_case: a-z, 0-9 and _, a letter first."),
            );
        }
    }
    if object.name == "model" {
        check.say(&merged.at.key("name"), "`model` is a word of the engine; choose another name.");
    }
    if object.name == object.plural {
        check.say(&merged.at.key("plural"), "Singular and plural must differ.");
    }
}

pub fn is_snake_case(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn special<'a>(check: &mut Check<'a>, object: &'a Object, merged: &Merged) {
    if object.is_own() {
        own_object(check, object, merged);
    }
    if object.engine && object.name != "member" {
        check.say(&merged.at.key("engine"), "Only `member` lives in a table of the engine.");
    }
    if object.location_scoped && check.object("location").is_none() {
        check.say(&merged.at.key("scope"), "There is no object `location` for the rows to belong to.");
    }
    if let Some(whole) = object.part_of.clone() {
        part(check, object, &whole, merged);
    }
    if let Some(ends) = object.link.clone() {
        link(check, object, &ends, merged);
    }
}

/// What a workspace can make: rows of one table, which holds records and nothing else.
fn own_object<'a>(check: &mut Check<'a>, object: &'a Object, merged: &Merged) {
    let s = &merged.source;
    let cannot = [
        ("part_of", s.part_of.is_some()),
        ("link", s.link.is_some()),
        ("engine", s.engine.is_some()),
        ("unique", s.unique.is_some()),
        ("duplicates", s.duplicates.is_some()),
        ("archive", s.archive == Some(false)),
        ("renamed_from", s.renamed_from.is_some()),
    ];
    for (key, _) in cannot.iter().filter(|(_, said)| *said) {
        check.say(&merged.at.key(*key), format!("An object of one's own has no `{key}`."));
    }
    // The name stands in every index of its fields.
    if object.name.len() > 40 || object.plural.len() > 50 {
        check.say(&merged.at.key("name"), "A name has at most 40 letters, a plural 50.");
    }
}

fn part<'a>(check: &mut Check<'a>, object: &'a Object, whole: &str, merged: &Merged) {
    let at = merged.at.key("part_of");
    let Some(whole) = check.known_object(whole, &at) else { return };
    let lists = whole.fields.values().filter(|f| f.parts.as_deref() == Some(&object.name)).count();
    let hint = format!("Give it `kind = \"parts\"` and `of = \"{}\"`.", object.name);
    match lists {
        1 => {}
        0 => check.hint(&at, format!("`{}` has no field that lists these parts.", whole.name), Some(hint)),
        _ => check.say(&at, format!("`{}` lists these parts in more than one field.", whole.name)),
    }
    if merged.source.archive == Some(true) {
        check.say(&merged.at.key("archive"), "Parts are archived with their whole, never alone.");
    }
}

fn link<'a>(check: &mut Check<'a>, object: &'a Object, ends: &[String; 2], merged: &Merged) {
    if ends[0] == ends[1] {
        check.say(&merged.at.key("link"), "The two ends of a link are two different fields.");
    }
    for (i, end) in ends.iter().enumerate() {
        let at = merged.at.key("link").index(i);
        let Some(field) = check.field(object, end, &at) else { continue };
        let cascades = field.reference.as_ref().is_some_and(|r| r.on_delete == OnDelete::Cascade);
        if field.kind != Kind::Reference || !cascades || !field.required {
            let detail = format!(
                "The end `{end}` of a link must be a reference, `required = true` and `on_delete = \"cascade\"`."
            );
            check.say(&at, detail);
        }
    }
}

impl<'a> Check<'a> {
    /// The field of that name or one hop away, or a fault.
    pub fn field(&mut self, object: &'a Object, path: &str, at: &At) -> Option<&'a crate::Field> {
        match paths::resolve(&self.built.model, object, path) {
            Ok(field) => Some(field),
            Err((detail, hint)) => {
                self.hint(at, detail, hint);
                None
            }
        }
    }
}

fn key_fields<'a>(check: &mut Check<'a>, object: &'a Object, merged: &Merged) {
    let Some(object) = check.object(&object.name) else { return };
    if let Some(title) = &merged.source.title {
        own_field(check, object, title, &merged.at.key("title"), "title");
    }
    for (i, name) in merged.source.search.iter().flatten().enumerate() {
        search_field(check, object, name, &merged.at.key("search").index(i));
    }
    for (key, paths) in [("own", &merged.source.own), ("assigned", &merged.source.assigned)] {
        for (i, path) in paths.iter().flatten().enumerate() {
            let at = merged.at.key(key).index(i);
            let Some(field) = check.field(object, path, &at) else { continue };
            let is_self = object.name == "member" && path == "id";
            if field.kind != Kind::User && !is_self {
                check.say(&at, format!("`{path}` does not hold members; `{key}` takes user fields."));
            }
        }
    }
    if let Some(path) = &merged.source.client {
        client_path(check, object, path, &merged.at.key("client"));
    }
}

fn own_field<'a>(
    check: &mut Check<'a>,
    object: &'a Object,
    name: &str,
    at: &At,
    what: &str,
) -> Option<&'a crate::Field> {
    if name.contains('.') {
        check.say(at, format!("`{what}` takes fields of the object itself."));
        return None;
    }
    let field = check.field(object, name, at)?;
    if field.secret {
        check.say(at, format!("`{name}` is secret; it cannot be the `{what}`."));
    }
    Some(field)
}

fn search_field<'a>(check: &mut Check<'a>, object: &'a Object, name: &str, at: &At) {
    let Some(field) = own_field(check, object, name, at, "search") else { return };
    let texty = matches!(field.stored_kind().codec(false), crate::Codec::Text) || field.kind == Kind::Tags;
    if !texty {
        check.say(at, format!("`{name}` is no text; `search` takes texts and tags."));
    }
}

fn client_path<'a>(check: &mut Check<'a>, object: &'a Object, path: &str, at: &At) {
    let Some(field) = check.field(object, path, at) else { return };
    let leads_there = field.reference.as_ref().is_some_and(|r| r.to == "client" && !field.many);
    let is_client = object.name == "client" && path == "id";
    if !leads_there && !is_client {
        check.say(at, format!("`{path}` does not refer to a client (on `client` itself say \"id\")."));
    }
}

fn uniqueness<'a>(check: &mut Check<'a>, object: &'a Object, merged: &Merged) {
    let Some(object) = check.object(&object.name) else { return };
    for (i, rule) in merged.source.unique.iter().flatten().enumerate() {
        let at = merged.rule_at(i);
        if rule.is_empty() {
            check.say(&at, "A rule of uniqueness names at least one field.");
        }
        for name in rule {
            let Some(field) = own_field(check, object, name, &at, "unique") else { continue };
            if field.parts.is_some() || field.many {
                check.say(&at, format!("`{name}` is a list; uniqueness takes single values."));
            }
        }
        let doubles: Vec<&str> = rule
            .iter()
            .enumerate()
            .filter(|(n, f)| rule[..*n].contains(f))
            .map(|(_, f)| f.as_str())
            .collect();
        if !doubles.is_empty() {
            check.say(&at, format!("{} stands twice in this rule.", listed(doubles)));
        }
    }
}
