//! A file against the schema of the format: every unknown key, missing key and wrong value, with what would be right.
//! It understands the part of JSON Schema that `schemars` writes for our types.
use crate::fault::{Fault, listed, suggestion};
use crate::node::{At, Node, NodeValue};
use crate::schema::SCHEMA;
use serde_json::Value as Json;
use std::collections::HashSet;

/// What was found: faults, and the places that are to be left out so that the rest can still be read and checked.
#[derive(Default)]
pub struct Found {
    pub faults: Vec<Fault>,
    pub bad: HashSet<String>,
}

impl Found {
    fn at(&mut self, at: &At, detail: String, hint: Option<String>) {
        self.bad.insert(at.pointer());
        self.faults.push(at.fault_with(detail, hint));
    }
}

/// Checks `node` against `#/$defs/<def>`.
pub fn conform(node: &Node, def: &str, at: &At) -> Found {
    let mut faults = Found::default();
    check(node, &SCHEMA["$defs"][def], at, &mut faults);
    faults
}

fn check(node: &Node, schema: &Json, at: &At, faults: &mut Found) {
    let schema = resolve(schema);
    if matches!(node.value, NodeValue::Scalar(Json::Null)) && allows_null(schema) {
        return;
    }
    if let Some(choices) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array) {
        return check_choices(node, schema, choices, at, faults);
    }
    if let Some(allowed) = schema.get("enum").and_then(Json::as_array) {
        return check_word(node, allowed.iter(), at, faults);
    }
    if let Some(word) = schema.get("const") {
        return check_word(node, std::iter::once(word), at, faults);
    }
    if !fits_type(node, schema) {
        return faults.at(at, format!("This is {}; {} is asked for.", described(node), wanted(schema)), None);
    }
    match &node.value {
        NodeValue::Table(entries) => check_table(node, entries, schema, at, faults),
        NodeValue::Array(items) => check_array(items, schema, at, faults),
        NodeValue::Scalar(value) => check_range(value, schema, at, faults),
    }
}

fn allows_null(schema: &Json) -> bool {
    let choices = schema.get("anyOf").and_then(Json::as_array);
    types(schema).contains(&"null") || choices.is_some_and(|all| all.iter().any(allows_null))
}

fn resolve(schema: &Json) -> &Json {
    match schema.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix("#/$defs/")) {
        Some(name) => resolve(&SCHEMA["$defs"][name]),
        None => schema,
    }
}

/// One of several shapes. The faults of the shape that was most likely meant are told, not those of all.
fn check_choices(node: &Node, schema: &Json, choices: &[Json], at: &At, faults: &mut Found) {
    let words: Vec<&Json> = choices.iter().flat_map(|c| words(resolve(c))).collect();
    if words.len() >= choices.len() && !words.is_empty() {
        return check_word(node, words.into_iter(), at, faults);
    }
    let attempts = choices.iter().filter(|c| fits_type(node, resolve(c))).map(|c| {
        let mut found = Found::default();
        check(node, c, at, &mut found);
        (likeness(node, resolve(c)), found)
    });
    let mut attempts: Vec<_> = attempts.collect();
    if attempts.iter().any(|(_, found)| found.faults.is_empty()) {
        return;
    }
    attempts.sort_by_key(|(likeness, found)| (std::cmp::Reverse(*likeness), found.faults.len()));
    match attempts.into_iter().next() {
        Some((likeness, found)) if likeness > 0 || !matches!(node.value, NodeValue::Table(_)) => {
            faults.faults.extend(found.faults);
            faults.bad.extend(found.bad);
        }
        _ => {
            let keys: Vec<&str> = choices.iter().filter_map(|c| required(resolve(c)).next()).collect();
            let hint = (!keys.is_empty()).then(|| format!("One of {} belongs here.", listed(keys)));
            let detail = match node.value {
                NodeValue::Table(_) => {
                    "This table has none of the keys that it could be told by.".to_string()
                }
                _ => format!("This is {}; {} is asked for.", described(node), wanted(schema)),
            };
            faults.at(at, detail, hint);
        }
    }
}

/// The words of an enum, of one constant, or none.
fn words(schema: &Json) -> Vec<&Json> {
    match (schema.get("enum").and_then(Json::as_array), schema.get("const")) {
        (Some(all), _) => all.iter().collect(),
        (None, Some(one)) => vec![one],
        (None, None) if schema.get("type").and_then(Json::as_str) == Some("null") => vec![&Json::Null],
        (None, None) => schema
            .get("oneOf")
            .and_then(Json::as_array)
            .map(|all| all.iter().flat_map(|c| words(resolve(c))).collect())
            .unwrap_or_default(),
    }
}

fn required(schema: &Json) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

/// How much a table looks like this shape: keys in common, required ones twice.
fn likeness(node: &Node, schema: &Json) -> usize {
    let NodeValue::Table(entries) = &node.value else { return 0 };
    let properties = schema.get("properties").and_then(Json::as_object);
    let shared = entries.iter().filter(|(k, _)| properties.is_some_and(|p| p.contains_key(k))).count();
    let needed = required(schema).filter(|k| node.get(k).is_some()).count();
    shared + needed
}

