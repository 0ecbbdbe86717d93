//! Which records have been kept for as long as a rule says: those whose time counts from a moment before `before`.
use crate::shape::{column, from, literal};
use crate::{Statement, reach};
use kernel::{Timestamp, Uuid, Value};
use meta::{Codec, Field, Kind, Model, Object, Place, StageOutcome};
use policy::{Grant, Read};

/// From when the time of a record counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    Created,
    /// The record and everything that refers to it were left alone.
    Activity,
    Archived,
    /// It entered a stage in which it ended.
    Completed,
}

/// The codecs of `due`: id, moment from which the time counts, title.
pub const DUE: [Codec; 3] = [Codec::Uuid, Codec::Timestamptz, Codec::Text];

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    pub since: Since,
    /// The time counts from a moment before this.
    pub before: Timestamp,
    /// Fields that erasure empties and the text that it leaves, of which one at least must hold something else.
    pub emptied: Option<&'a [(&'a Field, Option<String>)]>,
    /// Behind this record, in the order of ids.
    pub after: Uuid,
    pub limit: u32,
}

/// The next records within reach. One that was merged goes with the one that it ended in. `None`: the object has nothing
/// from which this counts.
pub fn due(model: &Model, object: &Object, grant: &Grant<Read>, ask: &Due<'_>) -> Option<Statement> {
    let mut params = vec![Value::Id(grant.workspace()), Value::Id(ask.after), Value::Time(ask.before)];
    let (moment, condition) = match ask.since {
        Since::Created => ("a.created_at".to_string(), None),
        Since::Activity => ("a.updated_at".to_string(), quiet(model, object)),
        Since::Archived => (object.archivable.then(|| "a.archived_at".to_string())?, None),
        Since::Completed => ended(object)?,
    };
    let mut near = vec![
        "a.workspace_id = $1".to_string(),
        "a.id > $2::uuid".into(),
        format!("{moment} < $3::timestamptz"),
    ];
    near.extend(condition);
    near.extend(reach(model, grant, "a", &mut params).map(|r| format!("({r})")));
    near.extend(ask.emptied.map(|fields| holds_something(object, fields, &mut params)));
    if object.duplicates.is_some() {
        near.push(format!(
            "not exists (select 1 from kontor.merged_records m where m.workspace_id = $1 and m.record_id = a.id \
             and m.object = {})",
            literal(&object.name)
        ));
    }
    let title = object.fields.get(&object.title).filter(|f| grant.may_see(&f.name) && f.place != Place::None);
    let title = title.map_or("null".to_string(), |f| column(object, f, "a"));
    let text = format!(
        "select a.id, {moment}, ({title})::text from {}\nwhere {}\norder by a.id limit {}",
        from(object, "a"),
        near.join("\nand "),
        ask.limit
    );
    Some(Statement { text, params })
}

/// Nothing that refers to the record was changed since.
fn quiet(model: &Model, object: &Object) -> Option<String> {
    let mut all = vec![];
    for other in model.objects.values().filter(|o| !o.engine && o.fields.contains_key("updated_at")) {
        let leads = |f: &&Field| {
            f.kind == Kind::Reference && f.reference.as_ref().is_some_and(|r| r.to == object.name)
        };
        for field in other.fields.values().filter(leads) {
            let refers = match field.place {
                Place::Column => format!("{} = a.id", column(other, field, "r")),
                // Its index is on the whole of `custom`, which answers containment.
                Place::Custom => {
                    format!("r.custom @> jsonb_build_object({}, a.id::text)", literal(&field.name))
                }
                Place::None => continue,
            };
            all.push(format!(
                "not exists (select 1 from {} where r.workspace_id = $1 and {refers} and r.updated_at >= $3::timestamptz)",
                from(other, "r")
            ));
        }
    }
    (!all.is_empty()).then(|| all.join("\nand "))
}

/// When the record came to where it ended, and that it did; one that began there has no history of it.
fn ended(object: &Object) -> Option<(String, Option<String>)> {
    let mut conditions = vec![];
    let mut fields: Vec<&str> = vec![];
    for pipeline in &object.pipelines {
        let stages = pipeline.stages.iter().filter(|s| s.outcome != StageOutcome::Open);
        let stages: Vec<String> = stages.map(|s| literal(&s.name)).collect();
        let Some(field) = object.fields.get(&pipeline.field).filter(|_| !stages.is_empty()) else { continue };
        let mut one = format!("{} in ({})", column(object, field, "a"), stages.join(", "));
        if let Some(selector) = pipeline.selector.as_ref().and_then(|s| object.fields.get(s)) {
            one.push_str(&format!(" and {} = {}", column(object, selector, "a"), literal(&pipeline.name)));
        }
        conditions.push(format!("({one})"));
        if !fields.contains(&field.name.as_str()) {
            fields.push(&field.name);
        }
    }
    if conditions.is_empty() {
        return None;
    }
    let fields: Vec<String> = fields.into_iter().map(literal).collect();
    let moment = format!(
        "coalesce((select max(h.at) from kontor.stage_history h where h.workspace_id = $1 and h.record_id = a.id \
         and h.object = {} and h.field in ({})), a.created_at)",
        literal(&object.name),
        fields.join(", ")
    );
    Some((moment, Some(format!("({})", conditions.join(" or ")))))
}

fn holds_something(object: &Object, fields: &[(&Field, Option<String>)], params: &mut Vec<Value>) -> String {
    let mut one = |(field, left): &(&Field, Option<String>)| {
        let value = column(object, field, "a");
        match left {
            None => format!("coalesce(({value})::text, '') not in ('', '{{}}', '[]')"),
            Some(text) => {
                params.push(text.as_str().into());
                format!("({value})::text <> ${}::text", params.len())
            }
        }
    };
    let all: Vec<String> = fields.iter().map(&mut one).collect();
    if all.is_empty() { "false".into() } else { format!("({})", all.join(" or ")) }
}
