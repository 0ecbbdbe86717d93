//! Filters and orders in the grammar of the query string: do they name fields, operators and options that exist?
//! `query` parses them in earnest; here only names are looked up.
use super::Check;
use crate::fault::{did_you_mean, suggestion};
use crate::model::{Field, Object};
use crate::node::At;
use crate::{Codec, Kind};

const OPERATORS: [&str; 23] = [
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "like",
    "ilike",
    "match",
    "imatch",
    "in",
    "is",
    "isdistinct",
    "fts",
    "plfts",
    "phfts",
    "wfts",
    "cs",
    "cd",
    "ov",
    "between",
    "has",
    "not",
];

/// `status=eq.available&or=(price.gte.100,owner_id.is.null)`
pub fn check<'a>(check: &mut Check<'a>, object: &'a Object, text: &str, at: &At) {
    for pair in split(text, '&').into_iter().filter(|p| !p.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            check.say(at, format!("`{pair}` is not `field=operator.value`."));
            continue;
        };
        match key.trim_start_matches("not.") {
            "and" | "or" => group(check, object, value, at),
            "q" => {}
            "select" | "order" | "limit" | "offset" | "cursor" | "view" => {
                check.say(at, format!("`{key}` has no place in a filter."));
            }
            _ => condition(check, object, key, value, at),
        }
    }
}

fn group<'a>(check: &mut Check<'a>, object: &'a Object, text: &str, at: &At) {
    let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) else {
        return check.say(at, format!("`{text}` is not a list in brackets."));
    };
    for term in split(inner, ',') {
        let bare = term.trim_start_matches("not.");
        match bare.strip_prefix("and").or_else(|| bare.strip_prefix("or")).filter(|t| t.starts_with('(')) {
            Some(nested) => group(check, object, nested, at),
            None => term_condition(check, object, term, at),
        }
    }
}

/// `client.name.eq.x`: the field ends where an operator begins.
fn term_condition<'a>(check: &mut Check<'a>, object: &'a Object, term: &str, at: &At) {
    let words: Vec<&str> = term.split('.').collect();
    let is_operator = |w: &&str| OPERATORS.contains(&w.split('(').next().unwrap_or(w));
    match words.iter().skip(1).position(is_operator) {
        Some(i) => {
            let (path, rest) = words.split_at(i + 1);
            condition(check, object, &path.join("."), &rest.join("."), at);
        }
        None => check.say(at, format!("`{term}` is not `field.operator.value`.")),
    }
}

/// Every condition in a filter: the path, and what stands after it (`eq.paid`). Leaves out what it cannot read.
pub fn conditions(text: &str) -> Vec<(&str, &str)> {
    let mut found = vec![];
    for (key, value) in split(text, '&').into_iter().filter_map(|pair| pair.split_once('=')) {
        match key.trim_start_matches("not.") {
            "and" | "or" => terms(value, &mut found),
            path => found.push((path, value)),
        }
    }
    found
}

fn terms<'t>(text: &'t str, found: &mut Vec<(&'t str, &'t str)>) {
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or_default();
    for term in split(inner, ',') {
        let bare = term.trim_start_matches("not.");
        match bare.strip_prefix("and").or_else(|| bare.strip_prefix("or")).filter(|t| t.starts_with('(')) {
            Some(nested) => terms(nested, found),
            None => {
                let mut ends = term.match_indices('.').map(|(i, _)| i);
                let is_operator =
                    |rest: &str| rest.split(['.', '(']).next().is_some_and(|w| OPERATORS.contains(&w));
                let end = ends.find(|i| is_operator(&term[i + 1..]));
                found.extend(end.map(|i| (&term[..i], &term[i + 1..])));
            }
        }
    }
}

fn condition<'a>(check: &mut Check<'a>, object: &'a Object, path: &str, value: &str, at: &At) {
    let field_path = path.split("->").next().unwrap_or(path);
    let Some(field) = check.field(object, field_path, at) else { return };
    let value = value.strip_prefix("not.").unwrap_or(value);
    let (operator, operand) = value.split_once('.').unwrap_or((value, ""));
    let bare = operator.split('(').next().unwrap_or(operator);
    if !OPERATORS.contains(&bare) {
        return check.hint(at, format!("`{operator}` is no operator."), suggestion(bare, OPERATORS));
    }
    if path == field_path {
        options(check, field, bare, operand, at);
    }
}

/// A misspelt option would make a filter that never matches.
fn options(check: &mut Check<'_>, field: &Field, operator: &str, operand: &str, at: &At) {
    let is_choice = matches!(field.kind, Kind::Select | Kind::MultiSelect);
    let values: Vec<&str> = match operator {
        "eq" | "neq" => vec![operand],
        "in" | "cs" | "ov" => split(operand.trim_matches(['(', ')', '{', '}']), ','),
        _ => return,
    };
    if !is_choice || field.stored_kind().codec(false) == Codec::Other {
        return;
    }
    for value in values.iter().map(|v| v.trim().trim_matches('"')) {
        if !field.options.iter().any(|o| o.value == value) {
            let hint = suggestion(value, field.options.iter().map(|o| o.value.as_str()));
            check.hint(at, format!("`{}` has no option `{value}`.", field.name), hint);
        }
    }
}

/// `starts_at.desc.nullslast,name`
pub fn order<'a>(check: &mut Check<'a>, object: &'a Object, text: &str, at: &At) {
    const WORDS: [&str; 4] = ["asc", "desc", "nullsfirst", "nullslast"];
    for term in split(text, ',').into_iter().filter(|t| !t.is_empty()) {
        let words: Vec<&str> = term.split('.').collect();
        let is_own = words.first().is_some_and(|w| object.fields.contains_key(*w));
        let longest = if is_own { 1 } else { words.len() };
        let path: Vec<&str> =
            words.iter().take(longest).take_while(|w| !WORDS.contains(*w)).copied().collect();
        let tail = &words[path.len()..];
        if let Some(odd) = tail.iter().find(|w| !WORDS.contains(*w)) {
            check.hint(at, format!("`{odd}` is not known in an order."), did_you_mean(odd, WORDS));
        }
        check.field(object, &path.join("."), at);
    }
}

/// Splits outside of brackets and quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = vec![];
    let (mut depth, mut quoted, mut start) = (0i32, false, 0);
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' | '{' if !quoted => depth += 1,
            ')' | '}' if !quoted => depth -= 1,
            c if c == separator && depth == 0 && !quoted => {
                parts.push(&text[start..i]);
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