fn check_word<'a>(node: &Node, allowed: impl Iterator<Item = &'a Json>, at: &At, faults: &mut Found) {
    let allowed: Vec<&str> = allowed.filter_map(Json::as_str).collect();
    match node.text() {
        Some(word) if allowed.contains(&word) => {}
        Some(word) => {
            let detail = format!("`{word}` is not known here.");
            faults.at(at, detail, suggestion(word, allowed));
        }
        None => {
            let detail = format!("This is {}; one of {} is asked for.", described(node), listed(allowed));
            faults.at(at, detail, None);
        }
    }
}

fn check_table(node: &Node, entries: &[(String, Node)], schema: &Json, at: &At, faults: &mut Found) {
    let empty = serde_json::Map::new();
    let properties = schema.get("properties").and_then(Json::as_object).unwrap_or(&empty);
    for (key, value) in entries {
        match (properties.get(key), schema.get("additionalProperties")) {
            (Some(s), _) => check(value, s, &at.key(key), faults),
            (None, Some(Json::Bool(false))) => {
                let hint = suggestion(key, properties.keys().map(String::as_str));
                faults.at(&at.key(key), format!("There is no key `{key}` here."), hint);
            }
            (None, Some(s)) => check(value, s, &at.key(key), faults),
            (None, None) => {}
        }
    }
    for key in required(schema).filter(|k| node.get(k).is_none()) {
        faults.at(at, format!("`{key}` is missing."), None);
    }
}

fn check_array(items: &[Node], schema: &Json, at: &At, faults: &mut Found) {
    if let Some(each) = schema.get("items") {
        for (i, item) in items.iter().enumerate() {
            check(item, each, &at.index(i), faults);
        }
    }
    let count = |key: &str| schema.get(key).and_then(Json::as_u64).map(|n| n as usize);
    if count("minItems").is_some_and(|n| items.len() < n)
        || count("maxItems").is_some_and(|n| items.len() > n)
    {
        faults.at(
            at,
            format!("This list has {} entries; {} is asked for.", items.len(), wanted(schema)),
            None,
        );
    }
}

fn check_range(value: &Json, schema: &Json, at: &At, faults: &mut Found) {
    let (Some(n), limit) = (value.as_f64(), |key: &str| schema.get(key).and_then(Json::as_f64)) else {
        return;
    };
    if let Some(least) = limit("minimum").filter(|least| n < *least) {
        faults.at(at, format!("{n} is below {least}."), None);
    }
    if let Some(most) = limit("maximum").filter(|most| n > *most) {
        faults.at(at, format!("{n} is above {most}."), None);
    }
}

fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(t)) => vec![t],
        Some(Json::Array(all)) => all.iter().filter_map(Json::as_str).collect(),
        _ if schema.get("properties").is_some() => vec!["object"],
        _ => vec![],
    }
}

fn fits_type(node: &Node, schema: &Json) -> bool {
    let types = types(schema);
    types.is_empty()
        || types.iter().any(|t| match (&node.value, *t) {
            (NodeValue::Table(_), t) => t == "object",
            (NodeValue::Array(_), t) => t == "array",
            (NodeValue::Scalar(j), "string") => j.is_string(),
            (NodeValue::Scalar(j), "boolean") => j.is_boolean(),
            (NodeValue::Scalar(j), "integer") => j.is_i64() || j.is_u64(),
            (NodeValue::Scalar(j), "number") => j.is_number(),
            (NodeValue::Scalar(j), "null") => j.is_null(),
            _ => false,
        })
}

fn described(node: &Node) -> &'static str {
    match &node.value {
        NodeValue::Table(_) => "a table",
        NodeValue::Array(_) => "a list",
        NodeValue::Scalar(Json::String(_)) => "a text",
        NodeValue::Scalar(Json::Bool(_)) => "a boolean",
        NodeValue::Scalar(Json::Null) => "null",
        NodeValue::Scalar(j) if j.is_i64() => "a whole number",
        NodeValue::Scalar(_) => "a number",
    }
}

/// What a schema asks for, in words.
fn wanted(schema: &Json) -> String {
    let choices = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array);
    if let Some(choices) = choices {
        let mut all: Vec<String> =
            choices.iter().map(|c| wanted(resolve(c))).filter(|w| w != "null").collect();
        all.dedup();
        return all.join(" or ");
    }
    let word = |t: &&str| match *t {
        "object" => "a table",
        "array" => "a list",
        "string" => "a text",
        "boolean" => "a boolean",
        "integer" => "a whole number",
        "number" => "a number",
        _ => "null",
    };
    let words: Vec<&str> = types(schema).iter().filter(|t| **t != "null").map(word).collect();
    let count = match (schema.get("minItems"), schema.get("maxItems")) {
        (Some(a), Some(b)) if a == b => format!(" of {a}"),
        _ => String::new(),
    };
    if words.is_empty() { "something else".into() } else { format!("{}{count}", words.join(" or ")) }
}
