//! Which records may be the same as another: those that share a key of `match_keys`, the generated column that the
//! tables of objects with `[duplicates]` have. Never all with all.
use crate::{Statement, reach, shape};
use kernel::{Uuid, Value};
use meta::{Model, Object};
use policy::{Grant, Read};
use serde_json::{Value as Json, json};

/// A key that more records share says too little to look at all of them.
const OF_ONE_KEY: u32 = 100;
/// Records that are compared with one, at most.
const CANDIDATES: u32 = 1000;

/// What of a record that is not stored yet makes its keys: the arguments of `kontor.match_keys`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Probe {
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub identifiers: Vec<String>,
    pub companies: Vec<String>,
    /// Values of kind address.
    pub addresses: Vec<Json>,
    pub lines: String,
    /// ISO 8601.
    pub days: Vec<String>,
    /// A workspace's own fields: each an object of one field and its value.
    pub custom: Vec<Json>,
}

impl Probe {
    fn to_json(&self) -> Json {
        json!({
            "name": self.name, "emails": self.emails, "phones": self.phones, "identifiers": self.identifiers,
            "companies": self.companies, "addresses": self.addresses, "lines": self.lines, "days": self.days,
            "custom": self.custom,
        })
    }
}

/// Pairs of a number, counted from 1, and an id: each of `probes`, and a live record within reach that shares a key
/// with it.
pub fn alike(model: &Model, object: &Object, grant: &Grant<Read>, probes: &[Probe]) -> Statement {
    let all = Json::Array(probes.iter().map(Probe::to_json).collect());
    let mut params = vec![Value::Id(grant.workspace()), Value::Json(all)];
    let texts = |name: &str| format!("array(select jsonb_array_elements_text(p.probe -> '{name}'))");
    let keys = format!(
        "unnest(kontor.match_keys(p.probe ->> 'name', {}, {}, {}, {}, array(select jsonb_array_elements(p.probe -> \
         'addresses')), p.probe ->> 'lines', {}::date[])) key",
        texts("emails"),
        texts("phones"),
        texts("identifiers"),
        texts("companies"),
        texts("days")
    );
    let near = near(model, object, grant, &mut params);
    let mut text = format!(
        "select f.id from {keys}\ncross join lateral (\n{}\n) f",
        of_key(object, "array[key]", &near)
    );
    if probes.iter().any(|p| !p.custom.is_empty()) {
        text.push_str(&format!(
            "\nunion\nselect f.id from jsonb_array_elements(p.probe -> 'custom') own\ncross join lateral (\n\
             with found as materialized (select a.id from {} a where {near} and a.custom <> '{{}}' and a.custom @> own.value)\n\
             select id from found limit {OF_ONE_KEY}\n) f",
            object.table
        ));
    }
    let text = format!(
        "select p.n, c.id from jsonb_array_elements($2::jsonb) with ordinality p (probe, n)\ncross join lateral (\n\
         select distinct id from (\n{text}\n) t\nlimit {CANDIDATES}\n) c"
    );
    Statement { text, params }
}

/// Pairs of ids: each of `ids`, and a live record within reach that shares a key with it. `after`: only those that come
/// after it in the order of ids, so that a walk over all records meets every pair once.
pub fn alike_stored(
    model: &Model,
    object: &Object,
    grant: &Grant<Read>,
    ids: &[Uuid],
    after: bool,
) -> Statement {
    let mut params = vec![Value::Id(grant.workspace()), Value::Ids(ids.to_vec())];
    let near = near(model, object, grant, &mut params);
    let which = if after { "a.id > p.id" } else { "a.id <> p.id" };
    let near = format!("{near} and {which}");
    let text = format!(
        "select distinct p.id, f.id\nfrom {} p\ncross join lateral unnest(p.match_keys) key\n\
         cross join lateral (\n{}\n) f\nwhere p.workspace_id = $1 and p.id = any($2::uuid[]) and p.archived_at is null",
        object.table,
        of_key(object, "array[key]", &near)
    );
    Statement { text, params }
}

/// The next ids in order, live and within reach: a walk over all records.
pub fn walk(model: &Model, object: &Object, grant: &Grant<Read>, after: Uuid, limit: u32) -> Statement {
    let mut params = vec![Value::Id(grant.workspace()), Value::Id(after)];
    let near = near(model, object, grant, &mut params);
    let text = format!(
        "select a.id from {} a where {near} and a.id > $2::uuid order by a.id limit {limit}",
        object.table
    );
    Statement { text, params }
}

/// Found first, limited afterwards: with the limit inside the planner would rather read the table until it has enough.
fn of_key(object: &Object, key: &str, near: &str) -> String {
    format!(
        "with found as materialized (select a.id from {} a where {near} and a.match_keys @> {key})\n\
         select id from found limit {OF_ONE_KEY}",
        object.table
    )
}

fn near(model: &Model, object: &Object, grant: &Grant<Read>, params: &mut Vec<Value>) -> String {
    let mut near = "a.workspace_id = $1".to_string();
    if object.archivable {
        near.push_str(" and a.archived_at is null");
    }
    if let Some(reach) = reach(model, grant, "a", params) {
        near.push_str(&format!(" and ({reach})"));
    }
    near
}

/// The fields' values as the generated column reads them.
pub fn key_expression(object: &Object) -> Option<String> {
    let spec = object.duplicates.as_ref()?;
    let stored = |fields: &[String]| -> Vec<&meta::Field> {
        let of = fields.iter().filter_map(|f| object.fields.get(f));
        of.filter(|f| f.place == meta::Place::Column).collect()
    };
    let list = |fields: &[String], cast: &str| {
        let each: Vec<_> = stored(fields).iter().map(|f| format!("{}{cast}", shape::name(&f.name))).collect();
        each.join(", ")
    };
    let joined = |fields: Vec<&meta::Field>| {
        let each: Vec<_> = fields.iter().map(|f| format!("coalesce({}, '')", shape::name(&f.name))).collect();
        if each.is_empty() { "''".to_string() } else { each.join(" || ' ' || ") }
    };
    let (addresses, lines): (Vec<&meta::Field>, Vec<&meta::Field>) =
        stored(&spec.address).into_iter().partition(|f| f.kind == meta::Kind::Address);
    let addresses: Vec<_> = addresses.iter().map(|f| shape::name(&f.name)).collect();
    Some(format!(
        "kontor.match_keys({}, array[{}]::text[], array[{}]::text[], array[{}]::text[], array[{}]::text[], \
         array[{}]::jsonb[], {}, array[{}]::date[])",
        joined(stored(&spec.name)),
        list(&spec.email, ""),
        list(&spec.phone, ""),
        list(&spec.identifier, ""),
        list(&spec.company, "::text"),
        addresses.join(", "),
        joined(lines),
        list(&spec.birth_date, ""),
    ))
}
