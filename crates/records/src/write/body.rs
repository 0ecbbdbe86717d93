//! From a body to a draft: every key known and writable, every value of its kind, all problems at once.
use super::{Batch, Work};
use crate::Body;
use crate::draft::{Draft, PartDraft};
use indexmap::IndexMap;
use kernel::{Problem, Problems, Row, Uuid, Value, new_id};
use meta::{Action, Field, Kind, Model, Object};
use policy::{Act, Create, Grant};
use serde_json::Value as Json;

/// What a caller asks to change: fields, and part lists as a whole.
pub(super) struct Patch {
    pub id: Option<Uuid>,
    pub fields: Row,
    pub parts: IndexMap<String, Vec<PartPatch>>,
}

pub(super) struct PartPatch {
    pub id: Option<Uuid>,
    pub fields: Row,
}

impl Batch {
    pub(super) fn draft_new(
        &self,
        model: &Model,
        object: &Object,
        grant: &Grant<Create>,
        body: Body,
    ) -> Work {
        let mut problems = vec![];
        let patch = parse(model, object, Some(grant), body, &mut problems);
        let id = patch.id.unwrap_or_else(new_id);
        let mut after: Row = Row::with_capacity(object.fields.len());
        after.insert("id".into(), id.into());
        after.extend(patch.fields);
        let mut draft =
            Draft { id, object: object.name.clone(), before: None, after, parts: IndexMap::new() };
        for (field, rows) in patch.parts {
            let rows = rows.into_iter().enumerate().map(|(i, row)| {
                let part =
                    PartDraft { id: row.id.unwrap_or_else(new_id), before: None, after: Some(row.fields) };
                placed(object, id, i, part)
            });
            draft.parts.insert(field.clone(), rows.collect());
        }
        Work { draft, problems, action: Action::Create }
    }
}

/// A part row with its own id, its whole and its position set.
pub(super) fn placed(object: &Object, whole: Uuid, position: usize, mut part: PartDraft) -> PartDraft {
    let id = part.id;
    if let Some(after) = &mut part.after {
        after.insert("id".into(), id.into());
        after.insert(whole_field(object), whole.into());
        after.insert("position".into(), Value::Int(position as i64));
    }
    part
}

/// The field by which part rows name their whole: `order_id`.
pub(super) fn whole_field(object: &Object) -> String {
    format!("{}_id", object.name)
}

/// Reads a body against the object's fields. `grant` is `None` for parts: they follow their whole.
pub(super) fn parse<A: Act>(
    model: &Model,
    object: &Object,
    grant: Option<&Grant<A>>,
    body: Body,
    problems: &mut Problems,
) -> Patch {
    let mut patch = Patch { id: None, fields: Row::new(), parts: IndexMap::new() };
    for (name, json) in body {
        if name == "id" {
            match json.as_str().map(Uuid::parse_str) {
                Some(Ok(id)) => patch.id = Some(id),
                _ => problems.push(Problem::new("field.invalid", "The id must be a UUID.").at("id")),
            }
            continue;
        }
        match field(object, grant, &name) {
            Err(problem) => problems.push(problem),
            Ok(field) if field.kind == Kind::Parts => {
                let rows = parts(model, field, json, problems);
                patch.parts.insert(name, rows);
            }
            Ok(field) => match meta::parse(field, &json) {
                Ok(value) => {
                    patch.fields.insert(name, value);
                }
                Err(problem) => problems.push(problem),
            },
        }
    }
    patch
}

/// A field that the caller may set, or why not.
fn field<'o, A: Act>(object: &'o Object, grant: Option<&Grant<A>>, name: &str) -> Result<&'o Field, Problem> {
    let hidden = grant.is_some_and(|g| !g.may_see(name));
    let field = match object.fields.get(name) {
        Some(field) if !hidden => field,
        _ => return Err(unknown(object, name)),
    };
    // A record is put into a location by naming it; the field is the engine's all the same.
    let settable = name == "location_id" || !field.system;
    let computed = field.read_only || matches!(field.kind, Kind::Formula | Kind::AutoNumber);
    if !settable || computed {
        let detail = format!("{} is set by Kontor and cannot be written.", field.label);
        return Err(Problem::new("field.read_only", detail).at(name));
    }
    if grant.is_some_and(|g| !g.may_write(name)) {
        let detail = format!("Your role may see {} but not change it.", field.label);
        return Err(Problem::new("field.read_only", detail).at(name));
    }
    Ok(field)
}

fn unknown(object: &Object, name: &str) -> Problem {
    let problem = Problem::new("field.unknown", format!("{} has no field `{name}`.", object.label)).at(name);
    let distance = |f: &String| strsim::levenshtein(f, name);
    let near = object.fields.keys().filter(|f| distance(f) <= 2).min_by_key(|f| distance(f));
    match near {
        Some(near) => problem.hint(format!("Did you mean `{near}`?")),
        None => problem,
    }
}

fn parts(model: &Model, field: &Field, json: Json, problems: &mut Problems) -> Vec<PartPatch> {
    let Some(part) = field.parts.as_deref().and_then(|p| model.objects.get(p)) else { return vec![] };
    let Json::Array(items) = json else {
        problems.push(
            Problem::new("field.invalid", format!("{} must be an array of rows.", field.label))
                .at(&field.name),
        );
        return vec![];
    };
    let mut rows = vec![];
    for (i, item) in items.into_iter().enumerate() {
        let at = format!("{}.{i}", field.name);
        let Json::Object(mut body) = item else {
            problems.push(Problem::new("field.invalid", "Each row must be an object.").at(at));
            continue;
        };
        // What a reader was given can be sent back: the engine's own fields are dropped, not refused.
        body.retain(|name, _| {
            !part.fields.get(name).is_some_and(|f| f.system || f.read_only) || name == "id"
        });
        let mut found = vec![];
        let patch = parse::<Create>(model, part, None, body, &mut found);
        problems.extend(found.into_iter().map(|p| nested(&at, p)));
        rows.push(PartPatch { id: patch.id, fields: patch.fields });
    }
    rows
}

/// `quantity` of the third line becomes `lines.2.quantity`.
pub(super) fn nested(at: &str, mut problem: Problem) -> Problem {
    problem.field = Some(match problem.field {
        Some(field) => format!("{at}.{field}"),
        None => at.to_string(),
    });
    problem
}
