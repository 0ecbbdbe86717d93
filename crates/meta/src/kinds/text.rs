//! Texts survive byte for byte; only what PostgreSQL cannot store is refused.
use super::{Parsed, as_text, problem};
use crate::Kind;
use crate::model::Field;
use kernel::{Problem, Value};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

/// One line without a `max`: short enough for an index entry.
const LINE: u64 = 2_000;
/// Several lines without a `max`.
const PAGE: u64 = 1_000_000;

pub fn text(field: &Field, json: &Json) -> Parsed {
    let text = as_text(field, "a text", json)?;
    check(field, text)?;
    Ok(Value::Text(text.into()))
}

/// NUL, length and pattern, for every kind that is stored as text.
pub fn check(field: &Field, text: &str) -> Result<(), Problem> {
    storable(field, text)?;
    length(field, text)?;
    pattern(field, text)
}

pub fn storable(field: &Field, text: &str) -> Result<(), Problem> {
    if text.contains('\0') {
        return Err(problem(
            "field.invalid",
            field,
            "contains the character U+0000, which cannot be stored.",
        ));
    }
    Ok(())
}

fn length(field: &Field, text: &str) -> Result<(), Problem> {
    let usual = if matches!(field.kind, Kind::LongText | Kind::RichText) { PAGE } else { LINE };
    let most = field.max.and_then(|d| d.to_u64()).unwrap_or(usual);
    let count = text.chars().count() as u64;
    if count > most {
        let rest = format!("is too long: {count} characters, at most {most} are allowed.");
        return Err(problem("field.too_long", field, rest));
    }
    let least = field.min.and_then(|d| d.to_u64()).unwrap_or(0);
    // An empty text is "not filled", which is for `required` to judge.
    if count > 0 && count < least {
        let rest = format!("is too short: {count} characters, at least {least} are needed.");
        return Err(problem("field.out_of_range", field, rest));
    }
    Ok(())
}

pub fn pattern(field: &Field, text: &str) -> Result<(), Problem> {
    let Some(pattern) = field.pattern.as_deref().filter(|_| !text.is_empty()) else { return Ok(()) };
    if compiled(pattern).is_none_or(|regex| regex.is_match(text)) {
        return Ok(());
    }
    let refusal = problem("field.pattern", field, "does not have the form that is asked for.");
    let hint = if field.help.is_empty() { format!("The form is `{pattern}`.") } else { field.help.clone() };
    Err(refusal.hint(hint))
}

type Patterns = RwLock<HashMap<String, Option<Arc<regex::Regex>>>>;

/// Compiling costs far more than matching. Patterns are few, but an administrator may edit them all day.
fn compiled(pattern: &str) -> Option<Arc<regex::Regex>> {
    static KNOWN: LazyLock<Patterns> = LazyLock::new(Patterns::default);
    const KEPT: usize = 1_000;
    if let Some(known) = KNOWN.read().expect("nothing panics while holding it").get(pattern) {
        return known.clone();
    }
    let regex = regex::Regex::new(&format!("^(?:{pattern})$")).ok().map(Arc::new);
    let mut known = KNOWN.write().expect("nothing panics while holding it");
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(pattern.into(), regex.clone());
    regex
}
