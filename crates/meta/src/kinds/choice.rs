//! One of several options, several of them, and free tags.
use super::{Parsed, as_text, invalid, number, problem, quoted, text, wrong_type};
use crate::fault::{did_you_mean, listed};
use crate::model::Field;
use kernel::{Problem, Value};
use serde_json::Value as Json;

const LONGEST_TAG: usize = 100;
const MOST_TAGS: usize = 200;

pub fn select(field: &Field, json: &Json) -> Parsed {
    let word = as_text(field, "one of its options", json)?;
    option(field, word)?;
    Ok(Value::Text(word.into()))
}

pub fn multi_select(field: &Field, json: &Json) -> Parsed {
    let words = words(field, "a list of options", json)?;
    words.iter().try_for_each(|w| option(field, w))?;
    Ok(Value::Texts(words))
}

fn option(field: &Field, word: &str) -> Result<(), Problem> {
    if field.options.iter().any(|o| o.value == word) {
        return Ok(());
    }
    let known = || field.options.iter().map(|o| o.value.as_str());
    let refusal = problem("field.unknown_option", field, format!("has no option {}.", quoted(word)));
    Err(match did_you_mean(word, known()) {
        Some(hint) => refusal.hint(hint),
        None => refusal.hint(format!("Options: {}.", listed(known().take(30)))),
    })
}

pub fn tags(field: &Field, json: &Json) -> Parsed {
    let words = words(field, "a list of texts", json)?;
    if words.len() > number::as_count(field.max).unwrap_or(MOST_TAGS) {
        return Err(problem("field.too_long", field, format!("has too many entries: {}.", words.len())));
    }
    for word in &words {
        text::storable(field, word)?;
        text::pattern(field, word)?;
        if word.trim().is_empty() {
            return Err(invalid(field, "has an entry without letters."));
        }
        if word.chars().count() > LONGEST_TAG {
            let rest = format!("has an entry longer than {LONGEST_TAG} characters: {}.", quoted(word));
            return Err(problem("field.too_long", field, rest));
        }
    }
    Ok(Value::Texts(words))
}

/// A list of texts; what stands in it twice is kept once, at its first place.
fn words(field: &Field, wanted: &str, json: &Json) -> Result<Vec<String>, Problem> {
    let items = json.as_array().ok_or_else(|| wrong_type(field, wanted, json))?;
    let mut words: Vec<String> = vec![];
    for item in items {
        let word = item.as_str().ok_or_else(|| wrong_type(field, wanted, item))?;
        if !words.iter().any(|w| w == word) {
            words.push(word.into());
        }
    }
    Ok(words)
}
