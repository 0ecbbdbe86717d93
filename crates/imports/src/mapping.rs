//! The mapping file: which column feeds which field, and how. TOML on disk, the same shape as JSON over HTTP.
use indexmap::IndexMap;
use kernel::{Decimal, Problem};
use serde::de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use std::fmt;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The object that the rows become: `order`; its plural is understood too.
    pub object: String,
    /// The file of the rows; needed only when several files are given and their order does not tell.
    #[serde(default)]
    pub file: Option<String>,
    /// Fields that find the record of a row again; without them every row is a new record.
    #[serde(default)]
    pub key: Vec<String>,
    /// One character; found out from the file when absent.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// `utf-8`, `windows-1252`, `shift_jis`, ...; found out from the file when absent.
    #[serde(default)]
    pub encoding: Option<String>,
    /// `false`: the first row is data, and columns are called `1`, `2`, `3`.
    #[serde(default)]
    pub header: Option<bool>,
    /// The sheet of a spreadsheet; absent: the first that has rows.
    #[serde(default)]
    pub sheet: Option<String>,
    /// How numbers are written: `decimal = ","`, `thousands = "."`.
    #[serde(default)]
    pub numbers: Numbers,
    /// The time zone of moments that are written without one; UTC when absent.
    #[serde(default)]
    pub timezone: Option<String>,
    /// Rows to take, by the texts of a column: `{ language = ["fi"] }`; the others are left out.
    #[serde(default)]
    pub only: IndexMap<String, Vec<String>>,
    /// Constant values for every row; what a column gives wins.
    #[serde(default)]
    pub defaults: IndexMap<String, Json>,
    /// Column to field.
    #[serde(default)]
    pub columns: IndexMap<String, Targets>,
    /// Field to what it is made of, where one column is not enough.
    #[serde(default)]
    pub fields: IndexMap<String, Target>,
    #[serde(default)]
    pub parts: Option<Parts>,
}

/// Part rows, grouped under their whole.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// The part list of the whole: `lines`.
    pub field: String,
    /// The file of the part rows; absent: the same file, one row per part.
    #[serde(default)]
    pub file: Option<String>,
    /// Columns that say which whole a part row belongs to.
    pub group_by: Vec<GroupBy>,
    /// Fields of the part that find a stored part again (`["product_id"]`); absent: its position.
    #[serde(default)]
    pub key: Vec<String>,
    #[serde(default)]
    pub defaults: IndexMap<String, Json>,
    #[serde(default)]
    pub columns: IndexMap<String, Targets>,
    #[serde(default)]
    pub fields: IndexMap<String, Target>,
}

/// A column of both files, or one name in the file of the wholes and another in the file of the parts.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum GroupBy {
    Same(String),
    Named { whole: String, part: String },
}

