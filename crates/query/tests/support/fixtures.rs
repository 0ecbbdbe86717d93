//! PostgREST's test database as a Kontor model and as tables of a scratch schema.
use kernel::{Uuid, Value};
use meta::{Field, Inverse, Kind, Model, Object, OnDelete, Reference, Through, Unique};
use serde_json::Value as Json;
use std::path::PathBuf;

/// The folder with the shared test data, when there is one.
pub fn shared() -> Option<PathBuf> {
    let folder = match std::env::var_os("KONTOR_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
    };
    let data = folder.join("data/postgrest");
    data.join("fixtures.json").exists().then_some(data)
}

pub fn workspace() -> Uuid {
    Uuid::from_u128(1)
}

/// References that PostgREST infers from the definitions of views; Kontor's models say them.
const VIEWS: &[(&str, &str, &str)] = &[
    ("books", "author_id", "authors"),
    ("books", "first_publisher_id", "publishers"),
    ("forties_books", "author_id", "authors"),
    ("sixties_books", "author_id", "authors"),
    ("forties_and_fifties_books", "author_id", "authors"),
    ("odd_years_publications", "author_id", "authors"),
    ("articleStars", "articleId", "articles"),
    ("articleStars", "userId", "users"),
];

pub fn model(fixtures: &Json, schema: &str) -> Model {
    let mut model = Model::default();
    let relations = fixtures.as_object().expect("fixtures are an object");
    for (name, relation) in relations {
        model.by_plural.insert(name.clone(), name.clone());
        model.objects.insert(name.clone(), object(name, relation, schema));
    }
    let constraints: Vec<(String, String, String, String)> = relations
        .iter()
        .flat_map(|(name, relation)| {
            list(&relation["constraints"]).filter_map(foreign_key).map(|(f, t, k)| (name.clone(), f, t, k))
        })
        .chain(VIEWS.iter().map(|(o, f, t)| (o.to_string(), f.to_string(), t.to_string(), "id".to_string())))
        .collect();
    for (from, field, to, key) in constraints {
        let Some(target) = model.objects.get_mut(&to) else { continue };
        // Views come without a key; what is referred to is one.
        if target.key.is_empty() {
            target.key = vec![key.clone()];
        }
        if target.key != [key] {
            continue;
        }
        target.inverses.push(Inverse {
            name: from.clone(),
            object: from.clone(),
            field: field.clone(),
            through: None,
        });
        let source = model.objects.get_mut(&from).expect("the source is a relation");
        source.fields[&field].reference =
            Some(Reference { to: to.clone(), on_delete: OnDelete::Restrict, embed: to, inverse: from });
    }
    for name in relations.keys() {
        link(&mut model, name);
    }
    model
}

fn object(name: &str, relation: &Json, schema: &str) -> Object {
    let keys: Vec<Vec<String>> =
        list(&relation["constraints"]).filter_map(|c| columns(c.strip_prefix("PRIMARY KEY ")?)).collect();
    let unique: Vec<Vec<String>> =
        list(&relation["constraints"]).filter_map(|c| columns(c.strip_prefix("UNIQUE ")?)).collect();
    let mut object = Object {
        name: name.into(),
        plural: name.into(),
        label: name.into(),
        label_plural: name.into(),
        table: format!("{schema}.\"{name}\""),
        key: keys.first().or(unique.iter().find(|u| u.len() == 1)).cloned().unwrap_or_default(),
        ..Object::default()
    };
    for column in relation["columns"].as_array().expect("columns are a list") {
        let name = column["name"].as_str().expect("a column has a name").to_owned();
        let (kind, special) = kind(column["type"].as_str().expect("a column has a type"));
        let alone = keys.iter().chain(&unique).any(|k| k.len() == 1 && k[0] == name);
        let field = Field {
            name: name.clone(),
            kind,
            sql_type: special.map(Into::into),
            unique: if alone { Unique::Workspace } else { Unique::No },
            ..Field::default()
        };
        object.fields.insert(name, field);
    }
    object
}

/// A table whose key is two references is a link between their objects.
fn link(model: &mut Model, name: &str) {
    let object = &model.objects[name];
    let [a, b] = object.key.as_slice() else { return };
    let to = |field: &str| object.fields.get(field)?.reference.as_ref().map(|r| r.to.clone());
    let (Some(to_a), Some(to_b)) = (to(a), to(b)) else { return };
    let ends = [a.clone(), b.clone()];
    for (near, far) in [((&to_a, &ends[0]), (&to_b, &ends[1])), ((&to_b, &ends[1]), (&to_a, &ends[0]))] {
        let inverse = Inverse {
            name: far.0.clone(),
            object: name.into(),
            field: near.1.clone(),
            through: Some(Through { object: far.0.clone(), field: far.1.clone() }),
        };
        model.objects[near.0].inverses.push(inverse);
    }
    model.objects[name].link = Some(ends);
}

