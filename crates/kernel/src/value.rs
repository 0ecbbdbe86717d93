//! A field's value inside Rust. On the way out of a list rows are written from the database's bytes
//! straight to JSON and never become a `Value`; this type is for writes, rules, parameters and the log.
use indexmap::IndexMap;
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Decimal(Decimal),
    Text(String),
    Date(Date),
    Time(Timestamp),
    Id(Uuid),
    /// multi-select, tags
    Texts(Vec<String>),
    /// several users
    Ids(Vec<Uuid>),
    Json(serde_json::Value),
}

/// Field name to value, in the order of the model.
pub type Row = IndexMap<String, Value>;

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
    /// Null, an empty text, or an empty list: what "filled" in a gate or `required` does not accept.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(t) => t.is_empty(),
            Self::Texts(v) => v.is_empty(),
            Self::Ids(v) => v.is_empty(),
            _ => false,
        }
    }
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }
    pub fn as_id(&self) -> Option<Uuid> {
        match self {
            Self::Id(id) => Some(*id),
            _ => None,
        }
    }
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Decimal(d) => Some(*d),
            Self::Int(i) => Some((*i).into()),
            _ => None,
        }
    }
    /// As it stands in an API body: decimals and money as strings, times in RFC 3339 UTC.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as J;
        match self {
            Self::Null => J::Null,
            Self::Bool(b) => J::Bool(*b),
            Self::Int(i) => J::from(*i),
            Self::Decimal(d) => J::String(d.to_string()),
            Self::Text(t) => J::String(t.clone()),
            Self::Date(d) => J::String(d.to_string()),
            Self::Time(t) => J::String(t.to_string()),
            Self::Id(id) => J::String(id.to_string()),
            Self::Texts(v) => J::from(v.clone()),
            Self::Ids(v) => v.iter().map(|id| J::String(id.to_string())).collect(),
            Self::Json(j) => j.clone(),
        }
    }
}

impl From<&str> for Value {
    fn from(t: &str) -> Self {
        Self::Text(t.into())
    }
}
impl From<String> for Value {
    fn from(t: String) -> Self {
        Self::Text(t)
    }
}
impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}
impl From<i64> for Value {
    fn from(i: i64) -> Self {
        Self::Int(i)
    }
}
impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}
impl From<Decimal> for Value {
    fn from(d: Decimal) -> Self {
        Self::Decimal(d)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}
