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
    indexes(cx, workspace, new).await
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

/// An option that records still have is not taken away.
async fn options_in_use(cx: &Cx, workspace: Uuid, old: &Model, new: &Model, edited: &Edited) -> Outcome<()> {
    let Some((Some(before), Some(after))) = edited.field.as_ref().map(|name| {
        let of = |m: &Model| m.objects.get(&edited.object).and_then(|o| o.fields.get(name)).cloned();
        (of(old), of(new))
    }) else {
        return Ok(());
    };
    let chosen = |f: &Field| matches!(f.kind, Kind::Select | Kind::MultiSelect);
    if before.place != Place::Custom || !chosen(&before) || !chosen(&after) {
        return Ok(());
    }
    let kept: HashSet<&str> = after.options.iter().map(|o| o.value.as_str()).collect();
    let gone: Vec<&str> =
        before.options.iter().map(|o| o.value.as_str()).filter(|v| !kept.contains(v)).collect();
    let object = &new.objects[&edited.object];
    let mut problems: Problems = vec![];
    for option in gone {
        let rows = cx.query(&write::chosen(object, &after, workspace, option), &[Codec::Uuid]).await?;
        if !rows.is_empty() {
            let detail = format!("Records have the option `{option}`; it cannot go.");
            problems.push(
                Problem::new("record.in_use", detail).at("options").hint("Give them another option first."),
            );
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
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

/// Lines of `kontor.custom_indexes`: what is to be built, and what is no longer wanted.
async fn indexes(cx: &Cx, workspace: Uuid, model: &Model) -> Outcome<()> {
    let mut wanted: Vec<(String, String, String)> = vec![];
    for object in model.objects.values() {
        for field in own_fields(object).filter(|f| f.indexed) {
            let plans = shape::indexes(object, field, workspace);
            let definition = plans.iter().map(|p| p.definition.as_str()).collect::<Vec<_>>().join("; ");
            wanted.push((object.name.clone(), field.name.clone(), definition));
        }
    }
    let column = |pick: fn(&(String, String, String)) -> &String| {
        Value::Texts(wanted.iter().map(|w| pick(w).clone()).collect())
    };
    let (objects, fields, definitions) = (column(|w| &w.0), column(|w| &w.1), column(|w| &w.2));
    let leaving = Statement {
        text: "update kontor.custom_indexes i set state = 'leaving', error = null, at = now() \
               where i.workspace_id = $1 and i.state <> 'leaving' and (i.object, i.field) not in \
               (select o, f from unnest($2::text[], $3::text[]) w(o, f))"
            .into(),
        params: vec![workspace.into(), objects.clone(), fields.clone()],
    };
    // The name belongs to the definition: what replaces it is built beside it, and what is left of the old one goes.
    let building = Statement {
        text: "insert into kontor.custom_indexes as i (workspace_id, object, field, definition, name) \
               select $1::uuid, o, f, d, 'own_' || left(md5($1::text || o || '.' || f || d), 20) \
               from unnest($2::text[], $3::text[], $4::text[]) w(o, f, d) \
               on conflict (workspace_id, object, field) do update \
               set definition = excluded.definition, name = excluded.name, state = 'building', error = null, at = now() \
               where i.definition <> excluded.definition or i.state = 'leaving'"
            .into(),
        params: vec![workspace.into(), objects, fields, definitions],
    };
    cx.execute(&leaving).await?;
    cx.execute(&building).await?;
    Ok(())
}
