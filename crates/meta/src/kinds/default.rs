//! What a field holds when a new record does not say.
use super::parse;
use crate::model::{DefaultValue, Field};
use jiff::{Timestamp, tz::TimeZone};
use kernel::{Uuid, Value};

/// What the words `@today`, `@now`, `@me` and `@currency` stand for.
#[derive(Debug, Clone)]
pub struct DefaultContext {
    pub now: Timestamp,
    /// Of the location, else of the workspace: `Europe/Berlin`.
    pub timezone: String,
    /// Nil when the system creates the record.
    pub member: Uuid,
    /// Of the location, else of the workspace: `EUR`.
    pub currency: String,
}

pub fn default(field: &Field, context: &DefaultContext) -> Option<Value> {
    match field.default.as_ref()? {
        DefaultValue::Fixed(json) => parse(field, json).ok(),
        DefaultValue::Today => Some(Value::Date(today(context))),
        DefaultValue::Now => Some(Value::Time(context.now)),
        DefaultValue::Me if context.member.is_nil() => None,
        DefaultValue::Me if field.many => Some(Value::Ids(vec![context.member])),
        DefaultValue::Me => Some(Value::Id(context.member)),
        DefaultValue::Currency if context.currency.is_empty() => None,
        DefaultValue::Currency => Some(Value::Text(context.currency.clone())),
    }
}

/// The day where the record is, not where the server is.
fn today(context: &DefaultContext) -> jiff::civil::Date {
    let zone = TimeZone::get(&context.timezone).unwrap_or(TimeZone::UTC);
    context.now.to_zoned(zone).date()
}
