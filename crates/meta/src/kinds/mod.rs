//! A value of a body to a `kernel::Value`, kind by kind. To add a kind see `docs/adding-a-field-kind.md`.
mod choice;
mod contact;
mod data;
mod default;
mod identity;
mod number;
mod text;
mod time;

pub use default::{DefaultContext, default};

use crate::Kind;
use crate::model::Field;
use kernel::{Problem, Value};
use serde_json::Value as Json;

/// What a body's value is for this field, or one sentence about what is wrong with it. `null` is always null:
/// whether that may be is asked by `required`.
pub fn parse(field: &Field, json: &Json) -> Result<Value, Problem> {
    if json.is_null() {
        return Ok(Value::Null);
    }
    let value = match field.stored_kind() {
        Kind::Text | Kind::LongText | Kind::RichText | Kind::AutoNumber => text::text(field, json),
        Kind::Integer | Kind::Counter => number::integer(field, json),
        Kind::Rating => number::rating(field, json),
        Kind::Decimal | Kind::Money | Kind::Percent => number::decimal(field, json),
        Kind::Boolean => data::boolean(field, json),
        Kind::Date => time::date(field, json),
        Kind::DateTime => time::date_time(field, json),
        Kind::Duration => time::duration(field, json),
        Kind::Select => choice::select(field, json),
        Kind::MultiSelect => choice::multi_select(field, json),
        Kind::Tags => choice::tags(field, json),
        Kind::Email => contact::email(field, json),
        Kind::Phone => contact::phone(field, json),
        Kind::Url => contact::url(field, json),
        Kind::Address => data::address(field, json),
        Kind::GeoPoint => data::geo_point(field, json),
        Kind::Json | Kind::Formula => data::json(field, json),
        Kind::Parts => data::parts(field, json),
        Kind::User if field.many => identity::many(field, json),
        Kind::Reference | Kind::File | Kind::User | Kind::Id => identity::one(field, json),
    };
    // Some kinds point further inside (`address.zip`); the others mean the field as a whole.
    value.map_err(|p| if p.field.is_some() { p } else { p.at(&field.name) })
}

type Parsed = Result<Value, Problem>;

/// "Name must be a text, not a number."
fn wrong_type(field: &Field, wanted: &str, json: &Json) -> Problem {
    let found = match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    invalid(field, format!("must be {wanted}, not {found}."))
}

/// A sentence that begins with what the field is called.
fn invalid(field: &Field, rest: impl AsRef<str>) -> Problem {
    problem("field.invalid", field, rest)
}

fn problem(code: &'static str, field: &Field, rest: impl AsRef<str>) -> Problem {
    let label = if field.label.is_empty() { &field.name } else { &field.label };
    Problem::new(code, format!("{label} {}", rest.as_ref()))
}

fn as_text<'j>(field: &Field, wanted: &str, json: &'j Json) -> Result<&'j str, Problem> {
    json.as_str().ok_or_else(|| wrong_type(field, wanted, json))
}

/// What was typed, short enough to stand in a sentence.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("“{}{more}”", short.replace(char::is_control, " "))
}

#[cfg(test)]
mod tests;
