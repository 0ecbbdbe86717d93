//! From a body to a draft: every key known and writable, every value of its kind, all problems at once.
use super::{Batch, Work};
use crate::Body;
use crate::draft::{Draft, PartDraft};
use indexmap::IndexMap;
use kernel::{Problem, Problems, Row, Uuid, Value, new_id};
use meta::{Action, Field, Kind, Model, Object};
use policy::{Act, Actor, Create, Grant};
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
    /// Fields among them that the caller's role may see but not change.
    pub guarded: Vec<String>,
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
        let patch = parse(model, &self.actor, object, Some(grant), body, &mut problems);
        let id = patch.id.unwrap_or_else(new_id);
        let mut after: Row = Row::with_capacity(object.fields.len());
        after.insert("id".into(), id.into());
        after.extend(patch.fields);
        let mut draft =
            Draft { id, object: object.name.clone(), before: None, after, parts: IndexMap::new() };
        for (field, rows) in patch.parts {
            for (i, row) in rows.iter().enumerate() {
                problems.extend(refused(model, object, &field, i, row, |_| false));
            }
            let rows = rows.into_iter().enumerate().map(|(i, row)| {
                let part =
                    PartDraft { id: row.id.unwrap_or_else(new_id), before: None, after: Some(row.fields) };
                placed(object, id, i, part)
            });
            draft.parts.insert(field.clone(), rows.collect());
        }
        Work { draft, problems, action: Action::Create, effects: vec![] }
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

/// The object whose rows stand in a part list: `order_line` for `lines` of an order.
pub(super) fn part_object<'m>(model: &'m Model, whole: &Object, list: &str) -> Option<&'m Object> {
    model.objects.get(whole.fields.get(list)?.parts.as_ref()?)
}

/// Fields of a part row that the role may not change, unless `same` says that they stay as they are.
pub(super) fn refused(
    model: &Model,
    whole: &Object,
    list: &str,
    position: usize,
    row: &PartPatch,
    same: impl Fn(&String) -> bool,
) -> Problems {
    let part = part_object(model, whole, list);
    let changed = row.guarded.iter().filter(|name| !same(name));
    let fields = changed.filter_map(|name| part?.fields.get(name));
    fields.map(|f| nested(&format!("{list}.{position}"), guarded(f))).collect()
}

/// Reads a body against the object's fields. `grant` is `None` for parts: they follow their whole.
pub(super) fn parse<A: Act>(
    model: &Model,
    actor: &Actor,
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
                let rows = parts::<A>(model, actor, field, json, problems);
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
        _ => return Err(unknown(object, grant, name)),
    };
    // A record is put into a location by naming it; the field is the engine's all the same.
    let settable = name == "location_id" || !field.system;
    let computed = field.read_only || matches!(field.kind, Kind::Formula | Kind::AutoNumber);
    if !settable || computed {
        let detail = format!("{} is set by Kontor and cannot be written.", field.label);
        return Err(Problem::new("field.read_only", detail).at(name));
    }
    if grant.is_some_and(|g| !g.may_write(name)) {
        return Err(guarded(field));
    }
    Ok(field)
}

fn guarded(field: &Field) -> Problem {
    let detail = format!("Your role may see {} but not change it.", field.label);
    Problem::new("field.read_only", detail).at(&field.name)
}

/// A hidden field and one that does not exist get the same answer, the guess included.
fn unknown<A: Act>(object: &Object, grant: Option<&Grant<A>>, name: &str) -> Problem {
    let problem = Problem::new("field.unknown", format!("{} has no field `{name}`.", object.label)).at(name);
    let distance = |f: &String| strsim::levenshtein(f, name);
    let seen = object.fields.keys().filter(|f| grant.is_none_or(|g| g.may_see(f)));
    let near = seen.filter(|f| distance(f) <= 2).min_by_key(|f| distance(f));
    match near {
        Some(near) => problem.hint(format!("Did you mean `{near}`?")),
        None => problem,
    }
}

/// A reader gets as many rows of a part list. More could be written, and would be lost when they are sent back.
const MOST_PARTS: usize = 1_000;

fn parts<A: Act>(
    model: &Model,
    actor: &Actor,
    field: &Field,
    json: Json,
    problems: &mut Problems,
) -> Vec<PartPatch> {
    let Some(part) = field.parts.as_deref().and_then(|p| model.objects.get(p)) else { return vec![] };
    let Json::Array(items) = json else {
        problems.push(
            Problem::new("field.invalid", format!("{} must be an array of rows.", field.label))
                .at(&field.name),
        );
        return vec![];
    };
    if items.len() > MOST_PARTS {
        let detail = format!("{} has at most {MOST_PARTS} rows; there are {}.", field.label, items.len());
        problems.push(Problem::new("field.out_of_range", detail).at(&field.name));
        return vec![];
    }
    let cuts = cuts::<A>(model, actor, part);
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
        let mut guarded = vec![];
        if let Some(cuts) = &cuts {
            let hidden: Vec<String> = body.keys().filter(|n| !cuts.may_see(n)).cloned().collect();
            for name in hidden {
                body.remove(&name);
                found.push(unknown(part, Some(cuts), &name));
            }
            guarded.extend(body.keys().filter(|n| !cuts.may_write(n)).cloned());
        }
        let patch = parse::<A>(model, actor, part, None, body, &mut found);
        problems.extend(found.into_iter().map(|p| nested(&at, p)));
        rows.push(PartPatch { id: patch.id, fields: patch.fields, guarded });
    }
    rows
}

/// Whether part rows may be written is their whole's matter, which of their fields is the role's. A key that leaves
/// the parts out leaves the role as it is.
fn cuts<A: Act>(model: &Model, actor: &Actor, part: &Object) -> Option<Grant<A>> {
    let member = Actor { scopes: None, ..actor.clone() };
    policy::grant::<A>(model, &member, &part.name).ok()
}

/// `quantity` of the third line becomes `lines.2.quantity`.
pub(super) fn nested(at: &str, mut problem: Problem) -> Problem {
    problem.field = Some(match problem.field {
        Some(field) => format!("{at}.{field}"),
        None => at.to_string(),
    });
    problem
}
