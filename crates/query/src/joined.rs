//! Many rows by one statement: they travel as one JSON array and are read back by their columns' own types. Rows of one
//! kind go together; the kinds go in the order in which each came first, so that a whole is there before its parts.
use crate::Statement;
use crate::shape;
use crate::write::{columns, custom, has_custom, quote, searched, some_custom};
use indexmap::IndexMap;
use kernel::{Row, Uuid, Value};
use meta::{Field, Object, Place};
use serde_json::{Map, Value as Json, json};

/// Rows that one statement takes.
const MOST: usize = 1_000;

/// Writes that may wait for others of their kind.
pub struct Joined {
    workspace: Uuid,
    groups: IndexMap<String, Vec<Json>>,
}

impl Joined {
    pub fn new(workspace: Uuid) -> Self {
        Self { workspace, groups: IndexMap::new() }
    }

    /// `text` reads the rows as `jsonb_to_recordset($2::jsonb)`; `$1` is the workspace.
    pub fn add(&mut self, text: String, row: Json) {
        self.groups.entry(text).or_default().push(row);
    }

    pub fn insert(&mut self, object: &Object, row: &Row) {
        let mut values = values(columns(object), row);
        let mut names: Vec<_> = columns(object).map(|f| quote(&f.name)).collect();
        let mut typed: Vec<_> = columns(object).map(typed).collect();
        if has_custom(object) {
            names.push("custom".into());
            typed.push("custom jsonb".into());
            values.insert("custom".into(), custom(object, row).to_json());
        }
        let mut from: Vec<_> = names.iter().map(|n| format!("r.{n}")).collect();
        if object.is_own() {
            names.extend(["object".to_string(), "search_text".to_string()]);
            from.extend([shape::literal(&object.name), searched(object, "r.custom")]);
        }
        let text = format!(
            "insert into {} (workspace_id, {}) select $1, {} from jsonb_to_recordset($2::jsonb) as r({})",
            object.table,
            names.join(", "),
            from.join(", "),
            typed.join(", ")
        );
        self.add(text, Json::Object(values));
    }

    /// The named fields of one row, `row` being the whole row as it shall be.
    pub fn update<'a>(
        &mut self,
        object: &Object,
        id: Uuid,
        row: &Row,
        changed: impl Iterator<Item = &'a str>,
    ) {
        let fields: Vec<&Field> = changed.filter_map(|name| object.fields.get(name)).collect();
        let stored = || fields.iter().copied().filter(|f| f.place == Place::Column);
        let mut values = values(stored(), row);
        let mut sets: Vec<_> = stored().map(|f| format!("{0} = r.{0}", quote(&f.name))).collect();
        let mut typed: Vec<_> = stored().map(typed).collect();
        let own: Vec<&str> =
            fields.iter().filter(|f| f.place == Place::Custom).map(|f| f.name.as_str()).collect();
        if !own.is_empty() {
            let keys: Vec<_> = own.iter().map(|name| shape::literal(name)).collect();
            let custom = format!("(a.custom - array[{}]::text[]) || r.custom", keys.join(", "));
            if object.is_own() && own.iter().any(|name| object.search.iter().any(|s| s == name)) {
                sets.push(format!("search_text = {}", searched(object, &custom)));
            }
            sets.push(format!("custom = {custom}"));
            typed.push("custom jsonb".into());
            values.insert("custom".into(), some_custom(&own, row));
        }
        // Not `id`: a field may have that name, and the row is found by what it was.
        values.insert("row_id".into(), json!(id));
        let text = format!(
            "update {} a set {} from jsonb_to_recordset($2::jsonb) as r(row_id uuid, {}) \
             where a.workspace_id = $1 and a.id = r.row_id{}",
            object.table,
            sets.join(", "),
            typed.join(", "),
            shape::only(object)
        );
        self.add(text, Json::Object(values));
    }

    pub fn delete(&mut self, object: &Object, id: Uuid) {
        let text = format!(
            "delete from {} a using jsonb_to_recordset($2::jsonb) as r(row_id uuid) \
             where a.workspace_id = $1 and a.id = r.row_id{}",
            object.table,
            shape::only(object)
        );
        self.add(text, json!({ "row_id": id }));
    }

    pub fn statements(self) -> impl Iterator<Item = Statement> {
        let workspace = self.workspace;
        self.groups.into_iter().flat_map(move |(text, rows)| {
            let batches: Vec<Vec<Json>> = rows.chunks(MOST).map(<[Json]>::to_vec).collect();
            batches.into_iter().map(move |rows| Statement {
                text: text.clone(),
                params: vec![Value::Id(workspace), Value::Json(Json::Array(rows))],
            })
        })
    }
}

fn values<'a>(fields: impl Iterator<Item = &'a Field>, row: &Row) -> Map<String, Json> {
    fields.map(|f| (f.name.clone(), row.get(&f.name).map_or(Json::Null, Value::to_json))).collect()
}

fn typed(field: &Field) -> String {
    format!("{} {}", quote(&field.name), field.stored_kind().sql_type(field.many))
}
