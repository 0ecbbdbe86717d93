//! Upsert: rows that exist by their key are changed, the others created.
use super::unique::as_text;
use super::update::id_of;
use super::{Batch, writable};
use crate::{Body, RowResult};
use kernel::{Outcome, Problem, Row, Uuid, Value};
use meta::{Codec, Field, Model, Object};
use policy::{Create, Update};
use std::collections::{BTreeMap, HashMap};

/// What happens to a row whose key is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictMode {
    /// `Prefer: resolution=merge-duplicates`
    Merge,
    /// `Prefer: resolution=ignore-duplicates`
    Ignore,
    /// It is refused: every row is to be new.
    Refuse,
    /// It is changed, and a row whose key is not taken is refused: no row is to be new.
    Only,
}

impl Batch {
    /// `on`: the fields of the key, `["id"]` when the caller named none.
    pub async fn upsert(
        &mut self,
        object: &str,
        bodies: Vec<Body>,
        on: &[String],
        mode: ConflictMode,
    ) -> Outcome<Vec<RowResult>> {
        self.settled(object).await?;
        let model = self.model();
        let object = writable(&model, object)?;
        let key = key_fields(object, on, &self.seen_fields(&model, object)?)?;
        let existing = self.existing(&model, object, &key, &bodies).await?;
        let mut fresh: Vec<(usize, Body)> = vec![];
        let mut known: Vec<(usize, Uuid, Body)> = vec![];
        let mut results: BTreeMap<usize, RowResult> = BTreeMap::new();
        for (index, mut body) in bodies.into_iter().enumerate() {
            match tuple(&key, &body).and_then(|t| existing.get(&t)) {
                None if mode == ConflictMode::Only => {
                    let problem = unknown(object, &key, &body);
                    results.insert(index, self.refuse(index, problem));
                }
                None => fresh.push((index, body)),
                Some(_) if mode == ConflictMode::Refuse => {
                    let problem = known_already(object, &key, &body);
                    results.insert(index, self.refuse(index, problem));
                }
                Some(row) => {
                    let id = id_of(row).expect("a stored row has an id");
                    if mode == ConflictMode::Ignore {
                        results.insert(index, RowResult::Ignored(id));
                        continue;
                    }
                    body.remove("id");
                    known.push((index, id, body));
                }
            }
        }
        if !known.is_empty() {
            let rows = existing.into_values().collect();
            let order: Vec<_> = known.iter().map(|k| k.0).collect();
            let changes = known.into_iter().map(|(_, id, body)| (id, body, None)).collect();
            let changed = self.change(&model, object, rows, changes).await?;
            results.extend(order.into_iter().zip(changed));
        }
        if !fresh.is_empty() {
            let order: Vec<_> = fresh.iter().map(|f| f.0).collect();
            let bodies = fresh.into_iter().map(|f| f.1).collect();
            let created = self.create(&object.name, bodies).await?;
            results.extend(order.into_iter().zip(created));
        }
        Ok(results.into_values().collect())
    }

    fn refuse(&mut self, index: usize, problem: Problem) -> RowResult {
        self.refused.push(super::row_problem(index, problem.clone()));
        RowResult::Refused(vec![problem])
    }

    /// By what an upsert may find a record: a hidden field is no key, it would tell whether a value is there.
    fn seen_fields(&self, model: &Model, object: &Object) -> Result<impl Fn(&str) -> bool, Problem> {
        let update = policy::grant::<Update>(model, &self.actor, &object.name);
        let create = policy::grant::<Create>(model, &self.actor, &object.name);
        let grants = match (update, create) {
            (Err(_), Err(refusal)) => return Err(refusal),
            both => both,
        };
        Ok(move |field: &str| {
            let (update, create) = &grants;
            !update.as_ref().is_ok_and(|g| !g.may_see(field))
                && !create.as_ref().is_ok_and(|g| !g.may_see(field))
        })
    }

