//! What is known of an expression before it runs.
use crate::Kind;
use crate::model::Field;

#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// Not known before it runs (JSON).
    Any,
    Null,
    Bool,
    Number,
    Text,
    Date,
    Time,
    Id,
    List(Box<Type>),
    /// A table: an address, a point, a row of parts (the name of the part object).
    Record(Option<String>),
}

impl Type {
    pub fn of(field: &Field) -> Self {
        match field.stored_kind() {
            Kind::User if field.many => Type::List(Box::new(Type::Id)),
            Kind::Parts => Type::List(Box::new(Type::Record(field.parts.clone()))),
            kind => Self::of_kind(kind),
        }
    }
    pub fn of_kind(kind: Kind) -> Self {
        use Kind::*;
        match kind {
            Text | LongText | RichText | Select | Email | Phone | Url | AutoNumber => Type::Text,
            Integer | Decimal | Money | Percent | Duration | Rating | Counter => Type::Number,
            Boolean => Type::Bool,
            Date => Type::Date,
            DateTime => Type::Time,
            Reference | File | User | Id => Type::Id,
            MultiSelect | Tags => Type::List(Box::new(Type::Text)),
            Address | GeoPoint => Type::Record(None),
            Parts => Type::List(Box::new(Type::Record(None))),
            Json | Formula => Type::Any,
        }
    }
    pub fn name(&self) -> &'static str {
        match self {
            Type::Any => "something",
            Type::Null => "null",
            Type::Bool => "true or false",
            Type::Number => "a number",
            Type::Text => "a text",
            Type::Date => "a date",
            Type::Time => "a moment",
            Type::Id => "an id",
            Type::List(_) => "a list",
            Type::Record(_) => "a table",
        }
    }
    /// Whether a value of this type may stand where `wanted` is asked for.
    pub fn fits(&self, wanted: &Type) -> bool {
        match (self, wanted) {
            (Type::Any | Type::Null, _) | (_, Type::Any | Type::Null) => true,
            (Type::Id, Type::Text) | (Type::Text, Type::Id) => true,
            (Type::List(a), Type::List(b)) => a.fits(b),
            (Type::Record(_), Type::Record(_)) => true,
            (a, b) => a == b,
        }
    }
    /// What is known when it is either this or that.
    pub fn or(self, other: Type) -> Type {
        match (self, other) {
            (Type::Null, t) | (t, Type::Null) => t,
            (a, b) if a == b => a,
            (Type::List(a), Type::List(b)) => Type::List(Box::new(a.or(*b))),
            _ => Type::Any,
        }
    }
    pub fn is_number(&self) -> bool {
        self.fits(&Type::Number)
    }
}
