//! Statements of the write path: lock, insert, update, delete. `$1` is the workspace, names come from the model.
pub use crate::merged::merged;
use crate::{Statement, reach};
use kernel::{Row, Uuid, Value};
use meta::{Codec, Field, Model, Object, Place};
use policy::{Act, Grant};

/// The columns of an object's table that hold its fields, in model order (`id` among them, `custom` not).
pub fn columns(object: &Object) -> impl Iterator<Item = &Field> {
    object.fields.values().filter(|f| f.place == Place::Column)
}

/// Codecs of `columns`, then one for `custom` where the object has it.
pub fn codecs(object: &Object) -> Vec<Codec> {
    let mut codecs: Vec<_> = columns(object).map(|f| f.stored_kind().codec(f.many)).collect();
    if has_custom(object) {
        codecs.push(Codec::Jsonb);
    }
    codecs
}

/// Tables made from blueprints have the `custom` column; the engine's own have not.
pub fn has_custom(object: &Object) -> bool {
    !object.engine
}

/// Whole rows by id, locked, as far as the grant reaches. Rows come in order of id so that two requests lock alike.
pub fn lock<A: Act>(model: &Model, object: &Object, grant: &Grant<A>, ids: &[Uuid]) -> Statement {
    let mut params = vec![Value::Id(grant.workspace()), Value::Ids(ids.to_vec())];
    let reach = reach(model, grant, "a", &mut params).map(|r| format!(" and ({r})")).unwrap_or_default();
    let text = format!(
        "select {} from {} a where a.workspace_id = $1 and a.id = any($2::uuid[]){reach} order by a.id for update of a",
        list(object, "a."),
        object.table
    );
    Statement { text, params }
}

/// Whole rows whose `field` is one of `ids`, locked, without reach: what a delete takes along, the parts of a whole,
/// and (by `id`) the rows that rules weigh. Never sent to the caller.
pub fn rows_by(object: &Object, workspace: Uuid, field: &str, ids: &[Uuid], locked: bool) -> Statement {
    let order = if object.fields.contains_key("position") { "a.\"position\", a.id" } else { "a.id" };
    let lock = if locked { " for update of a" } else { "" };
    let text = format!(
        "select {} from {} a where a.workspace_id = $1 and a.{} = any($2::uuid[]) order by {order}{lock}",
        list(object, "a."),
        object.table,
        quote(field)
    );
    Statement { text, params: vec![Value::Id(workspace), Value::Ids(ids.to_vec())] }
}

/// Whole rows by id, locked as their rollups are about to be written. The weaker lock lets others go on adding records
/// that refer to these: two who add at once hold one such reference each, and would otherwise wait for each other.
pub fn lock_to_derive(object: &Object, workspace: Uuid, ids: &[Uuid]) -> Statement {
    let text = format!(
        "select {} from {} a where a.workspace_id = $1 and a.id = any($2::uuid[]) order by a.id \
         for no key update of a",
        list(object, "a."),
        object.table
    );
    Statement { text, params: vec![Value::Id(workspace), Value::Ids(ids.to_vec())] }
}

/// Whole rows whose reference `field`, wherever it lives, is one of `ids`, locked, without reach: what a merge moves.
pub fn referring(object: &Object, workspace: Uuid, field: &Field, ids: &[Uuid]) -> Statement {
    // A workspace's own field has its index on the whole of `custom`, which answers containment.
    let holds = match field.place {
        Place::Custom => format!(
            "a.custom @> any(array(select jsonb_build_object({}, id::text) from unnest($2::uuid[]) id))",
            crate::shape::literal(&field.name)
        ),
        _ => format!("a.{} = any($2::uuid[])", quote(&field.name)),
    };
    let text = format!(
        "select {} from {} a where a.workspace_id = $1 and {holds} order by a.id for update of a",
        list(object, "a."),
        object.table
    );
    Statement { text, params: vec![Value::Id(workspace), Value::Ids(ids.to_vec())] }
}

/// Ids in their order, archived or not, after `after`.
pub fn ids_after(object: &Object, workspace: Uuid, after: Option<Uuid>, limit: usize) -> Statement {
    let table = &object.table;
    let mut params = vec![Value::Id(workspace)];
    let mut from = String::new();
    if let Some(id) = after {
        params.push(Value::Id(id));
        from.push_str(" and a.id > $2::uuid");
    }
    let text =
        format!("select a.id from {table} a where a.workspace_id = $1{from} order by a.id limit {limit}");
    Statement { text, params }
}

/// The newest ids, archived or not.
pub fn newest_ids(object: &Object, workspace: Uuid, limit: usize) -> Statement {
    let table = &object.table;
    let text =
        format!("select a.id from {table} a where a.workspace_id = $1 order by a.id desc limit {limit}");
    Statement { text, params: vec![Value::Id(workspace)] }
}

