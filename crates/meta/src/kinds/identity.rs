//! References: ids of other records. Whether the record is there is asked by `records`.
use super::{Parsed, as_text, invalid, quoted, wrong_type};
use crate::model::Field;
use kernel::{Problem, Uuid, Value};
use serde_json::Value as Json;

pub fn one(field: &Field, json: &Json) -> Parsed {
    id(field, json).map(Value::Id)
}

pub fn many(field: &Field, json: &Json) -> Parsed {
    let items = json.as_array().ok_or_else(|| wrong_type(field, "a list of ids", json))?;
    let mut ids: Vec<Uuid> = vec![];
    for item in items {
        let id = id(field, item)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(Value::Ids(ids))
}

fn id(field: &Field, json: &Json) -> Result<Uuid, Problem> {
    let text = as_text(field, "an id (UUID)", json)?;
    Uuid::parse_str(text).map_err(|_| invalid(field, format!("must be an id (UUID), not {}.", quoted(text))))
}
