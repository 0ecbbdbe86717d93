//! Fields: what each kind needs, what means nothing on it, and whether the values agree.
use super::Check;
use super::objects::is_snake_case;
use crate::build::{Merged, MergedField};
use crate::cel::Expression;
use crate::fault::suggestion;
use crate::model::{Field, Object, OnDelete, Place};
use crate::node::At;
use crate::source::{FieldSource, UniqueWord};
use crate::{Codec, Kind};

/// Words of the query string, and columns that every table has.
const RESERVED: [&str; 19] = [
    "and",
    "archived_at",
    "columns",
    "created_at",
    "created_by",
    "cursor",
    "custom",
    "id",
    "limit",
    "location_id",
    "not",
    "offset",
    "on_conflict",
    "or",
    "order",
    "select",
    "updated_at",
    "updated_by",
    "version",
];
const RESERVED_COLUMNS: [&str; 4] = ["q", "search", "view", "workspace_id"];

pub fn check(check: &mut Check<'_>) {
    for (name, merged) in &check.built.objects {
        let Some(object) = check.object(name) else { continue };
        for field in merged.fields.values() {
            one(check, object, merged, field);
        }
        circles(check, object, merged);
    }
}

fn one<'a>(check: &mut Check<'a>, object: &'a Object, merged: &Merged, field: &MergedField) {
    let (s, at) = (&field.source, &field.at);
    name(check, object, merged, s, at);
    if s.personal.is_none() {
        check.hint(
            &at.key("personal"),
            format!("Say whether `{}` is data about a natural person.", s.name),
            Some("`personal = true` or `personal = false`.".into()),
        );
    }
    let Some(kind) = s.kind else {
        let hint = "A new field needs one; a field of that name to change is not there.";
        return check.hint(at, format!("`kind` is missing on `{}`.", s.name), Some(hint.into()));
    };
    let Some(built) = object.fields.get(&s.name).filter(|f| !f.system) else { return };
    meaningless_keys(check, kind, s, at);
    suffix(check, kind, s, at);
    match kind {
        Kind::Reference | Kind::File => reference(check, kind, s, at),
        Kind::Parts => parts(check, object, s, at),
        Kind::Select | Kind::MultiSelect => options(check, object, s, at),
        Kind::Formula if s.result == Some(Kind::Select) => {
            options(check, object, s, at);
            formula(check, object, s, at);
        }
        Kind::AutoNumber => number(check, object, s, at),
        Kind::Formula => formula(check, object, s, at),
        _ => {}
    }
    limits(check, s, at);
    pattern(check, s, at);
    uniqueness(check, object, built, s, at);
    default(check, built, s, at);
    only_own(check, s, field.place, at);
    if field.place == Place::Custom {
        own_field(check, kind, built, s, at);
    }
}

fn name<'a>(check: &mut Check<'a>, object: &'a Object, merged: &Merged, s: &FieldSource, at: &At) {
    let name = s.name.as_str();
    let at = at.key("name");
    let taken_by_engine = object.fields.get(name).is_some_and(|f| f.system);
    let is_engine_object = object.engine && !taken_by_engine;
    if !is_snake_case(name) {
        check.say(&at, format!("`{name}` is not snake_case: a-z, 0-9 and _, a letter first."));
    }
    if taken_by_engine || (RESERVED.contains(&name) && !is_engine_object) || RESERVED_COLUMNS.contains(&name)
    {
        check.say(&at, format!("`{name}` is a word of the engine; choose another name."));
    }
    // PostgreSQL cuts names at 63 bytes, and constraint names are read back to say which field was refused.
    let longest = object.plural.len() + name.len() + "__fkey".len();
    if longest > 63 {
        let detail = format!(
            "`{}` and `{name}` are {} letters too long for one constraint.",
            object.plural,
            longest - 63
        );
        check.say(&at, detail);
    }
    let old = s.renamed_from.as_deref();
    if old.is_some_and(|old| merged.fields.contains_key(old)) {
        check.say(
            &at,
            format!("`{}` is still there; a field is renamed from a name that is gone.", old.unwrap_or("")),
        );
    }
}

