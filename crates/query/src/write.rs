//! Statements of the write path: lock, insert, update, delete. `$1` is the workspace, names come from the model.
pub use crate::merged::merged;
use crate::{Statement, reach, shape};
use kernel::{Row, Uuid, Value};
use meta::{Codec, Field, Model, Object, Place, Unique};
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
        "select {} from {} where a.workspace_id = $1 and a.id = any($2::uuid[]){reach} order by a.id for update of a",
        list(object, "a."),
        shape::from(object, "a")
    );
    Statement { text, params }
}

/// Whole rows whose `field` is one of `ids`, locked, without reach: what a delete takes along, the parts of a whole,
/// and (by `id`) the rows that rules weigh. Never sent to the caller.
pub fn rows_by(object: &Object, workspace: Uuid, field: &str, ids: &[Uuid], locked: bool) -> Statement {
    let order = if object.fields.contains_key("position") { "a.\"position\", a.id" } else { "a.id" };
    let lock = if locked { " for update of a" } else { "" };
    let text = format!(
        "select {} from {} where a.workspace_id = $1 and {} = any($2::uuid[]) order by {order}{lock}",
        list(object, "a."),
        shape::from(object, "a"),
        of_row(object, field)
    );
    Statement { text, params: vec![Value::Id(workspace), Value::Ids(ids.to_vec())] }
}

/// Some fields of rows by id, in the order of `fields`, without reach: what is only weighed is not read as a whole.
pub fn some_of(object: &Object, workspace: Uuid, ids: &[Uuid], fields: &[&Field]) -> (Statement, Vec<Codec>) {
    let names: Vec<String> = fields.iter().map(|f| of_row(object, &f.name)).collect();
    let text = format!(
        "select {} from {} where a.workspace_id = $1 and a.id = any($2::uuid[])",
        names.join(", "),
        shape::from(object, "a")
    );
    let codecs = fields.iter().map(|f| f.stored_kind().codec(f.many)).collect();
    (Statement { text, params: vec![Value::Id(workspace), Value::Ids(ids.to_vec())] }, codecs)
}

/// Whole rows by id, locked as their rollups are about to be written. The weaker lock lets others go on adding records
/// that refer to these: two who add at once hold one such reference each, and would otherwise wait for each other.
pub fn lock_to_derive(object: &Object, workspace: Uuid, ids: &[Uuid]) -> Statement {
    let text = format!(
        "select {} from {} where a.workspace_id = $1 and a.id = any($2::uuid[]) order by a.id \
         for no key update of a",
        list(object, "a."),
        shape::from(object, "a")
    );
    Statement { text, params: vec![Value::Id(workspace), Value::Ids(ids.to_vec())] }
}

/// Whole rows whose reference `field`, wherever it lives, is one of `ids`, locked, without reach: what a merge moves.
pub fn referring(object: &Object, workspace: Uuid, field: &Field, ids: &[Uuid]) -> Statement {
    // A workspace's own field has its index on the whole of `custom`, which answers containment.
    let holds = match field.place {
        Place::Custom => format!(
            "a.custom @> any(array(select jsonb_build_object({}, id::text) from unnest($2::uuid[]) id))",
            shape::literal(&field.name)
        ),
        _ => format!("a.{} = any($2::uuid[])", quote(&field.name)),
    };
    let text = format!(
        "select {} from {} where a.workspace_id = $1 and {holds} order by a.id for update of a",
        list(object, "a."),
        shape::from(object, "a")
    );
    Statement { text, params: vec![Value::Id(workspace), Value::Ids(ids.to_vec())] }
}

/// Ids in their order, archived or not, after `after`.
pub fn ids_after(object: &Object, workspace: Uuid, after: Option<Uuid>, limit: usize) -> Statement {
    let from = shape::from(object, "a");
    let mut params = vec![Value::Id(workspace)];
    let mut behind = "";
    if let Some(id) = after {
        params.push(Value::Id(id));
        behind = " and a.id > $2::uuid";
    }
    let text =
        format!("select a.id from {from} where a.workspace_id = $1{behind} order by a.id limit {limit}");
    Statement { text, params }
}

/// The newest ids, archived or not.
pub fn newest_ids(object: &Object, workspace: Uuid, limit: usize) -> Statement {
    let from = shape::from(object, "a");
    let text = format!("select a.id from {from} where a.workspace_id = $1 order by a.id desc limit {limit}");
    Statement { text, params: vec![Value::Id(workspace)] }
}

