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
        Place::Custom => custom(&format!("{alias}."), &field.name, codec),
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

/// A key of `custom`, typed. Casts would do, but an index needs what is immutable, and a value of another workspace that
/// does not fit must not stop ours.
fn custom(row: &str, field: &str, codec: Codec) -> String {
    let key = literal(field);
    let text = format!("({row}custom->>{key})");
    let list = format!("({row}custom->{key})");
    match codec {
        Codec::Text | Codec::Other => text,
        Codec::Jsonb => list,
        Codec::Int8 => format!("kontor.as_bigint{text}"),
        Codec::Int4 => format!("kontor.as_bigint{text}::integer"),
        Codec::NumericText => format!("kontor.as_numeric{text}"),
        Codec::Number => format!("kontor.as_numeric{text}::double precision"),
        Codec::Bool => format!("kontor.as_boolean{text}"),
        Codec::Date => format!("kontor.as_date{text}"),
        Codec::Timestamptz => format!("kontor.as_timestamptz{text}"),
        Codec::Uuid => format!("kontor.as_uuid{text}"),
        Codec::TextArray => format!("kontor.as_texts{list}"),
        Codec::UuidArray => format!("kontor.as_uuids{list}"),
    }
}

/// The rows of an object as they stand in `from`. A workspace's own objects share a table; a simple `select` in `from` is
/// taken apart by the planner, so that their rows are found by the same indexes as if the condition stood in `where`.
pub fn from(object: &Object, alias: &str) -> String {
    match object.is_own() {
        true => {
            format!("(select * from {} where object = {}) {alias}", object.table, literal(&object.name))
        }
        false => format!("{} {alias}", object.table),
    }
}

/// What `where` of a write needs besides workspace and id.
pub fn only(object: &Object) -> String {
    if object.is_own() { format!(" and object = {}", literal(&object.name)) } else { String::new() }
}

/// Rows that may be sorted by an own field without an index.
pub const FEW: u64 = 10_000;

/// Raises where the workspace has more rows of the object than may be sorted without an index. Counted once a statement.
pub(crate) fn few(object: &Object, field: &Field) -> String {
    let (from, most) = (from(object, "o"), FEW + 1);
    format!(
        "kontor.few((select count(*) from (select 1 from {from} where o.workspace_id = $1 limit {most}) few), {FEW}, {}, {})",
        literal(&object.name),
        literal(&field.name)
    )
}

/// One index of an own field: what `create index` says after the name.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexPlan {
    /// Added to the name.
    pub suffix: &'static str,
    pub definition: String,
}

/// The indexes that an own field needs, for one workspace: others do not pay for them, and what their values are does not
/// matter. For sorting and filtering two where there is an order (`desc.nullslast` walks the second one backwards), for
/// searching one of trigrams.
pub fn indexes(object: &Object, field: &Field, workspace: kernel::Uuid) -> Vec<IndexPlan> {
    let mut plans = if field.indexed { sorted(object, field, workspace) } else { vec![] };
    if object.searched_beside().any(|f| f.name == field.name) {
        let definition = format!(
            "on {} using gin ({} gin_trgm_ops) with (gin_pending_list_limit = 256) where workspace_id = '{workspace}'::uuid",
            object.table,
            searched(field, "")
        );
        plans.push(IndexPlan { suffix: "_search", definition });
    }
    plans
}

/// What a search looks at in an own field of a shipped object, as its index has it.
pub fn searched(field: &Field, alias: &str) -> String {
    let row = if alias.is_empty() { String::new() } else { format!("{alias}.") };
    format!("kontor.searched({row}custom->>{})", literal(&field.name))
}

fn sorted(object: &Object, field: &Field, workspace: kernel::Uuid) -> Vec<IndexPlan> {
    let codec = field.stored_kind().codec(field.many);
    let value = custom("", &field.name, codec);
    let only = format!("where workspace_id = '{workspace}'::uuid{}", only(object));
    let plan =
        |suffix, on: String| IndexPlan { suffix, definition: format!("on {} {on} {only}", object.table) };
    match codec {
        Codec::Jsonb | Codec::Other => vec![],
        Codec::TextArray | Codec::UuidArray => {
            vec![plan("", format!("using gin ({value}) with (gin_pending_list_limit = 256)"))]
        }
        _ => vec![plan("", format!("({value}, id)")), plan("_first", format!("({value} nulls first, id)"))],
    }
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
