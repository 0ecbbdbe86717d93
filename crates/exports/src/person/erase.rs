//! Erasure: personal fields are emptied, in the record, in what belongs to it, and in the log's memory of both. What the
//! law asks to be kept stays and is named.
use super::forget::{Gone, forget_later};
use super::related::{self, personal, references, seeing_all, the_person, writable};
use kernel::{Outcome, Uuid};
use meta::{DefaultValue, Field, Kind, Model, Object};
use policy::{Actor, Update};
use records::{Body, Engine, Source};
use serde::Serialize;
use serde_json::{Value as Json, json};
use store::doors::log::{self, Erase};

/// What stands where a text must stand.
const ERASED: &str = "(erased)";

/// What was done, for whoever must prove it: without the values.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Erased {
    /// Null when nothing was left to erase.
    pub change_set: Option<Uuid>,
    pub erased: Vec<Emptied>,
    pub kept: Vec<Kept>,
    /// Entries of the change log whose values went.
    pub log_entries: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Emptied {
    pub object: String,
    pub records: usize,
    pub fields: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    pub object: String,
    pub id: Uuid,
    pub number: Option<String>,
    pub reason: &'static str,
}

/// For whoever manages members and may change the record.
pub async fn erase(engine: &Engine, actor: &Actor, plural: &str, id: Uuid, reason: &str) -> Outcome<Erased> {
    let model = engine.model(actor).await?;
    let object = model.by_plural(plural)?;
    policy::may_manage_members(&model, actor)?;
    policy::grant::<Update>(&model, actor, &object.name)?;
    let all = seeing_all(actor);
    the_person(engine, &all, object, id).await?;
    let note = match reason.trim() {
        "" => "Erasure of a person's data.".to_owned(),
        reason => format!("Erasure of a person's data: {reason}"),
    };
    forget_person(engine, &all, &model, object, id, note).await
}

/// The person, whoever was merged into them, and what is about them.
pub(crate) async fn forget_person(
    engine: &Engine,
    all: &Actor,
    model: &Model,
    object: &Object,
    id: Uuid,
    note: String,
) -> Outcome<Erased> {
    let mut told = Erased::default();
    let mut work: Vec<(&Object, Vec<Uuid>)> = vec![(object, with_merged(engine, all, object, id).await?)];
    for (other, field) in references(model, object) {
        if personal(other).next().is_none() {
            continue;
        }
        let found = related::records(engine, all, other, field, id).await?;
        let (kept, goes): (Vec<Json>, Vec<Json>) =
            found.into_iter().partition(|r| number(other, r).is_some());
        told.kept.extend(kept.iter().map(|r| keep(other, r)));
        let ids: Vec<Uuid> = goes.iter().filter_map(id_of).collect();
        match work.iter_mut().find(|(o, _)| o.name == other.name) {
            _ if ids.is_empty() => {}
            Some((_, more)) => more.extend(ids),
            None => work.push((other, ids)),
        }
    }
    finish(engine, all, &work, note, &mut told).await?;
    Ok(told)
}

/// The record alone, and whatever was merged into it: what is about persons in a record that is none.
pub(crate) async fn forget_record(
    engine: &Engine,
    all: &Actor,
    object: &Object,
    id: Uuid,
    note: String,
) -> Outcome<Erased> {
    let mut told = Erased::default();
    let work = [(object, with_merged(engine, all, object, id).await?)];
    finish(engine, all, &work, note, &mut told).await?;
    Ok(told)
}

pub(crate) async fn with_merged(
    engine: &Engine,
    all: &Actor,
    object: &Object,
    id: Uuid,
) -> Outcome<Vec<Uuid>> {
    let mut ids = vec![id];
    ids.extend(engine.merged_in(all, object, id).await?);
    Ok(ids)
}

async fn finish(
    engine: &Engine,
    all: &Actor,
    work: &[(&Object, Vec<Uuid>)],
    note: String,
    told: &mut Erased,
) -> Outcome<()> {
    told.change_set = empty(engine, all, work, note).await?;
    for (object, ids) in work {
        let fields = personal(object).map(|f| f.name.clone()).collect();
        told.erased.push(Emptied { object: object.plural.clone(), records: ids.len(), fields });
    }
    // After the change, whose own entry holds the values as they were before.
    told.log_entries = log::erase(engine.store(), all.workspace, &from_log(work)).await?;
    Ok(())
}

/// The fields that erasure empties, and the text that it leaves where something must stand.
pub(crate) fn left_behind(object: &Object) -> Vec<(&Field, Option<String>)> {
    let left = |f: &Field| match emptied(f) {
        Json::Null => Some(None),
        Json::String(text) if f.kind != Kind::DateTime => Some(Some(text)),
        Json::Bool(flag) => Some(Some(flag.to_string())),
        // Numbers, lists and moments have several texts; the others tell.
        _ => None,
    };
    writable(object).filter_map(|f| Some((f, left(f)?))).collect()
}

async fn empty(
    engine: &Engine,
    all: &Actor,
    work: &[(&Object, Vec<Uuid>)],
    note: String,
) -> Outcome<Option<Uuid>> {
    let mut batch =
        engine.batch(all, Source::request().note(note).without_automations().also_archived()).await?;
    for (object, ids) in work {
        let body: Body = writable(object).map(|f| (f.name.clone(), emptied(f))).collect();
        if !body.is_empty() {
            let changes = ids.iter().map(|id| (*id, body.clone(), None)).collect();
            batch.update_many(&object.name, changes).await?;
        }
    }
    forget_later(&mut batch, Gone::Emptied);
    batch.commit().await
}

fn from_log(work: &[(&Object, Vec<Uuid>)]) -> Vec<Erase> {
    let one = |object: &Object, record: Uuid| Erase {
        object: object.name.clone(),
        record,
        fields: personal(object).map(|f| f.name.clone()).collect(),
    };
    work.iter().flat_map(|(object, ids)| ids.iter().map(move |id| one(object, *id))).collect()
}

/// Nothing; where something must stand, what says nothing.
fn emptied(field: &Field) -> Json {
    if !field.required {
        return Json::Null;
    }
    if let Some(DefaultValue::Fixed(value)) = &field.default {
        return value.clone();
    }
    match field.kind {
        Kind::Boolean => json!(false),
        Kind::Select => json!(field.options.first().map(|o| o.value.as_str())),
        Kind::MultiSelect | Kind::Tags => json!([]),
        Kind::Email => json!("erased@erased.invalid"),
        Kind::Date => json!("1970-01-01"),
        Kind::DateTime => json!("1970-01-01T00:00:00Z"),
        Kind::Integer | Kind::Decimal | Kind::Money | Kind::Percent => {
            json!(field.min.unwrap_or_default().to_string())
        }
        _ => json!(ERASED),
    }
}

/// A document that has its number is issued: tax and commercial law ask for it to be kept as it went out (in the EU 5 to
/// 10 years).
fn number(object: &Object, record: &Json) -> Option<String> {
    let numbered = object.fields.values().find(|f| f.number.is_some())?;
    record[&numbered.name].as_str().map(str::to_owned)
}

fn keep(object: &Object, record: &Json) -> Kept {
    Kept {
        object: object.plural.clone(),
        id: id_of(record).unwrap_or_default(),
        number: number(object, record),
        reason: "An issued document is kept as the law asks.",
    }
}

fn id_of(record: &Json) -> Option<Uuid> {
    record["id"].as_str()?.parse().ok()
}