    async fn existing(
        &mut self,
        model: &Model,
        object: &Object,
        key: &[&Field],
        bodies: &[Body],
    ) -> Outcome<HashMap<Vec<String>, Row>> {
        let mut tuples: Vec<_> = bodies.iter().filter_map(|b| tuple(key, b)).collect();
        tuples.sort();
        if let Some(twice) = tuples.windows(2).find(|w| w[0] == w[1]) {
            let detail = format!("The key {} stands in more than one row.", twice[0].join(", "));
            return Err(Problem::new("field.duplicate", detail).at(&key[0].name).into());
        }
        if tuples.is_empty() {
            return Ok(HashMap::new());
        }
        // Who may only create may still send rows that are new.
        let Ok(grant) = policy::grant::<Update>(model, &self.actor, &object.name) else {
            return Ok(HashMap::new());
        };
        let known = query::write::known_by(model, object, &grant, key, &tuples);
        let known = self.cx.query(&known, &[Codec::Int8, Codec::Uuid]).await?;
        let ids: Vec<Uuid> = known.iter().filter_map(|row| row[1].as_id()).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let statement = query::write::lock(model, object, &grant, &ids);
        let rows = self.cx.query(&statement, &query::write::codecs(object)).await?;
        let rows = rows.into_iter().map(|values| super::decode_row(object, values));
        // Put away between the look and the lock, it is no longer the one with this key.
        let rows = rows.filter(|row| row.get("archived_at").is_none_or(Value::is_null));
        Ok(rows
            .filter_map(|row| {
                let tuple: Option<Vec<_>> = key.iter().map(|f| as_text(row.get(&f.name)?)).collect();
                Some((tuple?, row))
            })
            .collect())
    }
}

fn unknown(object: &Object, key: &[&Field], body: &Body) -> Problem {
    let detail = format!("There is no {} with {}.", object.label.to_lowercase(), told(key, body));
    Problem::new("reference.not_found", detail).at(&key[0].name)
}

fn known_already(object: &Object, key: &[&Field], body: &Body) -> Problem {
    let detail = format!("There is a {} with {} already.", object.label.to_lowercase(), told(key, body));
    Problem::new("field.duplicate", detail).at(&key[0].name)
}

fn told(key: &[&Field], body: &Body) -> String {
    let one = |field: &&Field| {
        let value = body.get(&field.name).map(|v| v.as_str().map_or(v.to_string(), str::to_owned));
        format!("{} `{}`", field.label.to_lowercase(), value.unwrap_or_default())
    };
    key.iter().map(one).collect::<Vec<_>>().join(" and ")
}

fn key_fields<'o>(
    object: &'o Object,
    on: &[String],
    seen: &dyn Fn(&str) -> bool,
) -> Result<Vec<&'o Field>, Problem> {
    let names: Vec<&str> = if on.is_empty() { vec!["id"] } else { on.iter().map(String::as_str).collect() };
    let mut fields = vec![];
    for name in &names {
        fields.push(object.fields.get(*name).filter(|f| !f.secret && seen(&f.name)).ok_or_else(|| {
            let detail = format!("{} has no field `{name}`.", object.label);
            Problem::new("query.no_such_field", detail).at("on_conflict")
        })?);
    }
    let alone = fields.len() == 1 && (names[0] == "id" || fields[0].unique != meta::Unique::No);
    let together = object
        .unique
        .iter()
        .any(|u| u.fields.len() == names.len() && u.fields.iter().all(|f| names.contains(&f.as_str())));
    let link = object.link.as_ref().is_some_and(|l| l.iter().all(|f| names.contains(&f.as_str())));
    if alone || together || link {
        return Ok(fields);
    }
    let detail = format!("`{}` does not identify a record: it is not unique.", names.join(","));
    Err(Problem::new("query.invalid", detail).at("on_conflict"))
}

/// The key of a body as text, in the form in which it is stored; `None` when a part of it is missing or wrong.
fn tuple(key: &[&Field], body: &Body) -> Option<Vec<String>> {
    key.iter()
        .map(|field| {
            let json = body.get(&field.name)?;
            let value = if field.system {
                super::update::from_json(field, json)
            } else {
                meta::parse(field, json).ok()?
            };
            as_text(&value)
        })
        .collect()
}
