//! `demo/demo.toml`: how sample data is made. The generator is in `imports`.
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// The same seed makes the same data.
    pub seed: u64,
    /// Dates count from here; from the day on which it is made unless told.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub today: Option<kernel::Date>,
    #[serde(default)]
    pub members: Vec<DemoMember>,
    #[serde(default)]
    pub locations: Vec<DemoLocation>,
    /// Made in this order.
    #[serde(default)]
    pub records: Vec<DemoRecords>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemoMember {
    pub name: String,
    pub email: String,
    pub role: String,
    /// With more than one, names are generated and the address gets a number.
    #[serde(default = "one")]
    pub count: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemoLocation {
    pub fields: IndexMap<String, Json>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemoRecords {
    pub object: String,
    #[serde(default = "one")]
    pub count: u32,
    #[serde(default)]
    pub fields: IndexMap<String, Maker>,
}

fn one() -> u32 {
    1
}

/// How one value is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Maker {
    Fake {
        fake: Fake,
    },
    /// Evenly; with weights: `[["a", 5], ["b", 1]]`.
    Pick {
        pick: Vec<Json>,
    },
    /// A random member with one of the roles; none named: any.
    Member {
        member: Vec<String>,
    },
    /// A random record of this object, made before.
    Ref {
        r#ref: String,
    },
    Money {
        money: [serde_json::Number; 2],
    },
    Decimal {
        decimal: [serde_json::Number; 2],
        scale: Option<u32>,
    },
    Integer {
        integer: [i64; 2],
    },
    /// Days from `today`.
    Date {
        date: [i64; 2],
    },
    DateTime {
        date_time: [i64; 2],
    },
    /// A boolean that is true this often; with `then`: the value this often, else null.
    Chance {
        chance: f64,
        then: Option<Box<Maker>>,
    },
    /// Some of the values, at most `max`.
    Some {
        some: Vec<String>,
        max: Option<u32>,
    },
    /// `"A{n}"`
    Sequence {
        sequence: String,
    },
    /// So many parts, each made like this.
    Parts {
        parts: [u32; 2],
        fields: IndexMap<String, Maker>,
    },
    /// Days after another field of the same record.
    After {
        after: String,
        days: [i64; 2],
    },
    /// A fixed value that is itself a table: an address, a point.
    Value {
        value: Json,
    },
    /// `{}`: a random member.
    AnyMember {},
    /// A fixed value.
    Fixed(Fixed),
}

/// Strings, numbers, booleans and lists stand for themselves; a table would be mistaken for a recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Fixed {
    Text(String),
    Bool(bool),
    Integer(i64),
    Number(f64),
    List(Vec<Json>),
}

impl Fixed {
    pub fn to_json(&self) -> Json {
        match self {
            Self::Text(t) => Json::from(t.as_str()),
            Self::Bool(b) => Json::from(*b),
            Self::Integer(i) => Json::from(*i),
            Self::Number(n) => Json::from(*n),
            Self::List(l) => Json::from(l.clone()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fake {
    Company,
    Person,
    FirstName,
    LastName,
    Email,
    Phone,
    Url,
    Street,
    City,
    Country,
    PostalCode,
    Address,
    Sentence,
    Paragraph,
    Word,
    CatchPhrase,
    JobTitle,
    Iban,
}