/// Keys that are said although the kind has no use for them.
fn meaningless_keys(check: &mut Check<'_>, kind: Kind, s: &FieldSource, at: &At) {
    use Kind::*;
    let stored = s.result.filter(|_| kind == Formula).unwrap_or(kind);
    let sized = matches!(
        kind,
        Text | LongText
            | RichText
            | Integer
            | Decimal
            | Money
            | Percent
            | Duration
            | Rating
            | Email
            | Phone
            | Url
    );
    let rules = [
        ("to", s.to.is_some(), kind == Reference),
        ("on_delete", s.on_delete.is_some(), matches!(kind, Reference | File)),
        ("inverse", s.inverse.is_some(), matches!(kind, Reference | File)),
        ("of", s.of.is_some(), kind == Parts),
        ("many", s.many.is_some(), kind == User),
        ("options", s.options.is_some(), matches!(stored, Select | MultiSelect)),
        ("result", s.result.is_some(), kind == Formula),
        ("formula", s.formula.is_some(), kind == Formula),
        ("format", s.format.is_some(), kind == AutoNumber),
        ("not_in", s.not_in.is_some(), kind == AutoNumber),
        ("scale", s.scale.is_some(), matches!(stored, Decimal | Money | Percent)),
        ("unit", s.unit.is_some(), matches!(stored, Integer | Decimal | Percent | Duration)),
        (
            "pattern",
            s.pattern.is_some(),
            matches!(kind, Text | LongText | RichText | Phone | Url | Email | Tags),
        ),
        ("min", s.min.is_some(), sized),
        ("max", s.max.is_some(), sized),
        ("default", s.default.is_some(), !matches!(kind, Formula | AutoNumber | Parts | File)),
        ("required", s.required == Some(true), !matches!(kind, Formula | AutoNumber)),
        (
            "unique",
            s.unique.is_some(),
            !matches!(kind, Parts | Json | Address | GeoPoint | Tags | MultiSelect | Formula),
        ),
    ];
    for (key, _, _) in rules.iter().filter(|(_, said, fits)| *said && !fits) {
        check.say(&at.key(*key), format!("`{key}` means nothing on a field of kind `{}`.", kind.name()));
    }
}

fn suffix(check: &mut Check<'_>, kind: Kind, s: &FieldSource, at: &At) {
    let many = s.many == Some(true);
    let wanted = match kind {
        Kind::User if many => "_ids",
        Kind::Reference | Kind::File | Kind::User => "_id",
        _ => return,
    };
    if !s.name.ends_with(wanted) || s.name.len() == wanted.len() {
        let stem = s.name.trim_end_matches("_id").trim_end_matches("_ids");
        check.say(&at.key("name"), format!("A field of this kind ends in `{wanted}`: `{stem}{wanted}`."));
    }
}

fn reference(check: &mut Check<'_>, kind: Kind, s: &FieldSource, at: &At) {
    match &s.to {
        Some(to) => {
            check.known_object(to, &at.key("to"));
        }
        None if kind == Kind::Reference => {
            check.say(at, format!("`to` is missing: what does `{}` refer to?", s.name))
        }
        None => {}
    }
    match s.on_delete {
        None if kind == Kind::Reference => check.hint(
            at,
            format!(
                "`on_delete` is missing: what happens to this record when the one in `{}` is deleted?",
                s.name
            ),
            Some("\"restrict\", \"cascade\" or \"set_null\".".into()),
        ),
        Some(OnDelete::SetNull) if s.required == Some(true) => {
            check.say(&at.key("on_delete"), "A required reference cannot be set to null.");
        }
        _ => {}
    }
}

fn parts<'a>(check: &mut Check<'a>, object: &'a Object, s: &FieldSource, at: &At) {
    let Some(of) = &s.of else {
        return check.say(at, "`of` is missing: the part object.");
    };
    let Some(part) = check.known_object(of, &at.key("of")) else { return };
    if part.part_of.as_deref() != Some(&object.name) {
        let hint = format!("Say `part_of = \"{}\"` in `{of}`.", object.name);
        check.hint(&at.key("of"), format!("`{of}` is no part of `{}`.", object.name), Some(hint));
    }
}

