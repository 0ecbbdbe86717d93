//! Part rows of the file and part rows that are stored: which is which, so that a second import changes nothing.
use crate::draft::Draft;
use crate::mapping::Parts;
use crate::resolve::{BATCH, Resolver, canonical, plain, quoted};
use kernel::Outcome;
use meta::Object;
use records::Body;
use serde_json::Value as Json;
use std::collections::{HashMap, VecDeque};

/// The values of some fields, in the one form in which equal values are equal texts.
pub type Tuple = Vec<String>;

/// `None` when a part of it is missing or wrong.
pub fn tuple(object: &Object, key: &[String], body: &Body) -> Option<Tuple> {
    key.iter().map(|name| canonical(object.fields.get(name)?, body.get(name)?)).collect()
}

/// Gives part rows the ids of the stored parts that they mean. `key` finds the wholes.
pub async fn recognise(
    resolver: &Resolver<'_>,
    whole: &Object,
    key: &[String],
    part: &Object,
    parts: &Parts,
    drafts: impl Iterator<Item = &mut Draft>,
) -> Outcome<()> {
    let mut drafts: HashMap<Tuple, &mut Draft> =
        drafts.filter_map(|d| Some((tuple(whole, key, &d.body)?, d))).collect();
    if key.is_empty() || drafts.is_empty() {
        return Ok(());
    }
    let ids = wholes(resolver, whole, key, drafts.keys()).await?;
    for (whole, stored) in stored(resolver, whole, part, &parts.key, ids).await? {
        if let Some(draft) = drafts.get_mut(&whole) {
            pair(part, &parts.key, stored, &mut draft.parts);
        }
    }
    Ok(())
}

/// Ids of the wholes that exist. Found by the first field of the key, told apart by all of them.
async fn wholes(
    resolver: &Resolver<'_>,
    whole: &Object,
    key: &[String],
    wanted: impl Iterator<Item = &Tuple>,
) -> Outcome<HashMap<Json, Tuple>> {
    let mut first: Vec<String> = wanted.map(|t| quoted(&t[0])).collect();
    first.sort();
    first.dedup();
    let select = [&["id".to_string()], key].concat().join(",");
    let pairs = [("select", select), (key[0].as_str(), format!("in.({})", first.join(",")))];
    let rows = resolver.rows(&whole.plural, &pairs).await?;
    let found = |mut row: Body| Some((row.remove("id")?, tuple(whole, key, &row)?));
    Ok(rows.into_iter().filter_map(found).collect())
}

async fn stored(
    resolver: &Resolver<'_>,
    whole: &Object,
    part: &Object,
    key: &[String],
    wholes: HashMap<Json, Tuple>,
) -> Outcome<HashMap<Tuple, Vec<Body>>> {
    let of_whole = format!("{}_id", whole.name);
    let select = [&["id".to_string(), "position".to_string(), of_whole.clone()], key].concat().join(",");
    let ids: Vec<String> = wholes.keys().map(plain).collect();
    let mut stored: HashMap<Tuple, Vec<Body>> = HashMap::new();
    for ids in ids.chunks(BATCH) {
        let pairs = [("select", select.clone()), (of_whole.as_str(), format!("in.({})", ids.join(",")))];
        for row in resolver.rows(&part.plural, &pairs).await? {
            if let Some(whole) = row.get(&of_whole).and_then(|id| wholes.get(id)) {
                stored.entry(whole.clone()).or_default().push(row);
            }
        }
    }
    Ok(stored)
}

/// By the part's own key; among equals, and without a key, by position.
fn pair(object: &Object, key: &[String], mut stored: Vec<Body>, parts: &mut [Draft]) {
    stored.sort_by_key(|p| p.get("position").and_then(Json::as_i64));
    let mut ids: HashMap<Option<Tuple>, VecDeque<Json>> = HashMap::new();
    for mut row in stored {
        let key = tuple(object, key, &row);
        ids.entry(key).or_default().extend(row.remove("id"));
    }
    for part in parts {
        if let Some(id) = ids.get_mut(&tuple(object, key, &part.body)).and_then(VecDeque::pop_front) {
            part.body.insert("id".into(), id);
        }
    }
}
