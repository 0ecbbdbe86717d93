//! What a change of the model means for what is stored: unique values, search texts, indexes, references that lead
//! nowhere, options in use. In the transaction of the change, with nobody writing beside it.
use super::Edited;
use kernel::{Outcome, Problem, Problems, Uuid, Value};
use meta::{Codec, Field, Kind, Model, Object, Place, Unique};
use policy::Actor;
use query::{Statement, shape, write};
use std::collections::HashSet;
use store::Cx;

pub(super) async fn follow(cx: &Cx, actor: &Actor, old: &Model, new: &Model, edited: &Edited) -> Outcome<()> {
    let workspace = actor.workspace;
    options_in_use(cx, workspace, old, new, edited).await?;
    for object in new.objects.values() {
        let before = old.objects.get(&object.name);
        for field in own_fields(object) {
            let was = before.and_then(|o| o.fields.get(&field.name)).map_or(Unique::No, |f| f.unique);
            if field.unique != was {
                unique(cx, workspace, object, field).await?;
            }
        }
        for field in before.into_iter().flat_map(own_fields).filter(|f| f.unique != Unique::No) {
            if !object.fields.contains_key(&field.name) {
                cx.execute(&release(workspace, object, &field.name)).await?;
            }
        }
        let search = |o: &Object| o.search.clone();
        if object.is_own() && before.is_some_and(|b| search(b) != search(object)) {
            cx.execute(&search_again(workspace, object)).await?;
        }
        if edited.action == "restore" && object.name == edited.object {
            dangling(cx, workspace, new, object).await?;
        }
    }
    for statement in store::doors::indexes::lines(workspace, new) {
        cx.execute(&statement).await?;
    }
    Ok(())
}

fn own_fields(object: &Object) -> impl Iterator<Item = &Field> {
    object.fields.values().filter(|f| f.place == Place::Custom)
}

fn release(workspace: Uuid, object: &Object, field: &str) -> Statement {
    Statement {
        text: "delete from kontor.custom_unique where workspace_id = $1 and object = $2::text and field = $3::text".into(),
        params: vec![workspace.into(), object.name.as_str().into(), field.into()],
    }
}

/// Takes all values anew, or names those that are there more than once.
async fn unique(cx: &Cx, workspace: Uuid, object: &Object, field: &Field) -> Outcome<()> {
    cx.execute(&release(workspace, object, &field.name)).await?;
    if field.unique == Unique::No {
        return Ok(());
    }
    let doubles = cx.query(&write::doubles(object, workspace, field), &[Codec::Text]).await?;
    if !doubles.is_empty() {
        let values: Vec<_> =
            doubles.iter().filter_map(|r| r[0].as_text()).map(|v| format!("“{v}”")).collect();
        let detail =
            format!("Some values of {} are there more than once: {}.", field.label, values.join(", "));
        return Err(Problem::new("field.duplicate", detail)
            .at("unique")
            .hint("Mend these records first.")
            .into());
    }
    cx.execute(&write::claim_all(object, workspace, field)).await?;
    Ok(())
}

fn search_again(workspace: Uuid, object: &Object) -> Statement {
    let text = format!(
        "update {} set search_text = {} where workspace_id = $1{}",
        object.table,
        write::searched(object, "custom"),
        shape::only(object)
    );
    Statement { text, params: vec![workspace.into()] }
}

/// What was deleted while a reference was put away is no longer referred to.
async fn dangling(cx: &Cx, workspace: Uuid, model: &Model, object: &Object) -> Outcome<()> {
    for field in own_fields(object).filter(|f| !f.many) {
        let Some(to) = field.reference.as_ref().and_then(|r| model.objects.get(&r.to)) else { continue };
        cx.execute(&write::let_go(object, field, to, workspace)).await?;
    }
    Ok(())
}

/// An option, or a stage, that records still have is not taken away.
async fn options_in_use(cx: &Cx, workspace: Uuid, old: &Model, new: &Model, edited: &Edited) -> Outcome<()> {
    let (Some(was), Some(object)) = (old.objects.get(&edited.object), new.objects.get(&edited.object)) else {
        return Ok(());
    };
    let mut problems: Problems = vec![];
    for after in own_fields(object).filter(|f| is_chosen(f)) {
        let Some(before) = was.fields.get(&after.name).filter(|f| is_chosen(f)) else { continue };
        let kept: HashSet<&str> = after.options.iter().map(|o| o.value.as_str()).collect();
        for option in before.options.iter().map(|o| o.value.as_str()).filter(|v| !kept.contains(v)) {
            let rows = cx.query(&write::chosen(object, after, workspace, option), &[Codec::Uuid]).await?;
            if !rows.is_empty() {
                let (detail, at) = match after.name == edited.field.as_deref().unwrap_or_default() {
                    true => (format!("Records have the option `{option}`; it cannot go."), "options"),
                    false => (format!("Records have the stage `{option}`; it cannot go."), "pipelines"),
                };
                problems
                    .push(Problem::new("record.in_use", detail).at(at).hint("Give them another one first."));
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}

fn is_chosen(field: &Field) -> bool {
    matches!(field.kind, Kind::Select | Kind::MultiSelect)
}

/// How far each index is, told to the model.
pub(super) async fn index_states(cx: &Cx, workspace: Uuid, model: &mut Model) -> Outcome<()> {
    let statement = Statement {
        text: "select object, field, state from kontor.custom_indexes where workspace_id = $1".into(),
        params: vec![workspace.into()],
    };
    for row in cx.query(&statement, &[Codec::Text, Codec::Text, Codec::Text]).await? {
        if let [Value::Text(object), Value::Text(field), Value::Text(state)] = &row[..] {
            store::doors::indexes::tell_model(model, object, field, state);
        }
    }
    Ok(())
}

/// Whether there is something to build or to drop.
pub(super) async fn indexes_wait(cx: &Cx, workspace: Uuid) -> Outcome<bool> {
    let statement = Statement {
        text: "select 1 from kontor.custom_indexes where workspace_id = $1 and state in ('building', 'leaving') limit 1"
            .into(),
        params: vec![workspace.into()],
    };
    Ok(!cx.query(&statement, &[Codec::Int4]).await?.is_empty())
}