fn options<'a>(check: &mut Check<'a>, object: &'a Object, s: &FieldSource, at: &At) {
    let has_stages = object.pipelines.iter().any(|p| p.field == s.name);
    let options = s.options.as_deref().unwrap_or_default();
    if options.is_empty() && !has_stages {
        check.say(
            &at.key("options"),
            format!("`{}` has no options and no pipeline that gives it stages.", s.name),
        );
    }
    let mut seen: Vec<&str> = vec![];
    for (i, option) in options.iter().enumerate() {
        let at = at.key("options").index(i);
        if option.value().is_empty() {
            check.say(&at, "An option cannot be empty.");
        }
        if seen.contains(&option.value()) {
            check.say(&at, format!("The option `{}` is there twice.", option.value()));
        }
        seen.push(option.value());
        if let crate::source::OptionSource::Full(choice) = option {
            color(check, &choice.color, &at.key("color"));
        }
    }
}

fn color(check: &mut Check<'_>, word: &str, at: &At) {
    const COLORS: [&str; 9] = ["slate", "gray", "red", "amber", "green", "teal", "blue", "purple", "pink"];
    if !word.is_empty() && !COLORS.contains(&word) {
        check.hint(at, format!("`{word}` is no colour of Kontor."), suggestion(word, COLORS));
    }
}

fn number<'a>(check: &mut Check<'a>, object: &'a Object, s: &FieldSource, at: &At) {
    match s.format.as_deref() {
        None => check.hint(at, "`format` is missing.", Some("For example `INV-{year}-{seq:4}`.".into())),
        Some(format) => {
            if let Err(detail) = number_format(format) {
                check.say(&at.key("format"), detail);
            }
        }
    }
    for (i, stage) in s.not_in.iter().flatten().enumerate() {
        let stages: Vec<&str> =
            object.pipelines.iter().flat_map(|p| &p.stages).map(|stage| stage.name.as_str()).collect();
        if !stages.contains(&stage.as_str()) {
            let at = at.key("not_in").index(i);
            check.hint(
                &at,
                format!("No pipeline of `{}` has a stage `{stage}`.", object.name),
                suggestion(stage, stages),
            );
        }
    }
}

/// `{year}` and `{seq}` or `{seq:4}` between other text; `{seq}` must be there.
fn number_format(format: &str) -> Result<(), String> {
    let mut rest = format;
    let mut counts = 0;
    while let Some((_, after)) = rest.split_once('{') {
        let (word, tail) = after.split_once('}').ok_or("A `{` is not closed.")?;
        match word {
            "year" => {}
            "seq" => counts += 1,
            _ if word
                .strip_prefix("seq:")
                .is_some_and(|n| n.parse::<u8>().is_ok_and(|n| (1..=18).contains(&n))) =>
            {
                counts += 1
            }
            _ => {
                return Err(format!(
                    "`{{{word}}}` is not known; there is `{{year}}`, `{{seq}}` and `{{seq:4}}`."
                ));
            }
        }
        rest = tail;
    }
    if counts == 1 { Ok(()) } else { Err("The format needs `{seq}` (or `{seq:4}`) exactly once.".into()) }
}

fn formula<'a>(check: &mut Check<'a>, object: &'a Object, s: &FieldSource, at: &At) {
    let scalar =
        |k: Kind| !matches!(k.codec(false), Codec::Jsonb | Codec::Other | Codec::TextArray | Codec::Uuid);
    match (&s.formula, s.result) {
        (None, _) => check.say(at, "`formula` is missing."),
        (_, None) => check.say(at, "`result` is missing: the kind of what the formula gives."),
        (_, Some(kind)) if !scalar(kind) || kind == Kind::AutoNumber => {
            check.say(&at.key("result"), format!("A formula cannot give a `{}`.", kind.name()));
        }
        (Some(source), Some(kind)) => {
            if let Err(detail) = Expression::formula(source, kind, object, &check.built.model) {
                check.say(&at.key("formula"), detail);
            }
        }
    }
}

/// Formulas may use formulas, but not each other.
fn circles(check: &mut Check<'_>, object: &Object, merged: &Merged) {
    let Err(detail) = crate::cel::formulas(object, &check.built.model) else { return };
    let told = |f: &crate::Fault| f.key.ends_with(".formula") && f.file == merged.at.file();
    if !check.faults.iter().any(told) {
        check.say(&merged.at, detail);
    }
}