/// The kind that reads a column of this type, and the type itself where Kontor has no kind of its own for it.
fn kind(of: &str) -> (Kind, Option<&'static str>) {
    match of {
        "bigint" => (Kind::Integer, None),
        "integer" | "test.devil_int" => (Kind::Integer, Some("integer")),
        "smallint" => (Kind::Integer, Some("smallint")),
        "oid" => (Kind::Integer, Some("oid")),
        "numeric" => (Kind::Decimal, None),
        "real" => (Kind::Decimal, Some("real")),
        "double precision" => (Kind::Decimal, Some("double precision")),
        "boolean" => (Kind::Boolean, None),
        "date" => (Kind::Date, None),
        "timestamp with time zone" => (Kind::DateTime, None),
        "timestamp without time zone" => (Kind::Json, Some("timestamp")),
        "uuid" => (Kind::Id, None),
        "jsonb" => (Kind::Json, None),
        "json" => (Kind::Json, Some("json")),
        "integer[]" => (Kind::Json, Some("integer[]")),
        "oid[]" => (Kind::Json, Some("oid[]")),
        "bit(5)[]" => (Kind::Json, Some("bit(5)[]")),
        "character(5)[]" => (Kind::Json, Some("character(5)[]")),
        "tsvector" | "test.tsvector_not_null" | "test.tsvector_not_empty" => (Kind::Text, Some("tsvector")),
        "tsrange" => (Kind::Text, Some("tsrange")),
        "numrange" => (Kind::Text, Some("numrange")),
        "money" => (Kind::Text, Some("money")),
        "bytea" => (Kind::Text, Some("bytea")),
        "time without time zone" => (Kind::Text, Some("time")),
        "bit(5)" => (Kind::Text, Some("bit(5)")),
        _ => (Kind::Text, None),
    }
}

/// `create table` and `insert` for every relation, views as tables of their rows.
pub fn ddl(fixtures: &Json, schema: &str) -> String {
    let mut sql = format!("create schema {schema};\n");
    for (name, relation) in fixtures.as_object().expect("fixtures are an object") {
        let columns: Vec<_> = relation["columns"]
            .as_array()
            .expect("columns are a list")
            .iter()
            .map(|c| {
                let name = c["name"].as_str().expect("a column has a name");
                let of = c["type"].as_str().expect("a column has a type");
                let text = |t: &str| {
                    t.starts_with("character") && !t.ends_with("[]") || t == "name" || t.contains("_type")
                };
                let of = match kind(of) {
                    (_, Some(special)) => special,
                    _ if text(of) => "text",
                    _ => of,
                };
                format!("\"{name}\" {of}")
            })
            .collect();
        let table = format!("{schema}.\"{name}\"");
        sql += &format!("create table {table} (workspace_id uuid, {});\n", columns.join(", "));
        let rows = relation["rows"].to_string().replace('\'', "''");
        sql += &format!(
            "insert into {table} select (jsonb_populate_record(null::{table}, \
             r || '{{\"workspace_id\": \"{}\"}}')).* from jsonb_array_elements('{rows}'::jsonb) r;\n",
            workspace()
        );
    }
    sql
}

fn list(json: &Json) -> impl Iterator<Item = &str> {
    json.as_array().into_iter().flatten().filter_map(Json::as_str)
}

/// `(a, "b")`
fn columns(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix('(')?.split(')').next()?;
    Some(inner.split(',').map(|c| c.trim().trim_matches('"').to_owned()).collect())
}

/// Field, target and target's column of a foreign key over one column.
fn foreign_key(constraint: &str) -> Option<(String, String, String)> {
    let (from, to) = constraint.strip_prefix("FOREIGN KEY ")?.split_once(" REFERENCES test.")?;
    let (table, key) = to.split_once('(')?;
    let one = |mut all: Vec<String>| (all.len() == 1).then(|| all.remove(0));
    Some((one(columns(from)?)?, table.trim_matches('"').to_owned(), one(columns(&format!("({key}"))?)?))
}

/// A parameter as PostgreSQL writes it; `None` is null.
pub fn text_of(value: &Value) -> Option<String> {
    let list = |all: Vec<String>| {
        let quoted: Vec<_> =
            all.iter().map(|t| format!("\"{}\"", t.replace('\\', "\\\\").replace('"', "\\\""))).collect();
        format!("{{{}}}", quoted.join(","))
    };
    Some(match value {
        Value::Null => return None,
        Value::Texts(all) => list(all.clone()),
        Value::Ids(all) => list(all.iter().map(Uuid::to_string).collect()),
        other => match other.to_json() {
            Json::String(text) => text,
            json => json.to_string(),
        },
    })
}
