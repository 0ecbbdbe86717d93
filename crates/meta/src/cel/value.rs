//! Values while an expression runs.
use crate::model::Object;
use jiff::Timestamp;
use kernel::{Date, Decimal, Value};
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq)]
pub enum V {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(String),
    Date(Date),
    Time(Timestamp),
    List(Vec<V>),
    Record(BTreeMap<String, V>),
}

impl V {
    pub fn of(value: Value) -> V {
        match value {
            Value::Null => V::Null,
            Value::Bool(b) => V::Bool(b),
            Value::Int(i) => V::Number(i.into()),
            Value::Decimal(d) => V::Number(d),
            Value::Text(t) => V::Text(t),
            Value::Date(d) => V::Date(d),
            Value::Time(t) => V::Time(t),
            Value::Id(id) => V::Text(id.to_string()),
            Value::Texts(all) => V::List(all.into_iter().map(V::Text).collect()),
            Value::Ids(all) => V::List(all.into_iter().map(|id| V::Text(id.to_string())).collect()),
            Value::Json(json) => V::of_json(&json),
        }
    }
    pub fn of_json(json: &Json) -> V {
        match json {
            Json::Null => V::Null,
            Json::Bool(b) => V::Bool(*b),
            Json::Number(n) => number(&n.to_string()).map_or(V::Null, V::Number),
            Json::String(t) => V::Text(t.clone()),
            Json::Array(items) => V::List(items.iter().map(V::of_json).collect()),
            Json::Object(map) => V::Record(map.iter().map(|(k, v)| (k.clone(), V::of_json(v))).collect()),
        }
    }
    /// Rows of parts come as JSON, in which amounts and dates are texts: the part's fields say what they are.
    pub fn of_rows(value: Value, part: &Object) -> V {
        let Value::Json(Json::Array(rows)) = value else { return V::of(value) };
        let member = |(name, json): (&String, &Json)| {
            let parsed = part.fields.get(name).and_then(|field| crate::parse(field, json).ok());
            (name.clone(), parsed.map_or_else(|| V::of_json(json), V::of))
        };
        let row = |json: &Json| match json {
            Json::Object(map) => V::Record(map.iter().map(member).collect()),
            other => V::of_json(other),
        };
        V::List(rows.iter().map(row).collect())
    }
    pub fn into_value(self) -> Value {
        match self {
            V::Null => Value::Null,
            V::Bool(b) => Value::Bool(b),
            V::Number(d) => Value::Decimal(d),
            V::Text(t) => Value::Text(t),
            V::Date(d) => Value::Date(d),
            V::Time(t) => Value::Time(t),
            V::List(_) | V::Record(_) => Value::Json(self.to_json()),
        }
    }
    fn to_json(&self) -> Json {
        match self {
            V::List(items) => items.iter().map(V::to_json).collect(),
            V::Record(map) => map.iter().map(|(k, v)| (k.clone(), v.to_json())).collect(),
            scalar => scalar.clone().into_value().to_json(),
        }
    }
    pub fn name(&self) -> &'static str {
        match self {
            V::Null => "null",
            V::Bool(_) => "a boolean",
            V::Number(_) => "a number",
            V::Text(_) => "a text",
            V::Date(_) => "a date",
            V::Time(_) => "a moment",
            V::List(_) => "a list",
            V::Record(_) => "a table",
        }
    }
    /// Which of the two is less, for values that have an order.
    pub fn compare(&self, other: &V) -> Option<Ordering> {
        match (self, other) {
            (V::Number(a), V::Number(b)) => Some(a.cmp(b)),
            (V::Text(a), V::Text(b)) => Some(a.cmp(b)),
            (V::Date(a), V::Date(b)) => Some(a.cmp(b)),
            (V::Time(a), V::Time(b)) => Some(a.cmp(b)),
            (V::Bool(a), V::Bool(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
    /// Counted against the bound on memory.
    pub fn weight(&self) -> usize {
        match self {
            V::Text(t) => 1 + t.len() / 16,
            V::List(items) => 1 + items.iter().map(V::weight).sum::<usize>(),
            V::Record(map) => 1 + map.values().map(V::weight).sum::<usize>(),
            _ => 1,
        }
    }
}

/// A number as it is written, exactly.
pub fn number(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .or_else(|_| Decimal::from_str(text))
        .ok()
        .map(|d| d.normalize())
}
