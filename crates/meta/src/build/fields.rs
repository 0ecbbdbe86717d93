//! One field of a blueprint to one field of the model, and the fields that the engine adds.
use super::MergedField;
use crate::Kind;
use crate::model::{
    Choice, DefaultValue, Field, Formula, IndexState, NumberSeries, OnDelete, Place, Reference, Unique,
};
use crate::source::{FieldSource, OptionSource, UniqueWord};
use kernel::Decimal;
use std::str::FromStr;

/// `plural` is the plural of the object that has the field; `nth_file` counts its file fields before this one.
pub fn field(merged: &MergedField, plural: &str, nth_file: usize) -> Field {
    let s = &merged.source;
    let kind = s.kind.unwrap_or_default();
    Field {
        sql_type: None,
        name: s.name.clone(),
        kind,
        label: s.label.clone().unwrap_or_else(|| label_of(&s.name)),
        help: s.help.clone().unwrap_or_default(),
        system: false,
        required: s.required.unwrap_or(false),
        read_only: s.read_only.unwrap_or(false)
            || matches!(kind, Kind::Formula | Kind::AutoNumber)
            || s.rollup.is_some(),
        personal: s.personal.unwrap_or(false),
        secret: s.secret.unwrap_or(false),
        unique: unique(s),
        default: s.default.as_ref().map(default),
        pattern: s.pattern.clone(),
        min: s.min.as_ref().and_then(decimal),
        max: s.max.as_ref().and_then(decimal),
        scale: s.scale.or(if s.result.unwrap_or(kind) == Kind::Money { Some(2) } else { None }),
        unit: s.unit.clone(),
        options: s.options.iter().flatten().map(choice).collect(),
        reference: reference(s, kind, plural, nth_file),
        parts: s.of.clone().filter(|_| kind == Kind::Parts),
        many: s.many.unwrap_or(false),
        formula: formula(s, kind),
        rollup: s.rollup.clone(),
        number: number(s, kind),
        place: if kind == Kind::Parts { Place::None } else { merged.place },
        indexed: s.indexed.unwrap_or(false),
        index: IndexState::default(),
    }
}

fn unique(s: &FieldSource) -> Unique {
    match s.unique {
        None => Unique::No,
        Some(UniqueWord::Workspace) => Unique::Workspace,
        Some(UniqueWord::Location) => Unique::Location,
    }
}

fn default(value: &serde_json::Value) -> DefaultValue {
    match value.as_str() {
        Some("@today") => DefaultValue::Today,
        Some("@now") => DefaultValue::Now,
        Some("@me") => DefaultValue::Me,
        Some("@currency") => DefaultValue::Currency,
        _ => DefaultValue::Fixed(value.clone()),
    }
}

/// The number as its author wrote it, not as a float sees it.
pub fn decimal(n: &serde_json::Number) -> Option<Decimal> {
    let text = n.to_string();
    Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
}

fn choice(option: &OptionSource) -> Choice {
    match option {
        OptionSource::Value(v) => Choice { value: v.clone(), label: label_of(v), color: String::new() },
        OptionSource::Full(c) if c.label.is_empty() => Choice { label: label_of(&c.value), ..c.clone() },
        OptionSource::Full(c) => c.clone(),
    }
}

fn reference(s: &FieldSource, kind: Kind, plural: &str, nth_file: usize) -> Option<Reference> {
    let embed = embed_name(&s.name);
    let told = s.inverse.clone();
    match kind {
        Kind::Reference => Some(Reference {
            to: s.to.clone()?,
            on_delete: s.on_delete.unwrap_or_default(),
            inverse: told.unwrap_or_else(|| plural.into()),
            embed,
        }),
        Kind::File => Some(Reference {
            to: "file".into(),
            // A file that goes away leaves a gap, unless the record makes no sense without it.
            on_delete: s.on_delete.unwrap_or(if s.required == Some(true) {
                OnDelete::Restrict
            } else {
                OnDelete::SetNull
            }),
            inverse: told
                .unwrap_or_else(|| if nth_file == 0 { plural.into() } else { format!("{plural}_{embed}") }),
            embed,
        }),
        Kind::User => Some(Reference {
            to: "member".into(),
            on_delete: OnDelete::Restrict,
            // Members are on everything; the way back would only clutter them.
            inverse: String::new(),
            embed,
        }),
        _ => None,
    }
}

/// `client` for `client_id`, `assignees` for `assignee_ids`.
pub fn embed_name(field: &str) -> String {
    match (field.strip_suffix("_ids"), field.strip_suffix("_id")) {
        (Some(stem), _) => format!("{stem}s"),
        (None, Some(stem)) => stem.into(),
        (None, None) => field.into(),
    }
}

fn formula(s: &FieldSource, kind: Kind) -> Option<Formula> {
    (kind == Kind::Formula).then(|| Formula {
        cel: s.formula.clone().unwrap_or_default(),
        result: s.result.unwrap_or(Kind::Decimal),
    })
}

fn number(s: &FieldSource, kind: Kind) -> Option<NumberSeries> {
    (kind == Kind::AutoNumber).then(|| NumberSeries {
        format: s.format.clone().unwrap_or_default(),
        not_in: s.not_in.clone().unwrap_or_default(),
    })
}

/// The name with spaces, capitalised, without `_id`.
pub fn label_of(name: &str) -> String {
    let words = embed_name(name).replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// A field that the engine adds.
pub fn system(name: &str, label: &str, kind: Kind) -> Field {
    Field {
        name: name.into(),
        label: label.into(),
        kind,
        system: true,
        // A record is put into a location by naming it.
        read_only: name != "location_id",
        required: !matches!(name, "archived_at" | "created_by" | "updated_by"),
        ..Field::default()
    }
}

pub fn system_reference(name: &str, label: &str, to: &str, on_delete: OnDelete, inverse: &str) -> Field {
    let kind = if to == "member" { Kind::User } else { Kind::Reference };
    let reference =
        Reference { to: to.into(), on_delete, embed: embed_of_system(name), inverse: inverse.into() };
    Field { reference: Some(reference), ..system(name, label, kind) }
}

/// `created_by` cannot lose an `_id`: it is embedded as `creator`.
fn embed_of_system(name: &str) -> String {
    match name {
        "created_by" => "creator".into(),
        "updated_by" => "updater".into(),
        _ => embed_name(name),
    }
}
