//! What of a record is evidence, made comparable once.
use crate::text::{Trigrams, folded, trigrams};
use kernel::{Date, Row, Uuid, Value};
use meta::{Duplicates, Kind, Object};
use std::collections::BTreeSet;

/// Shorter ones are placeholders: `0`, `n/a`, an extension number.
const SHORTEST_PHONE: usize = 6;
const SHORTEST_IDENTIFIER: usize = 4;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    pub(crate) name: Name,
    /// Lower case.
    pub(crate) emails: BTreeSet<String>,
    /// E.164 where the country is known, else the digits.
    pub(crate) phones: BTreeSet<String>,
    pub(crate) companies: BTreeSet<Company>,
    /// Letters and digits, lower case, each with the field that holds it: a tax id is no register number.
    pub(crate) identifiers: BTreeSet<(String, String)>,
    pub(crate) birth_dates: BTreeSet<Date>,
    pub(crate) addresses: Vec<Trigrams>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Name {
    pub words: usize,
    pub trigrams: Trigrams,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Company {
    Record(Uuid),
    Named(String),
}

impl Profile {
    /// What the fields of `spec` say of this row of `object`.
    pub fn of(object: &Object, spec: &Duplicates, row: &Row) -> Self {
        let text = |field: &String| row.get(field).and_then(Value::as_text);
        let name: Vec<&str> = spec.name.iter().filter_map(text).collect();
        let name = folded(&name.join(" "));
        let dates = spec.birth_date.iter().filter_map(|f| match row.get(f) {
            Some(Value::Date(date)) => Some(*date),
            _ => None,
        });
        let identifier = |f: &String| Some((f.clone(), text(f).and_then(identifier)?));
        Self {
            name: Name { words: name.split_whitespace().count(), trigrams: trigrams(&name) },
            emails: spec.email.iter().filter_map(text).filter_map(email).collect(),
            phones: spec.phone.iter().filter_map(text).filter_map(phone).collect(),
            companies: spec.company.iter().filter_map(|f| company(row.get(f)?)).collect(),
            identifiers: spec.identifier.iter().filter_map(identifier).collect(),
            birth_dates: dates.collect(),
            addresses: addresses(object, spec, row),
        }
    }

    /// Nothing that could tell anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is compared of an e-mail address.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    (!text.is_empty()).then_some(text)
}

/// What is compared of a telephone number: E.164 where the country is known, else the digits.
pub fn phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plus = if text.trim_start().starts_with('+') { "+" } else { "" };
    (digits.len() >= SHORTEST_PHONE).then(|| format!("{plus}{digits}"))
}

/// What is compared of an identifier: letters and digits, without the blanks and dashes that each writer puts elsewhere.
pub fn identifier(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    (kept.chars().count() >= SHORTEST_IDENTIFIER).then_some(kept)
}

fn company(value: &Value) -> Option<Company> {
    match value {
        Value::Id(id) => Some(Company::Record(*id)),
        Value::Text(text) => {
            Some(Company::Named(folded(text))).filter(|c| *c != Company::Named(String::new()))
        }
        _ => None,
    }
}

/// Each address field is an address; the texts together are one.
fn addresses(object: &Object, spec: &Duplicates, row: &Row) -> Vec<Trigrams> {
    let mut lines = vec![];
    let mut texts = vec![];
    for field in &spec.address {
        let is_address = object.fields.get(field).is_some_and(|f| f.kind == Kind::Address);
        match row.get(field) {
            Some(Value::Json(serde_json::Value::Object(parts))) if is_address => {
                let parts: Vec<&str> = parts.values().filter_map(|v| v.as_str()).collect();
                lines.push(folded(&parts.join(" ")));
            }
            Some(Value::Text(text)) => texts.push(text.as_str()),
            _ => {}
        }
    }
    lines.push(folded(&texts.join(" ")));
    lines.retain(|line| !line.is_empty());
    lines.iter().map(|line| trigrams(line)).collect()
}
