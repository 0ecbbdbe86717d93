//! A plan on a real PostgreSQL: rows to JSON by the plan's shape, without the store.
use super::fixtures::text_of;
use kernel::Value;
use meta::Codec;
use query::{ManyPlan, Member, Plan, Shape, Statement};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::error::Error;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, private::BytesMut};
use tokio_postgres::{Client, NoTls};

/// A connection to a database of the test cluster.
pub async fn connect(database: &str) -> Client {
    let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/test-postgres");
    let output = std::process::Command::new(tool).output().expect("tools/test-postgres runs");
    let url = String::from_utf8(output.stdout).expect("the URL is text");
    let url = url
        .trim()
        .rsplit_once('/')
        .map(|(server, _)| format!("{server}/{database}"))
        .expect("a URL ends in a database");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("PostgreSQL answers");
    tokio::spawn(connection);
    client
}

/// Rows as JSON arrays. `parents` replaces the second parameter.
pub async fn rows(
    client: &Client,
    statement: &Statement,
    parents: Option<String>,
) -> Result<Vec<Vec<Json>>, String> {
    let said = |e: tokio_postgres::Error| match e.as_db_error() {
        Some(db) => format!("{} {}\n{}", db.code().code(), db.message(), statement.text),
        None => e.to_string(),
    };
    let width = client.prepare(&statement.text).await.map_err(said)?.columns().len();
    let names: Vec<_> = (0..width).map(|i| format!("c{i}")).collect();
    let names = names.join(", ");
    let text = format!("select jsonb_build_array({names}) from (\n{}\n) t({names})", statement.text);
    let mut params: Vec<Text> = statement.params.iter().map(|v| Text(text_of(v))).collect();
    if let Some(parents) = parents {
        params[1] = Text(Some(parents));
    }
    let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|p| p as &(dyn ToSql + Sync)).collect();
    let rows = client.query(&text, &params).await.map_err(said)?;
    Ok(rows.iter().map(|row| row.get::<_, Json>(0).as_array().cloned().unwrap_or_default()).collect())
}

/// Arrays by slot and parent's id.
pub type Many = Vec<BTreeMap<String, Vec<Json>>>;

pub async fn gather(client: &Client, plans: &[ManyPlan], parents: &[Vec<Json>]) -> Result<Many, String> {
    let mut all = vec![];
    for plan in plans {
        let mut ids: Vec<_> =
            parents.iter().map(|row| name(&row[plan.parent])).filter(|id| id != "null").collect();
        ids.sort();
        ids.dedup();
        let ids = text_of(&Value::Texts(ids));
        let rows = rows(client, &plan.rows, ids).await?;
        let nested = Box::pin(gather(client, &plan.many, &rows)).await?;
        let mut by_parent: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        for row in &rows {
            let object = assemble(&plan.shape, row, &plan.many, &nested);
            by_parent.entry(name(&row[0])).or_default().push(Json::Object(object));
        }
        all.push(by_parent);
    }
    Ok(all)
}

pub fn assemble(shape: &Shape, row: &[Json], plans: &[ManyPlan], many: &Many) -> Map<String, Json> {
    let mut object = Map::new();
    let key = |prefix: &str| {
        serde_json::from_str::<String>(prefix.trim_end_matches(':')).expect("a prefix is a string")
    };
    for member in &shape.members {
        match member {
            Member::Column { prefix, column, .. } => {
                object.insert(key(prefix), row[*column].clone());
            }
            Member::One { prefix, present, shape } => {
                let one = if row[*present].is_null() {
                    Json::Null
                } else {
                    assemble(shape, row, plans, many).into()
                };
                object.insert(key(prefix), one);
            }
            Member::Many { prefix, slot } => {
                let parent = name(&row[plans[*slot].parent]);
                object.insert(key(prefix), many[*slot].get(&parent).cloned().unwrap_or_default().into());
            }
            Member::Spread { shape } => object.extend(assemble(shape, row, plans, many)),
        }
    }
    object
}

fn name(id: &Json) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// The store reads columns in binary by codec, so each must have the type its codec expects.
pub async fn check_codecs(client: &Client, plan: &Plan) -> Result<(), String> {
    check_shape(client, &plan.rows, &plan.shape).await?;
    let mut many: Vec<&ManyPlan> = plan.many.iter().collect();
    while let Some(next) = many.pop() {
        check_shape(client, &next.rows, &next.shape).await?;
        many.extend(&next.many);
    }
    Ok(())
}

async fn check_shape(client: &Client, statement: &Statement, shape: &Shape) -> Result<(), String> {
    let prepared = client.prepare(&statement.text).await.map_err(|e| e.to_string())?;
    let mut shapes = vec![shape];
    while let Some(shape) = shapes.pop() {
        for member in &shape.members {
            match member {
                Member::Column { column, codec, prefix } => {
                    let of = prepared.columns()[*column].type_();
                    if !fits(*codec, of) {
                        return Err(format!("{prefix} is {of}, read as {codec:?}"));
                    }
                }
                Member::One { shape, .. } | Member::Spread { shape } => shapes.push(shape),
                Member::Many { .. } => {}
            }
        }
    }
    Ok(())
}

fn fits(codec: Codec, of: &Type) -> bool {
    match codec {
        Codec::Text | Codec::Other => *of == Type::TEXT || *of == Type::VARCHAR,
        Codec::Int8 => *of == Type::INT8,
        Codec::Int4 => *of == Type::INT4,
        Codec::NumericText => *of == Type::NUMERIC,
        Codec::Number => *of == Type::NUMERIC || *of == Type::FLOAT8,
        Codec::Bool => *of == Type::BOOL,
        Codec::Date => *of == Type::DATE,
        Codec::Timestamptz => *of == Type::TIMESTAMPTZ,
        Codec::Uuid => *of == Type::UUID,
        Codec::Jsonb => *of == Type::JSONB,
        Codec::TextArray => *of == Type::TEXT_ARRAY,
        Codec::UuidArray => *of == Type::UUID_ARRAY,
    }
}

/// A parameter in PostgreSQL's own text form, whatever its type.
#[derive(Debug)]
struct Text(Option<String>);
impl ToSql for Text {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match &self.0 {
            None => Ok(IsNull::Yes),
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }
    tokio_postgres::types::to_sql_checked!();
}

/// A database of its own, for the time of one test.
pub struct Scratch {
    pub name: String,
}

impl Scratch {
    pub async fn new(what: &str) -> Self {
        let name = format!("query_{what}_{}", std::process::id());
        let server = connect("postgres").await;
        server.batch_execute(&format!("create database {name}")).await.expect("the database is made");
        Self { name }
    }
    pub async fn drop(self) {
        let server = connect("postgres").await;
        server
            .batch_execute(&format!("drop database {} with (force)", self.name))
            .await
            .expect("it goes away");
    }
}