impl GroupBy {
    pub fn whole(&self) -> &str {
        match self {
            Self::Same(c) | Self::Named { whole: c, .. } => c,
        }
    }
    pub fn part(&self) -> &str {
        match self {
            Self::Same(c) | Self::Named { part: c, .. } => c,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Numbers {
    pub decimal: Option<char>,
    pub thousands: Option<char>,
}

/// What one column feeds: nothing (`false`), a field, or several.
#[derive(Debug, Clone, Default)]
pub struct Targets(pub Vec<Target>);

/// A field, and how the text of the cell becomes its value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// `name`, or a member of an address or a point: `address.city`, `location.lat`. Only in `[columns]`.
    #[serde(default)]
    pub field: String,
    /// `"{FirstName} {LastName}"`: columns in braces; empty ones leave no double blanks behind. Only in `[fields]`.
    #[serde(default)]
    pub template: Option<String>,
    /// A value read from another object. Only in `[fields]`.
    #[serde(default)]
    pub lookup: Option<Lookup>,
    /// References and users: the field of the other object that holds this text (`external_id`, `email`).
    #[serde(default)]
    pub by: Option<String>,
    /// Put before the text, so that numbers of several sources do not meet: `"supplier-"`.
    #[serde(default)]
    pub prefix: Option<String>,
    /// `strptime` form(s) of dates and moments: `"%m/%d/%y"`.
    #[serde(default)]
    pub format: OneOrMore,
    #[serde(default)]
    pub timezone: Option<String>,
    /// Numbers are multiplied by this: a share of 0.15 becomes 15 percent by `multiply = 100`.
    #[serde(default)]
    pub multiply: Option<Decimal>,
    /// Numbers are rounded to so many digits, half away from zero; absent: every digit counts.
    #[serde(default)]
    pub round: Option<u32>,
    #[serde(default)]
    pub numbers: Option<Numbers>,
    /// Text of the cell to value of the field.
    #[serde(default)]
    pub values: IndexMap<String, Json>,
    /// A text that `values` does not have.
    #[serde(default)]
    pub otherwise: Otherwise,
    #[serde(default, rename = "true")]
    pub yes: Vec<String>,
    #[serde(default, rename = "false")]
    pub no: Vec<String>,
    /// Several values in one cell: what stands between them.
    #[serde(default)]
    pub split: Option<String>,
    #[serde(default)]
    pub empty: Empty,
}

/// What a text that `values` does not have becomes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    #[default]
    Error,
    /// The text itself.
    Keep,
    Empty,
    /// `{ value = "other" }`
    Value(Json),
}

/// What an empty cell becomes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Empty {
    /// The field is emptied.
    #[default]
    Null,
    /// The field stays as stored; a new record gets its default.
    Keep,
    /// `{ value = 0 }`
    Value(Json),
}

/// The one record of `object` that `where` finds gives its field `take`.
///
/// Both may name columns (`{width}`) and fields of records that the row refers to (`{pier.price_tier}`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    pub object: String,
    /// Filters in the grammar of the query string: `pricing_category=eq.0&min_width=lt.{width}`.
    #[serde(rename = "where")]
    pub filter: String,
    pub take: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OneOrMore(pub Vec<String>);

impl Mapping {
    pub fn from_toml(text: &str) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map(|s| text[..s.start].lines().count().max(1));
            let place = line.map(|l| format!(" (line {l})")).unwrap_or_default();
            broken(&format!("{}{place}", e.message()))
        })
    }
    pub fn from_json(json: &Json) -> Result<Self, Problem> {
        match json {
            Json::String(toml) => Self::from_toml(toml),
            other => Self::deserialize(other).map_err(|e| broken(&e.to_string())),
        }
    }
    /// A file whose headers are the names of fields needs no mapping of its own.
    pub fn by_name(object: &str, key: Vec<String>) -> Self {
        Self { object: object.into(), key, ..Default::default() }
    }
}

fn broken(why: &str) -> Problem {
    Problem::new("import.mapping", format!("The mapping cannot be read: {why}.")).at("mapping")
}

impl Target {
    pub fn field(name: &str) -> Self {
        Self { field: name.into(), ..Default::default() }
    }
}

// serde's untagged enums answer "data did not match any variant"; a visitor names what is wrong.
impl<'de> Deserialize<'de> for Targets {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Targets;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`false`, the name of a field, a table with `field = ...`, or a list of these")
            }
            fn visit_bool<E: de::Error>(self, b: bool) -> Result<Targets, E> {
                if b { Err(E::invalid_value(de::Unexpected::Bool(b), &self)) } else { Ok(Targets(vec![])) }
            }
            fn visit_str<E: de::Error>(self, field: &str) -> Result<Targets, E> {
                Ok(Targets(vec![Target::field(field)]))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Targets, A::Error> {
                Ok(Targets(vec![Target::deserialize(MapAccessDeserializer::new(map))?]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Targets, A::Error> {
                let mut all = vec![];
                while let Some(one) = seq.next_element::<Targets>()? {
                    all.extend(one.0);
                }
                Ok(Targets(all))
            }
        }
        d.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = OneOrMore;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: de::Error>(self, one: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![one.into()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMore, A::Error> {
                let mut all = vec![];
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                Ok(OneOrMore(all))
            }
        }
        d.deserialize_any(V)
    }
}
