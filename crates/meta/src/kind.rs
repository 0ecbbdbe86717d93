//! Field kinds: what a value is, its column in PostgreSQL, and how its bytes become JSON.
use kernel::Shape;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line.
    #[default]
    Text,
    /// Several lines, plain.
    LongText,
    /// Markdown.
    RichText,
    /// 64 bit.
    Integer,
    /// Exact number; a string in JSON.
    Decimal,
    /// Exact amount; a string in JSON. The currency stands in a field of its own or in the location's settings.
    Money,
    /// 10 means 10 %; a string in JSON.
    Percent,
    Boolean,
    /// A day without time zone: `2026-11-21`.
    Date,
    /// A moment, RFC 3339 in UTC.
    DateTime,
    /// Whole seconds, an integer in JSON.
    Duration,
    Select,
    MultiSelect,
    Email,
    /// E.164 where it can be told, else as typed.
    Phone,
    Url,
    /// JSON object: street, street2, city, region, postal_code, country (ISO 3166-1 alpha-2 or a name).
    Address,
    /// JSON object: lat, lon (WGS 84, degrees).
    GeoPoint,
    Reference,
    /// Rows of a part object, in order.
    Parts,
    /// Reference to a `file` record.
    File,
    /// Reference to a member; with `many` an array of members.
    User,
    Tags,
    Json,
    /// Document number, given by a series.
    AutoNumber,
    /// Computed by CEL at each write and stored.
    Formula,
    /// 0 to 5.
    Rating,
    /// The record's own id.
    Id,
    /// `smallint`..`bigint` counters of the engine (`version`, `position`).
    Counter,
}

/// How a column's binary form becomes JSON (`store/src/json.rs`), and which PostgreSQL type parameters are cast to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    Text,
    Int8,
    Int4,
    /// `numeric`, written as a JSON string.
    NumericText,
    /// `numeric` or `float8`, written as a JSON number.
    Number,
    Bool,
    Date,
    Timestamptz,
    Uuid,
    Jsonb,
    TextArray,
    UuidArray,
    /// Anything else: selected as `::text`, written as a JSON string.
    Other,
}

impl Kind {
    /// Kinds that a blueprint may write; the others are the engine's.
    pub const WRITTEN: [Kind; 27] = [
        Kind::Text,
        Kind::LongText,
        Kind::RichText,
        Kind::Integer,
        Kind::Decimal,
        Kind::Money,
        Kind::Percent,
        Kind::Boolean,
        Kind::Date,
        Kind::DateTime,
        Kind::Duration,
        Kind::Select,
        Kind::MultiSelect,
        Kind::Email,
        Kind::Phone,
        Kind::Url,
        Kind::Address,
        Kind::GeoPoint,
        Kind::Reference,
        Kind::Parts,
        Kind::File,
        Kind::User,
        Kind::Tags,
        Kind::Json,
        Kind::AutoNumber,
        Kind::Formula,
        Kind::Rating,
    ];
    pub fn codec(self, many: bool) -> Codec {
        use Kind::*;
        match self {
            Text | LongText | RichText | Select | Email | Phone | Url | AutoNumber => Codec::Text,
            Integer | Duration | Rating | Counter => Codec::Int8,
            Decimal | Money | Percent => Codec::NumericText,
            Boolean => Codec::Bool,
            Date => Codec::Date,
            DateTime => Codec::Timestamptz,
            MultiSelect | Tags => Codec::TextArray,
            Address | GeoPoint | Json => Codec::Jsonb,
            User if many => Codec::UuidArray,
            Reference | File | User | Id => Codec::Uuid,
            Parts | Formula => Codec::Other,
        }
    }
    /// The column type, also the cast of parameters compared with it.
    pub fn sql_type(self, many: bool) -> &'static str {
        match self.codec(many) {
            Codec::Text | Codec::Other => "text",
            Codec::Int8 => "bigint",
            Codec::Int4 => "integer",
            Codec::NumericText | Codec::Number => "numeric",
            Codec::Bool => "boolean",
            Codec::Date => "date",
            Codec::Timestamptz => "timestamptz",
            Codec::Uuid => "uuid",
            Codec::Jsonb => "jsonb",
            Codec::TextArray => "text[]",
            Codec::UuidArray => "uuid[]",
        }
    }
    pub fn shape(self) -> Option<Shape> {
        match self.codec(false) {
            Codec::Text => Some(Shape::Text),
            Codec::Int8 | Codec::Int4 => Some(Shape::Int),
            Codec::NumericText => Some(Shape::Decimal),
            Codec::Bool => Some(Shape::Bool),
            Codec::Date => Some(Shape::Date),
            Codec::Timestamptz => Some(Shape::Time),
            Codec::Uuid => Some(Shape::Id),
            _ => None,
        }
    }
    /// `text`, `long_text`, ... as blueprints spell it.
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(s)) => s,
            _ => unreachable!("a unit variant serialises to a string"),
        }
    }
}