/// Live rows whose `fields` equal one of the given tuples, locked, as far as the grant reaches.
pub fn lock_by<A: Act>(
    model: &Model,
    object: &Object,
    grant: &Grant<A>,
    fields: &[&Field],
    tuples: &[Vec<String>],
) -> Statement {
    let mut params = vec![Value::Id(grant.workspace())];
    let mut arrays = vec![];
    let mut casts = vec![];
    let mut names = vec![];
    for (i, field) in fields.iter().enumerate() {
        params.push(Value::Texts(tuples.iter().map(|t| t[i].clone()).collect()));
        arrays.push(format!("${}::text[]", i + 2));
        casts.push(format!("k{i}::{}", field.stored_kind().sql_type(field.many)));
        names.push(format!("a.{}", quote(&field.name)));
    }
    let keys: Vec<_> = (0..fields.len()).map(|i| format!("k{i}")).collect();
    let live = if object.archivable { " and a.archived_at is null" } else { "" };
    let reach = reach(model, grant, "a", &mut params).map(|r| format!(" and ({r})")).unwrap_or_default();
    let text = format!(
        "select {} from {} a where a.workspace_id = $1 and ({}) in (select {} from unnest({}) as k({})){live}{reach} \
         order by a.id for update of a",
        list(object, "a."),
        object.table,
        names.join(", "),
        casts.join(", "),
        arrays.join(", "),
        keys.join(", "),
    );
    Statement { text, params }
}

/// Which of `ids` exist within reach. For references: a record out of reach is not found.
pub fn present<A: Act>(model: &Model, object: &Object, grant: &Grant<A>, ids: &[Uuid]) -> Statement {
    let mut params = vec![Value::Id(grant.workspace()), Value::Ids(ids.to_vec())];
    let reach = reach(model, grant, "a", &mut params).map(|r| format!(" and ({r})")).unwrap_or_default();
    let text = format!(
        "select a.id from {} a where a.workspace_id = $1 and a.id = any($2::uuid[]){reach}",
        object.table
    );
    Statement { text, params }
}

/// Live values of a unique field among `values` (as text), with the id that holds each.
pub fn taken(object: &Object, workspace: Uuid, field: &Field, values: &[String]) -> Statement {
    let live = if object.archivable { " and a.archived_at is null" } else { "" };
    let text = format!(
        "select a.{0}::text, a.id from {1} a where a.workspace_id = $1 and a.{0} = any(($2::text[])::{2}[]){live}",
        quote(&field.name),
        object.table,
        field.stored_kind().sql_type(field.many)
    );
    Statement { text, params: vec![Value::Id(workspace), Value::Texts(values.to_vec())] }
}

/// One row. Every column is named, so that all inserts of an object are one prepared statement.
pub fn insert(object: &Object, workspace: Uuid, row: &Row) -> Statement {
    let mut params = vec![Value::Id(workspace)];
    let mut names = vec!["workspace_id".to_string()];
    let mut values = vec!["$1".to_string()];
    for field in columns(object) {
        params.push(row.get(&field.name).cloned().unwrap_or_default());
        names.push(quote(&field.name));
        values.push(format!("${}::{}", params.len(), field.stored_kind().sql_type(field.many)));
    }
    if has_custom(object) {
        params.push(custom(object, row));
        names.push("custom".into());
        values.push(format!("${}::jsonb", params.len()));
    }
    let text = format!("insert into {} ({}) values ({})", object.table, names.join(", "), values.join(", "));
    Statement { text, params }
}

/// The named fields of one row, `row` being the whole row as it shall be.
pub fn update<'a>(
    object: &Object,
    workspace: Uuid,
    id: Uuid,
    row: &Row,
    changed: impl Iterator<Item = &'a str>,
) -> Statement {
    let mut params = vec![Value::Id(workspace), Value::Id(id)];
    let mut sets = vec![];
    let mut in_custom = false;
    for name in changed {
        let Some(field) = object.fields.get(name) else { continue };
        match field.place {
            Place::Column => {
                params.push(row.get(name).cloned().unwrap_or_default());
                let kind = field.stored_kind().sql_type(field.many);
                sets.push(format!("{} = ${}::{kind}", quote(name), params.len()));
            }
            Place::Custom => in_custom = true,
            Place::None => {}
        }
    }
    if in_custom {
        params.push(custom(object, row));
        sets.push(format!("custom = ${}::jsonb", params.len()));
    }
    let text =
        format!("update {} set {} where workspace_id = $1 and id = $2::uuid", object.table, sets.join(", "));
    Statement { text, params }
}

pub fn delete(object: &Object, workspace: Uuid, id: Uuid) -> Statement {
    Statement {
        text: format!("delete from {} where workspace_id = $1 and id = $2::uuid", object.table),
        params: vec![Value::Id(workspace), Value::Id(id)],
    }
}

/// A row as `lock` and `rows_by` return it, by field name. Custom fields still stand in `custom` as JSON:
/// `records` decodes them by kind.
pub fn named(object: &Object, values: Vec<Value>) -> (Row, Option<serde_json::Value>) {
    let mut values = values.into_iter();
    let row = columns(object).map(|f| f.name.clone()).zip(values.by_ref()).collect();
    let custom = match values.next() {
        Some(Value::Json(json)) => Some(json),
        _ => None,
    };
    (row, custom)
}

pub(crate) fn custom(object: &Object, row: &Row) -> Value {
    let fields = object.fields.values().filter(|f| f.place == Place::Custom);
    let set = fields
        .filter_map(|f| row.get(&f.name).filter(|v| !v.is_null()).map(|v| (f.name.clone(), v.to_json())));
    Value::Json(serde_json::Value::Object(set.collect()))
}

fn list(object: &Object, alias: &str) -> String {
    let mut names: Vec<_> = columns(object).map(|f| format!("{alias}{}", quote(&f.name))).collect();
    if has_custom(object) {
        names.push(format!("{alias}custom"));
    }
    names.join(", ")
}

/// An identifier of the model. Model names are checked to be `[a-z][a-z0-9_]*`; the quotes are for words like `end`.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{name}\"")
}
