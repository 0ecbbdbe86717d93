//! Booleans and values that are JSON themselves.
use super::{Parsed, invalid, problem, text, wrong_type};
use crate::fault::suggestion;
use crate::model::Field;
use kernel::{Problem, Value};
use serde_json::{Map, Value as Json};

const ADDRESS_KEYS: [&str; 6] = ["street", "street2", "city", "region", "postal_code", "country"];
const LONGEST_LINE: usize = 500;

pub fn boolean(field: &Field, json: &Json) -> Parsed {
    json.as_bool().map(Value::Bool).ok_or_else(|| wrong_type(field, "true or false", json))
}

pub fn json(field: &Field, json: &Json) -> Parsed {
    storable(field, json)?;
    Ok(Value::Json(json.clone()))
}

/// Rows of parts are read by `records`, each by the fields of its object; here only the shape is told.
pub fn parts(field: &Field, json: &Json) -> Parsed {
    if json.is_array() {
        Ok(Value::Json(json.clone()))
    } else {
        Err(wrong_type(field, "a list of rows", json))
    }
}

/// `jsonb` cannot hold U+0000 either, neither in values nor in keys.
fn storable(field: &Field, json: &Json) -> Result<(), Problem> {
    match json {
        Json::String(t) => text::storable(field, t),
        Json::Array(items) => items.iter().try_for_each(|item| storable(field, item)),
        Json::Object(map) => map.iter().try_for_each(|(key, value)| {
            text::storable(field, key)?;
            storable(field, value)
        }),
        _ => Ok(()),
    }
}

pub fn address(field: &Field, json: &Json) -> Parsed {
    let map = json.as_object().ok_or_else(|| wrong_type(field, "an object with street, city, ...", json))?;
    let mut kept = Map::new();
    for (key, value) in map {
        let at = format!("{}.{key}", field.name);
        if !ADDRESS_KEYS.contains(&key.as_str()) {
            let hint = suggestion(key, ADDRESS_KEYS).unwrap_or_default();
            return Err(invalid(field, format!("has no part `{key}`.")).hint(hint).at(at));
        }
        match value {
            Json::Null => {}
            Json::String(line) => {
                text::storable(field, line).map_err(|p| p.at(&at))?;
                if line.chars().count() > LONGEST_LINE {
                    let rest = format!("has a `{key}` longer than {LONGEST_LINE} characters.");
                    return Err(problem("field.too_long", field, rest).at(at));
                }
                kept.insert(key.clone(), value.clone());
            }
            other => return Err(wrong_type(field, &format!("made of texts (`{key}`)"), other).at(at)),
        }
    }
    Ok(Value::Json(Json::Object(kept)))
}

pub fn geo_point(field: &Field, json: &Json) -> Parsed {
    let map = json.as_object().ok_or_else(|| wrong_type(field, "an object with lat and lon", json))?;
    if let Some(key) = map.keys().find(|k| *k != "lat" && *k != "lon") {
        return Err(invalid(field, format!("has `lat` and `lon`, and no `{key}`."))
            .at(format!("{}.{key}", field.name)));
    }
    let coordinate = |key: &str, most: f64| {
        let at = format!("{}.{key}", field.name);
        match map.get(key).and_then(Json::as_f64) {
            Some(n) if n.abs() <= most => Ok(map[key].clone()),
            Some(_) => {
                let rest = format!("has a `{key}` outside of -{most} to {most} degrees.");
                Err(problem("field.out_of_range", field, rest).at(at))
            }
            None => Err(invalid(field, format!("needs `{key}` as a number of degrees.")).at(at)),
        }
    };
    let mut kept = Map::new();
    kept.insert("lat".into(), coordinate("lat", 90.0)?);
    kept.insert("lon".into(), coordinate("lon", 180.0)?);
    Ok(Value::Json(Json::Object(kept)))
}