/// Of which of the given tuples there is a live record within reach: the tuple's number, from 1, and the record.
pub fn known_by<A: Act>(
    model: &Model,
    object: &Object,
    grant: &Grant<A>,
    fields: &[&Field],
    tuples: &[Vec<String>],
) -> Statement {
    let mut params = vec![Value::Id(grant.workspace())];
    let keyed = keyed(object, fields, tuples, &mut params);
    let reached = reach(model, grant, "a", &mut params).map(|reach| {
        let from = shape::from(object, "a");
        format!(
            " where exists (select 1 from {from} where a.workspace_id = $1 and a.id = f.id and ({reach}))"
        )
    });
    Statement { text: format!("select k.n, f.id from {keyed}{}", reached.unwrap_or_default()), params }
}

/// A `from` that joins tuples `k` (`k.n` counts them from 1) with the ids `f.id` of the live records that have them.
///
/// Written so that only the key's index will do, whatever the planner knows. Of a table that was empty when the plan
/// was made, or of a workspace that is new in a large one, it believes that there is one row, and that every index led
/// by the workspace finds it equally well; it may then walk the whole workspace for every piece of an import. Asked for
/// the last field in order, by a range, the others would have to sort. A key that has no index of its own is looked for
/// in one walk.
fn keyed(object: &Object, fields: &[&Field], tuples: &[Vec<String>], params: &mut Vec<Value>) -> String {
    let first = params.len() + 1;
    let texts = |i: usize| Value::Texts(tuples.iter().map(|t| t[i].clone()).collect());
    params.extend((0..fields.len()).map(texts));
    let arrays: Vec<_> = (0..fields.len()).map(|i| format!("${}::text[]", first + i)).collect();
    let keys: Vec<_> = (0..fields.len()).map(|i| format!("k{i}")).collect();
    let kind = |f: &Field| f.stored_kind().sql_type(f.many);
    let live = if object.archivable { " and a.archived_at is null" } else { "" };
    let (from, asked) = (shape::from(object, "a"), format!("{}, n", keys.join(", ")));
    let asked = format!("unnest({}) with ordinality as k({asked})", arrays.join(", "));
    let equal =
        fields.iter().zip(&keys).map(|(f, k)| (of_row(object, &f.name), format!("k.{k}::{}", kind(f))));
    if fields.iter().all(|f| f.place == Place::Column && f.unique != Unique::Location) {
        let mut equal: Vec<_> = equal.collect();
        let (last, key) = equal.pop().expect("a key has a field");
        let others: String = equal.iter().map(|(field, key)| format!(" and {field} = {key}")).collect();
        return format!(
            "{asked} cross join lateral (select a.id from {from} where a.workspace_id = $1{others} \
             and {last} >= {key} and {last} <= {key}{live} order by {last}) f"
        );
    }
    let joined: Vec<_> = equal.enumerate().map(|(i, (_, key))| format!("f.v{i} = {key}")).collect();
    let values: Vec<_> =
        fields.iter().enumerate().map(|(i, f)| format!("{} as v{i}", of_row(object, &f.name))).collect();
    format!(
        "{asked} join (with found as materialized (select a.id, {} from {from} where a.workspace_id = $1 \
         and {} = any((${first}::text[])::{}[]){live}) select * from found) f on {}",
        values.join(", "),
        of_row(object, &fields[0].name),
        kind(fields[0]),
        joined.join(" and ")
    )
}

/// Which of `ids` exist within reach. For references: a record out of reach is not found.
pub fn present<A: Act>(model: &Model, object: &Object, grant: &Grant<A>, ids: &[Uuid]) -> Statement {
    let mut params = vec![Value::Id(grant.workspace()), Value::Ids(ids.to_vec())];
    let reach = reach(model, grant, "a", &mut params).map(|r| format!(" and ({r})")).unwrap_or_default();
    let from = shape::from(object, "a");
    let text = format!("select a.id from {from} where a.workspace_id = $1 and a.id = any($2::uuid[]){reach}");
    Statement { text, params }
}

/// The same, and they stay until the transaction ends, as a foreign key would have it: for references that have none.
pub fn held<A: Act>(model: &Model, object: &Object, grant: &Grant<A>, ids: &[Uuid]) -> Statement {
    let statement = present(model, object, grant, ids);
    Statement { text: format!("{} order by a.id for key share of a", statement.text), ..statement }
}