fn limits(check: &mut Check<'_>, s: &FieldSource, at: &At) {
    let number = |n: &Option<serde_json::Number>| n.as_ref().and_then(|n| n.as_f64());
    if let (Some(min), Some(max)) = (number(&s.min), number(&s.max))
        && min > max
    {
        check.say(&at.key("min"), format!("`min` ({min}) is above `max` ({max})."));
    }
    let is_text = s.kind.is_some_and(|k| k.codec(false) == Codec::Text);
    for (key, limit) in [("min", &s.min), ("max", &s.max)] {
        let is_length = limit.as_ref().is_none_or(|n| n.as_u64().is_some());
        if is_text && !is_length {
            check.say(&at.key(key), "The length of a text is a whole number from 0.");
        }
    }
    if s.scale.is_some_and(|n| n > 20) {
        check.say(&at.key("scale"), "At most 20 digits after the point can be kept.");
    }
}

fn pattern(check: &mut Check<'_>, s: &FieldSource, at: &At) {
    let Some(pattern) = &s.pattern else { return };
    if let Err(e) = regex::Regex::new(&format!("^(?:{pattern})$")) {
        let reason = e.to_string();
        let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        check.say(&at.key("pattern"), format!("This pattern does not compile: {last}."));
    }
}

fn uniqueness<'a>(check: &mut Check<'a>, object: &'a Object, field: &Field, s: &FieldSource, at: &At) {
    if s.unique == Some(UniqueWord::Location) && !object.location_scoped {
        check.say(
            &at.key("unique"),
            format!("`{}` has no locations; say `unique = \"workspace\"`.", object.name),
        );
    }
    if s.unique.is_some() && field.many {
        check.say(&at.key("unique"), "A list cannot be unique.");
    }
}

fn default(check: &mut Check<'_>, field: &Field, s: &FieldSource, at: &At) {
    let Some(value) = &s.default else { return };
    let at = at.key("default");
    match value.as_str() {
        Some("@today") if field.kind != Kind::Date => check.say(&at, "`@today` is for dates."),
        Some("@now") if field.kind != Kind::DateTime => check.say(&at, "`@now` is for date-times."),
        Some("@me") if field.kind != Kind::User => check.say(&at, "`@me` is for user fields."),
        Some("@currency") if !matches!(field.kind, Kind::Text | Kind::Select) => {
            check.say(&at, "`@currency` is for texts and selects.");
        }
        Some("@today" | "@now" | "@me" | "@currency") => {}
        Some(word) if word.starts_with('@') => {
            check.hint(
                &at,
                format!("`{word}` is not known."),
                suggestion(word, ["@today", "@now", "@me", "@currency"]),
            );
        }
        _ => {
            if let Err(problem) = crate::parse(field, value) {
                check.say(&at, format!("The default does not fit: {}", problem.detail));
            }
        }
    }
}

/// What a workspace may add by itself.
fn own_field(check: &mut Check<'_>, kind: Kind, field: &Field, s: &FieldSource, at: &At) {
    if kind == Kind::Parts {
        check.hint(
            &at.key("kind"),
            "A workspace's own field cannot be a part list.",
            Some("Make an object of its own with a reference to this one.".into()),
        );
    }
    if s.renamed_from.is_some() {
        check.say(&at.key("renamed_from"), "The name of an own field stays as it is; change its label.");
    }
    let codec = field.stored_kind().codec(field.many);
    if s.unique.is_some() && matches!(kind, Kind::LongText | Kind::RichText) {
        check.say(&at.key("unique"), format!("A field of kind `{}` cannot be unique.", kind.name()));
    }
    if s.indexed == Some(true) && matches!(codec, Codec::Jsonb | Codec::Other) {
        let detail =
            format!("A field of kind `{}` can be neither sorted nor filtered by an index.", kind.name());
        check.say(&at.key("indexed"), detail);
    }
}

/// Keys that only a workspace's own changes know.
fn only_own(check: &mut Check<'_>, s: &FieldSource, place: Place, at: &At) {
    let own = [
        ("archived", s.archived.is_some()),
        ("leaving", s.leaving.is_some()),
        ("indexed", s.indexed.is_some()),
    ];
    for (key, said) in own {
        if said && place != Place::Custom {
            check.say(&at.key(key), format!("`{key}` is for a workspace's own fields."));
        }
    }
}
