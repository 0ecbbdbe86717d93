//! Where a field lives, in SQL. The one place that knows: a column of the table, or a key of `custom`.
use kernel::Problem;
use meta::{Codec, Field, Object, Place};

/// Something that has a value in SQL, and how it behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub sql: String,
    pub codec: Codec,
    /// The type as PostgreSQL calls it, where the field has one of its own.
    pub special: Option<String>,
    /// Holds members: `me` is understood.
    pub user: bool,
    /// Never null: made by the engine with every row.
    pub certain: bool,
}

impl Expr {
    pub fn plain(sql: String, codec: Codec) -> Self {
        Self { sql, codec, special: None, user: false, certain: false }
    }
    /// As a column of the reply, in the form that the codec reads.
    pub fn selected(&self) -> String {
        match (&self.special, self.codec) {
            (None, _) => self.sql.clone(),
            (Some(_), Codec::Jsonb) => format!("to_jsonb({})", self.sql),
            (Some(_), codec) => format!("{}::{}", self.sql, sql_type(codec)),
        }
    }
}

/// The field's value in the row that `alias` names.
pub fn column(object: &Object, field: &Field, alias: &str) -> String {
    let kind = field.stored_kind();
    let codec = kind.codec(field.many);
    match field.place {
        Place::Column => format!("{alias}.{}", name(&field.name)),
        Place::Custom => custom(alias, &field.name, codec),
        // Part lists have no value of their own; the planner never asks. The whole's id is a harmless answer.
        Place::None => key(object, alias),
    }
}

/// The field with its behaviour.
pub fn expr(object: &Object, field: &Field, alias: &str) -> Expr {
    Expr {
        sql: column(object, field, alias),
        codec: field.stored_kind().codec(field.many),
        special: field.sql_type.clone(),
        user: field.stored_kind() == meta::Kind::User,
        certain: field.system
            && matches!(field.name.as_str(), "id" | "created_at" | "updated_at" | "version"),
    }
}

fn custom(alias: &str, field: &str, codec: Codec) -> String {
    let key = literal(field);
    match codec {
        Codec::Text | Codec::Other => format!("({alias}.custom->>{key})"),
        Codec::Jsonb => format!("({alias}.custom->{key})"),
        Codec::TextArray | Codec::UuidArray => format!(
            "case when jsonb_typeof({alias}.custom->{key}) = 'array' \
             then array(select jsonb_array_elements_text({alias}.custom->{key}))::{} end",
            sql_type(codec)
        ),
        _ => format!("({alias}.custom->>{key})::{}", sql_type(codec)),
    }
}

/// The rows of an object as they stand in `from`.
pub fn from(object: &Object, alias: &str) -> String {
    format!("{} {alias}", object.table)
}

/// The column that references point to: `id`, except in tables that are not ours.
pub fn key(object: &Object, alias: &str) -> String {
    let key = object.key.first().map_or("id", String::as_str);
    format!("{alias}.{}", name(key))
}

/// The type of the key column, as a cast.
pub fn key_type(object: &Object) -> &str {
    let field = object.key.first().and_then(|k| object.fields.get(k));
    match field {
        Some(Field { sql_type: Some(special), .. }) => special,
        Some(f) => f.stored_kind().sql_type(false),
        None => "uuid",
    }
}

pub fn sql_type(codec: Codec) -> &'static str {
    match codec {
        Codec::Text | Codec::Other => "text",
        Codec::Int8 => "bigint",
        Codec::Int4 => "integer",
        Codec::NumericText => "numeric",
        Codec::Number => "double precision",
        Codec::Bool => "boolean",
        Codec::Date => "date",
        Codec::Timestamptz => "timestamptz",
        Codec::Uuid => "uuid",
        Codec::Jsonb => "jsonb",
        Codec::TextArray => "text[]",
        Codec::UuidArray => "uuid[]",
    }
}

/// A column's name after `alias.`: there reserved words need no quotes, unusual letters do.
pub fn name(name: &str) -> String {
    let plain = name
        .bytes()
        .enumerate()
        .all(|(i, b)| b.is_ascii_lowercase() || b == b'_' || (i > 0 && b.is_ascii_digit()));
    if plain && !name.is_empty() { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A name of the model as a text constant.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A cast that the caller asked for.
pub fn cast(expr: Expr, to: &str) -> Result<Expr, Problem> {
    let Some((target, sql)) = cast_target(to) else {
        return Err(Problem::new("query.unsupported", format!("There is no type `{to}` to cast to.")).hint(
            "text, integer, bigint, numeric, double precision, boolean, date, timestamptz, uuid and jsonb are known.",
        ));
    };
    if !castable(&expr, target) {
        let detail = format!("A value of this kind cannot be cast to `{to}`.");
        return Err(Problem::new("query.unsupported", detail));
    }
    if target == Codec::Jsonb {
        return Ok(Expr::plain(format!("to_jsonb({})", expr.sql), target));
    }
    Ok(Expr::plain(format!("{}::{sql}", expr.sql), target))
}

fn cast_target(to: &str) -> Option<(Codec, &'static str)> {
    Some(match to.to_ascii_lowercase().as_str() {
        "text" | "varchar" | "character varying" | "char" => (Codec::Text, "text"),
        "integer" | "int" | "int4" | "smallint" | "int2" => (Codec::Int4, "integer"),
        "bigint" | "int8" => (Codec::Int8, "bigint"),
        "numeric" | "decimal" => (Codec::NumericText, "numeric"),
        "real" | "float4" | "float8" | "double precision" | "float" => (Codec::Number, "float8"),
        "boolean" | "bool" => (Codec::Bool, "boolean"),
        "date" => (Codec::Date, "date"),
        "timestamptz" | "timestamp" | "timestamp with time zone" => (Codec::Timestamptz, "timestamptz"),
        "uuid" => (Codec::Uuid, "uuid"),
        "json" | "jsonb" => (Codec::Jsonb, "jsonb"),
        "text[]" => (Codec::TextArray, "text[]"),
        _ => return None,
    })
}

/// What can be cast. Texts may still turn out not to be numbers: the database says so then. JSON becomes a text
/// by `->>` first.
fn castable(from: &Expr, to: Codec) -> bool {
    use Codec::*;
    let number = |c| matches!(c, Int8 | Int4 | NumericText | Number);
    match (from.codec, to) {
        _ if from.special.is_some() => true,
        (a, b) if a == b => true,
        (_, Text | Jsonb) => true,
        (Text | Other, b) => b != TextArray,
        (a, b) if number(a) && number(b) => true,
        (Bool, Int4) | (Int4, Bool) | (Date, Timestamptz) | (Timestamptz, Date) | (UuidArray, TextArray) => {
            true
        }
        _ => false,
    }
}