/// Live values of a unique field among `values` (as text), with the id that holds each.
pub fn taken(object: &Object, workspace: Uuid, field: &Field, values: &[String]) -> Statement {
    let tuples: Vec<_> = values.iter().map(|v| vec![v.clone()]).collect();
    let mut params = vec![Value::Id(workspace)];
    let keyed = keyed(object, &[field], &tuples, &mut params);
    Statement { text: format!("select k.k0, f.id from {keyed}"), params }
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
    if object.is_own() {
        names.push("object".into());
        values.push(shape::literal(&object.name));
        names.push("search_text".into());
        values.push(searched(object, &format!("${}::jsonb", params.len())));
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
    let mut own: Vec<&str> = vec![];
    for name in changed {
        let Some(field) = object.fields.get(name) else { continue };
        match field.place {
            Place::Column => {
                params.push(row.get(name).cloned().unwrap_or_default());
                let kind = field.stored_kind().sql_type(field.many);
                sets.push(format!("{} = ${}::{kind}", quote(name), params.len()));
            }
            Place::Custom => own.push(name),
            Place::None => {}
        }
    }
    if !own.is_empty() {
        params.push(Value::Texts(own.iter().map(|n| (*n).to_string()).collect()));
        params.push(Value::Json(some_custom(&own, row)));
        // The other keys stay: those of fields that are put away are among them.
        let custom = format!("(custom - ${}::text[]) || ${}::jsonb", params.len() - 1, params.len());
        if object.is_own() && own.iter().any(|name| object.search.iter().any(|s| s == name)) {
            sets.push(format!("search_text = {}", searched(object, &custom)));
        }
        sets.push(format!("custom = {custom}"));
    }
    let text = format!(
        "update {} set {} where workspace_id = $1 and id = $2::uuid{}",
        object.table,
        sets.join(", "),
        shape::only(object)
    );
    Statement { text, params }
}

/// The values of some own fields, those that are filled.
pub(crate) fn some_custom(names: &[&str], row: &Row) -> serde_json::Value {
    let filled = names.iter().filter_map(|name| Some((*name, row.get(*name).filter(|v| !v.is_null())?)));
    serde_json::Value::Object(filled.map(|(name, value)| (name.to_string(), value.to_json())).collect())
}

/// What searches look at in a record of an own object, from its `custom`.
pub fn searched(object: &Object, custom: &str) -> String {
    let named = object.search.iter().filter_map(|name| object.fields.get(name));
    let list = |fields: Vec<&Field>| {
        let names: Vec<String> = fields.iter().map(|f| shape::literal(&f.name)).collect();
        format!("array[{}]::text[]", names.join(", "))
    };
    let (all, numbers) = (list(named.clone().collect()), list(named.filter(|f| f.holds_numbers()).collect()));
    format!("kontor.search_of({custom}, {all}, {numbers})")
}

/// Of several records, all is given up before any is taken.
#[derive(Debug, Default)]
pub struct Claims {
    pub given_up: Vec<Statement>,
    pub taken: Vec<Statement>,
}

/// Own fields that must be unique: what has to be given up and taken for a record that changes from `before` to `after`
/// (`None`: it is not there). Columns have their index; these have `kontor.custom_unique`.
pub fn claims(
    object: &Object,
    workspace: Uuid,
    id: Uuid,
    before: Option<&Row>,
    after: Option<&Row>,
) -> Claims {
    let unique = object.fields.values().filter(|f| f.place == Place::Custom && f.unique != Unique::No);
    let mut all = Claims::default();
    for field in unique {
        let (had, wants) = (before.and_then(|r| claimed(field, r)), after.and_then(|r| claimed(field, r)));
        if had == wants {
            continue;
        }
        let about = [workspace.into(), object.name.as_str().into(), field.name.as_str().into(), id.into()];
        if had.is_some() {
            let text = "delete from kontor.custom_unique where workspace_id = $1 and object = $2::text \
                        and field = $3::text and record_id = $4::uuid";
            all.given_up.push(Statement { text: text.into(), params: about.to_vec() });
        }
        if let Some(value) = wants {
            let text =
                "select kontor.claim($2::text, $3::text, $5::text, $4::uuid) where $1::uuid is not null";
            let params = about.into_iter().chain([value.into()]).collect();
            all.taken.push(Statement { text: text.into(), params });
        }
    }
    all
}

/// The value that a record keeps from others: none when it is archived.
fn claimed(field: &Field, row: &Row) -> Option<String> {
    if row.get("archived_at").is_some_and(|v| !v.is_null()) {
        return None;
    }
    let value = match row.get(&field.name)? {
        Value::Null => return None,
        Value::Decimal(d) => d.normalize().to_string(),
        other => match other.to_json() {
            serde_json::Value::String(text) => text,
            json => json.to_string(),
        },
    };
    match (field.unique, row.get("location_id").and_then(Value::as_id)) {
        (Unique::Location, Some(location)) => Some(format!("{location} {value}")),
        _ => Some(value),
    }
}

/// The values of all live records, taken at once: when a field becomes unique, or comes back.
pub fn claim_all(object: &Object, workspace: Uuid, field: &Field) -> Statement {
    let text = format!(
        "insert into kontor.custom_unique (workspace_id, object, field, value, record_id) \
         select a.workspace_id, $2::text, $3::text, kontor.unique_value({}), a.id {}",
        claimed_sql(object, field),
        live_and_filled(object, field)
    );
    Statement {
        text,
        params: vec![workspace.into(), object.name.as_str().into(), field.name.as_str().into()],
    }
}

/// Values that more than one live record has, the first few.
pub fn doubles(object: &Object, workspace: Uuid, field: &Field) -> Statement {
    let text = format!(
        "select min(a.custom->>{}) {} group by {} having count(*) > 1 order by 1 limit 5",
        shape::literal(&field.name),
        live_and_filled(object, field),
        claimed_sql(object, field),
    );
    Statement { text, params: vec![workspace.into()] }
}

/// Empties a reference where it leads to nothing.
pub fn let_go(object: &Object, field: &Field, to: &Object, workspace: Uuid) -> Statement {
    let text = format!(
        "update {} a set custom = a.custom - $2::text where a.workspace_id = $1{} and a.custom ? $2::text \
         and not exists (select 1 from {} where b.workspace_id = $1 and b.id = {})",
        object.table,
        shape::only(object),
        shape::from(to, "b"),
        shape::column(object, field, "a")
    );
    Statement { text, params: vec![workspace.into(), field.name.as_str().into()] }
}

/// References that lead to nothing: what a foreign key would have prevented. The first few ids.
pub fn dangling(object: &Object, field: &Field, to: &Object, workspace: Uuid) -> Statement {
    let text = format!(
        "select a.id from {} where a.workspace_id = $1 and {} is not null \
         and not exists (select 1 from {} where b.workspace_id = $1 and b.id = {}) order by a.id limit 5",
        shape::from(object, "a"),
        shape::column(object, field, "a"),
        shape::from(to, "b"),
        shape::column(object, field, "a")
    );
    Statement { text, params: vec![workspace.into()] }
}

/// A record that has an option, if there is one.
pub fn chosen(object: &Object, field: &Field, workspace: Uuid, option: &str) -> Statement {
    let key = shape::literal(&field.name);
    let text = format!(
        "select a.id from {} where a.workspace_id = $1 \
         and (a.custom->>{key} = $2::text or a.custom->{key} ? $2::text) limit 1",
        shape::from(object, "a")
    );
    Statement { text, params: vec![workspace.into(), option.into()] }
}

fn live_and_filled(object: &Object, field: &Field) -> String {
    let live = if object.archivable { " and a.archived_at is null" } else { "" };
    let (from, key) = (shape::from(object, "a"), shape::literal(&field.name));
    format!("from {from} where a.workspace_id = $1 and (a.custom->>{key}) is not null{live}")
}

/// As `claimed` has it.
fn claimed_sql(object: &Object, field: &Field) -> String {
    let value = match field.stored_kind().codec(field.many) {
        Codec::NumericText => format!("trim_scale({})::text", of_row(object, &field.name)),
        _ => format!("(a.custom->>{})", shape::literal(&field.name)),
    };
    match field.unique {
        Unique::Location if object.location_scoped => {
            format!("concat_ws(' ', a.location_id, {value})")
        }
        _ => value,
    }
}

pub fn delete(object: &Object, workspace: Uuid, id: Uuid) -> Statement {
    Statement {
        text: format!(
            "delete from {} where workspace_id = $1 and id = $2::uuid{}",
            object.table,
            shape::only(object)
        ),
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

/// A field of the row `a`, wherever it lives.
fn of_row(object: &Object, field: &str) -> String {
    object.fields.get(field).map_or_else(
        || format!("a.{}", quote(field)),
        |f| match f.place {
            Place::Custom => shape::column(object, f, "a"),
            _ => format!("a.{}", quote(field)),
        },
    )
}

/// An identifier of the model. Model names are checked to be `[a-z][a-z0-9_]*`; the quotes are for words like `end`.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{name}\"")
}
