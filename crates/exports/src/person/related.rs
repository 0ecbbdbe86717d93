//! Who is a person, and which records are about them.
use kernel::{Outcome, Problem, Uuid};
use meta::{Field, Kind, Model, Object, Place};
use policy::Actor;
use query::Ask;
use records::Engine;
use serde_json::Value as Json;

/// Objects whose records may be persons, and the field and value that say so where not all are.
pub const PERSONS: [(&str, Option<(&str, &str)>); 3] =
    [("contact", None), ("lead", None), ("client", Some(("entity_type", "individual")))];

pub(crate) fn is_person(object: &Object) -> bool {
    PERSONS.iter().any(|(name, _)| *name == object.name)
}

/// After the right was checked everything about the person is looked at, however far the asker reaches otherwise.
pub fn seeing_all(actor: &Actor) -> Actor {
    Actor { super_admin: true, scopes: None, location: None, client: None, ..actor.clone() }
}

/// The person's own record, as the API gives it.
pub async fn the_person(engine: &Engine, all: &Actor, object: &Object, id: Uuid) -> Outcome<Json> {
    let page = engine.read(all, &object.plural, id, &Ask::default()).await?;
    let record: Json = serde_json::from_slice(page.single()?).map_err(anyhow::Error::from)?;
    let known = PERSONS.iter().find(|(name, _)| *name == object.name);
    let is_one = match known {
        Some((_, None)) => true,
        Some((_, Some((field, value)))) => record[*field] == *value,
        None => false,
    };
    match is_one {
        true => Ok(record),
        false => Err(Problem::new(
            "rule.refused",
            format!("This {} is not a person.", object.label.to_lowercase()),
        )
        .hint("Contacts and leads are persons, and clients that are individuals.")
        .into()),
    }
}

/// Fields by which records of other objects refer to this one. Persons of their own are left to themselves.
pub fn references<'m>(model: &'m Model, to: &Object) -> Vec<(&'m Object, &'m Field)> {
    let others = model.objects.values().filter(|o| !o.engine && o.part_of.is_none() && !is_person(o));
    let leads_here =
        |f: &&Field| f.place == Place::Column && f.reference.as_ref().is_some_and(|r| r.to == to.name);
    others.flat_map(|o| o.fields.values().filter(leads_here).map(move |f| (o, f))).collect()
}

/// Everything that refers to the person, archived or not.
pub fn about(field: &str, id: Uuid) -> Result<Ask, kernel::Problems> {
    let pairs = [
        (field.to_owned(), format!("eq.{id}")),
        ("or".to_owned(), "(archived_at.is.null,archived_at.not.is.null)".to_owned()),
    ];
    query::parse(&pairs, &query::Headers::default())
}

/// The records behind one reference, page by page.
pub async fn records(
    engine: &Engine,
    all: &Actor,
    object: &Object,
    field: &Field,
    id: Uuid,
) -> Outcome<Vec<Json>> {
    let mut ask = Ask { limit: Some(1000), ..about(&field.name, id)? };
    let mut found = vec![];
    loop {
        let page = engine.list(all, &object.plural, &ask).await?;
        let rows: Vec<Json> = serde_json::from_slice(&page.body).map_err(anyhow::Error::from)?;
        found.extend(rows);
        match page.cursor {
            Some(cursor) => ask.cursor = Some(cursor),
            None => return Ok(found),
        }
    }
}

/// Fields that hold data about a natural person.
pub fn personal(object: &Object) -> impl Iterator<Item = &Field> {
    object.fields.values().filter(|f| f.personal && f.place != Place::None)
}

/// Those that are written by hand; formulas follow, and what only rules set is not ours.
pub fn writable(object: &Object) -> impl Iterator<Item = &Field> {
    personal(object).filter(|f| {
        !f.system
            && !f.read_only
            && f.formula.is_none()
            && f.rollup.is_none()
            && !matches!(f.kind, Kind::AutoNumber | Kind::Formula)
    })
}
