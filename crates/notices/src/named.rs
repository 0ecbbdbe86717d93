//! Who was named in records, as they read it: titles and links of what they may see.
use indexmap::IndexMap;
use kernel::{Outcome, Uuid};
use meta::Object;
use policy::Actor;
use records::{Engine, Naming};
use serde_json::Value as Json;

/// Records named one by one; more of them are told as a number.
const ONE_BY_ONE: usize = 3;
/// The field in which a text names whom it speaks to.
const MENTIONS: &str = "mention_ids";

/// What a member is told.
#[derive(Debug, PartialEq)]
pub(crate) struct Notice {
    pub kind: &'static str,
    pub title: String,
    pub description: Option<String>,
    pub link: String,
    pub severity: &'static str,
    pub record: Option<(String, Uuid)>,
}

/// By member what they were named in, each object and reason together.
pub(crate) fn by_member(named: &[Naming]) -> IndexMap<Uuid, IndexMap<(&str, bool), Vec<Uuid>>> {
    let mut all: IndexMap<Uuid, IndexMap<(&str, bool), Vec<Uuid>>> = IndexMap::new();
    for naming in named {
        let reason = (naming.object.as_str(), naming.field == MENTIONS);
        let records = all.entry(naming.member).or_default().entry(reason).or_default();
        if !records.contains(&naming.record) {
            records.push(naming.record);
        }
    }
    all
}

/// The notices of one member about records of one object. What they may not read they do not hear of.
pub(crate) async fn notices(
    engine: &Engine,
    member: &Actor,
    object: &Object,
    by: &str,
    mentioned: bool,
    records: &[Uuid],
) -> Outcome<Vec<Notice>> {
    let seen = titles(engine, member, object, records).await?;
    let kind = if mentioned { "mention" } else { "record_assigned" };
    let label = object.label.to_lowercase();
    let did = if mentioned { "mentioned you in" } else { "assigned to you" };
    if seen.len() > ONE_BY_ONE {
        let title = format!("{by} {did} {} {}", seen.len(), object.label_plural.to_lowercase());
        let link = format!("/{}", object.plural);
        let description =
            seen.iter().take(ONE_BY_ONE).map(|(_, title)| title.as_str()).collect::<Vec<_>>().join(", ");
        let description = Some(format!("{description}, …"));
        return Ok(vec![Notice { kind, title, description, link, severity: "info", record: None }]);
    }
    let one = |(id, title): (Uuid, String)| Notice {
        kind,
        title: format!("{by} {did} {} {label}", article(&label)),
        description: (!title.is_empty()).then_some(title),
        link: format!("/{}/{id}", object.plural),
        severity: "info",
        record: Some((object.name.clone(), id)),
    };
    Ok(seen.into_iter().map(one).collect())
}

fn article(label: &str) -> &'static str {
    if label.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Those of the records that the member reads, and what they are called.
async fn titles(
    engine: &Engine,
    member: &Actor,
    object: &Object,
    ids: &[Uuid],
) -> Outcome<Vec<(Uuid, String)>> {
    let model = engine.model(member).await?;
    let Ok(grant) = policy::grant::<policy::Read>(&model, member, &object.name) else { return Ok(vec![]) };
    let title = object.title.as_str();
    let shown = if grant.may_see(title) { format!("id,{title}") } else { "id".into() };
    let list: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let pairs = [
        ("id".to_owned(), format!("in.({})", list.join(","))),
        ("select".to_owned(), shown),
        ("limit".to_owned(), list.len().to_string()),
    ];
    let ask = query::parse(&pairs, &query::Headers::default())?;
    let page = engine.list(member, &object.plural, &ask).await?;
    let rows: Vec<Json> = serde_json::from_slice(&page.body).map_err(anyhow::Error::from)?;
    let one = |row: &Json| {
        let id = row["id"].as_str()?.parse().ok()?;
        Some((id, row[title].as_str().unwrap_or_default().to_owned()))
    };
    Ok(rows.iter().filter_map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_is_named_in_is_told_once_and_together() {
        let (anna, ben) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let naming = |member, record: u128, field: &str| Naming {
            member,
            object: "note".into(),
            record: Uuid::from_u128(record),
            field: field.into(),
        };
        let named = [
            naming(anna, 7, MENTIONS),
            naming(anna, 7, MENTIONS),
            naming(anna, 8, MENTIONS),
            naming(anna, 8, "owner_id"),
            naming(ben, 7, MENTIONS),
        ];
        let all = by_member(&named);
        assert_eq!(all[&anna][&("note", true)], [Uuid::from_u128(7), Uuid::from_u128(8)]);
        assert_eq!(all[&anna][&("note", false)], [Uuid::from_u128(8)]);
        assert_eq!(all[&ben].len(), 1);
    }
}
