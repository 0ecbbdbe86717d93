//! Taking a workspace to the definition that is shipped now, with its own changes: `meta::diff` plans, this reads what
//! it plans from, and does what was chosen.
use crate::doors::{versions, workspaces};
use crate::{Store, Workspace, problems};
use deadpool_postgres::Transaction;
use kernel::{Failure, Outcome, Problem, Problems, Uuid};
use meta::diff::{self, ConflictKind, Move, Plan, Side};
use meta::{Codec, Fault, Library, Model, Place};
use query::shape;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// What an upgrade would do, or did.
#[derive(Debug, Clone, Serialize)]
pub struct Upgrade {
    /// Whether what the workspace has taken up differs from what is shipped now.
    pub pending: bool,
    /// By blueprint, the version taken up, and the one that is shipped.
    pub before: Json,
    pub now: Json,
    #[serde(flatten)]
    pub plan: Plan,
}

pub type Choices = BTreeMap<String, Side>;

/// What an upgrade to the library would bring, what stays, and what must be chosen.
pub async fn plan(store: &Store, library: &Library, id: Uuid) -> Outcome<Upgrade> {
    planned(store, library, &workspace(store, id).await?).await
}

/// Applies the plan. Refused, with every place named, while a conflict has no choice, and where what would come of it
/// is no sound model.
pub async fn apply(store: &Store, library: &Library, id: Uuid, choices: &Choices) -> Outcome<Upgrade> {
    let before = workspace(store, id).await?;
    let upgrade = planned(store, library, &before).await?;
    let overlay = before.overlay.clone().unwrap_or_else(empty);
    let resolved = diff::resolve(&upgrade.plan, &overlay, choices).map_err(|open| {
        let one = |u: diff::Undecided| Problem::new("blueprint.undecided", u.detail).at(u.at);
        Failure::Refused(open.into_iter().map(one).collect())
    })?;
    let names: Vec<&str> = before.blueprints.iter().map(String::as_str).collect();
    let model = library.model(&names, Some(&resolved.overlay)).map_err(faulty)?;
    versions::remember(&store.door().await?, library, &library.required(&names).map_err(faulty)?).await?;
    take_up(store, &before, &model, &resolved, &upgrade.now).await?;
    // Who had begun to write under the old model may have finished after the values moved.
    let mut door = store.door().await?;
    let again = door.transaction().await?;
    move_values(&again, id, &model, &resolved.moves).await?;
    again.commit().await.map_err(problems::plain)?;
    planned(store, library, &workspace(store, id).await?).await
}

/// The model that a workspace runs under. Until somebody has decided, a workspace whose own changes do not go together
/// with what is shipped now runs under what it had taken up.
pub(crate) async fn running(store: &Store, workspace: &Workspace) -> Outcome<Model> {
    let library = Library::shipped();
    let names: Vec<&str> = workspace.blueprints.iter().map(String::as_str).collect();
    let shipped = library.model(&names, workspace.overlay.as_ref());
    let required = library.required(&names).map_err(|faults| broken(workspace, &faults))?;
    if !is_pending(&noted(workspace, &required), &versions::of(library, &required)) {
        return shipped.map_err(|faults| broken(workspace, &faults));
    }
    let upgrade = planned(store, library, workspace).await?;
    let in_the_way = |kind| matches!(kind, ConflictKind::SameName | ConflictKind::Removed);
    let blocked = upgrade.plan.conflicts.iter().any(|c| in_the_way(c.kind));
    match shipped {
        Ok(model) if !blocked => Ok(model),
        other => {
            let workspace_slug = &workspace.slug;
            tracing::warn!(
                "The workspace `{workspace_slug}` runs under the definition that it had taken up: its own changes need a \
                 decision. `kontor blueprint upgrade --workspace {workspace_slug}` shows them."
            );
            let taken_up = remembered(store, library, workspace, &names).await?;
            match taken_up.model(&names, workspace.overlay.as_ref()) {
                Ok(model) => Ok(model),
                Err(faults) => other.map_err(|_| broken(workspace, &faults)),
            }
        }
    }
}

fn is_pending(noted: &Map<String, Json>, now: &Json) -> bool {
    noted.iter().any(|(name, print)| now[name.as_str()] != *print)
}

async fn workspace(store: &Store, id: Uuid) -> Outcome<Workspace> {
    let missing = || Problem::new("record.not_found", "This workspace does not exist.").into();
    workspaces::by_id(store, id).await?.ok_or_else(missing)
}

async fn planned(store: &Store, library: &Library, workspace: &Workspace) -> Outcome<Upgrade> {
    let chosen: Vec<&str> = workspace.blueprints.iter().map(String::as_str).collect();
    let names = library.required(&chosen).map_err(faulty)?;
    let now = versions::of(library, &names);
    let noted = noted(workspace, &names);
    let before = Json::Object(noted.clone());
    let pending = is_pending(&noted, &now);
    let plan = match pending {
        false => {
            let same = library.definition(&chosen).map_err(faulty)?;
            diff::plan(&same, &same, workspace.overlay.as_ref().unwrap_or(&empty()))
        }
        true => {
            let old = taken_up_definition(store, library, &names, &noted).await?;
            let new = library.definition(&chosen).map_err(faulty)?;
            diff::plan(&old, &new, workspace.overlay.as_ref().unwrap_or(&empty()))
        }
    };
    Ok(Upgrade { pending, before, now, plan })
}

/// Of the blueprints that the workspace has now, those whose version was noted.
fn noted(workspace: &Workspace, names: &[&str]) -> Map<String, Json> {
    let known = workspace.blueprint_versions.as_object().into_iter().flatten();
    known.filter(|(name, _)| names.contains(&name.as_str())).map(|(n, p)| (n.clone(), p.clone())).collect()
}

async fn taken_up_definition(
    store: &Store,
    library: &Library,
    names: &[&str],
    noted: &Map<String, Json>,
) -> Outcome<Json> {
    let files = versions::files(store, noted).await?;
    let of = |name: &str| -> Vec<(&str, &str)> {
        match noted.contains_key(name) {
            true => {
                let mine = |path: &str| path.split('/').next() == Some(name);
                files.iter().filter(|(p, _)| mine(p)).map(|(p, t)| (p.as_str(), t.as_str())).collect()
            }
            // A blueprint that came since brings nothing new.
            false => library.files(name).collect(),
        }
    };
    Ok(diff::definition(names.iter().flat_map(|name| of(name))))
}

/// The blueprints as the workspace had taken them up, and the others as they are.
async fn remembered(
    store: &Store,
    library: &Library,
    workspace: &Workspace,
    chosen: &[&str],
) -> Outcome<Library> {
    let names = library.required(chosen).map_err(faulty)?;
    let noted = noted(workspace, &names);
    let mut files = versions::files(store, &noted).await?;
    for name in names.iter().filter(|name| !noted.contains_key(**name)) {
        files.extend(library.files(name).map(|(path, text)| (path.to_string(), text.to_string())));
    }
    Library::parse(&files).map_err(faulty)
}

async fn take_up(
    store: &Store,
    workspace: &Workspace,
    model: &Model,
    resolved: &diff::Resolved,
    versions: &Json,
) -> Outcome<()> {
    let mut door = store.door().await?;
    let transaction = door.transaction().await?;
    let sql = "select model_revision from kontor.workspaces where id = $1 for update";
    let row = transaction.query_one(sql, &[&workspace.id]).await.map_err(problems::plain)?;
    if row.get::<_, i64>(0) != workspace.model_revision {
        let detail = "Somebody else has changed this workspace's definition meanwhile.";
        return Err(Problem::new("record.version_conflict", detail).hint("Look at the plan again.").into());
    }
    versions::take_up(&transaction, workspace.id, &resolved.overlay, versions).await?;
    move_values(&transaction, workspace.id, model, &resolved.moves).await?;
    transaction.commit().await.map_err(problems::plain)?;
    store.forget(workspace.id);
    Ok(())
}

/// May be done again: what has moved is not there to move.
async fn move_values(
    transaction: &Transaction<'_>,
    workspace: Uuid,
    model: &Model,
    moves: &[Move],
) -> Outcome<()> {
    let tenant = workspace.to_string();
    let fence = "select set_config('kontor.workspace', $1, true)";
    transaction.execute(fence, &[&tenant]).await.map_err(problems::plain)?;
    for one in moves {
        for sql in moving(model, one) {
            transaction.execute(&sql, &[&workspace]).await.map_err(problems::plain)?;
        }
    }
    Ok(())
}

/// Names come from the model, which allows `[a-z][a-z0-9_]*`. Unique values of own fields stand once more elsewhere.
fn moving(model: &Model, one: &Move) -> Vec<String> {
    let values = moving_values(model, one);
    let claims = match one {
        Move::Adopt { object, field } => Some(format!(
            "delete from kontor.custom_unique where workspace_id = $1 and object = '{object}' and field = '{field}'"
        )),
        Move::Rename { object, from, to } => Some(format!(
            "update kontor.custom_unique set field = '{to}' \
             where workspace_id = $1 and object = '{object}' and field = '{from}'"
        )),
        Move::Keep { .. } => None,
    };
    values.into_iter().chain(claims).collect()
}

fn moving_values(model: &Model, one: &Move) -> Option<String> {
    Some(match one {
        Move::Adopt { object, field } => {
            let object = model.objects.get(object)?;
            let own = meta::Field { place: Place::Custom, ..object.fields.get(field)?.clone() };
            let (table, value) = (&object.table, shape::column(object, &own, "a"));
            format!(
                "update {table} a set \"{field}\" = coalesce(a.\"{field}\", {value}), custom = a.custom - '{field}' \
                 where a.workspace_id = $1 and a.custom ? '{field}'"
            )
        }
        Move::Keep { object, field } => {
            let object = model.objects.get(object)?;
            let kept = object.fields.get(field)?;
            // As Kontor writes it: exact numbers are texts.
            let value = match kept.stored_kind().codec(kept.many) {
                Codec::NumericText => format!("to_jsonb(a.\"{field}\"::text)"),
                _ => format!("to_jsonb(a.\"{field}\")"),
            };
            let table = &object.table;
            format!(
                "update {table} a set custom = a.custom || jsonb_build_object('{field}', {value}) \
                 where a.workspace_id = $1 and a.\"{field}\" is not null and not a.custom ? '{field}'"
            )
        }
        Move::Rename { object, from, to } => {
            let table = &model.objects.get(object)?.table;
            format!(
                "update {table} a set custom = (a.custom - '{from}') || jsonb_build_object('{to}', a.custom -> '{from}') \
                 where a.workspace_id = $1 and a.custom ? '{from}'"
            )
        }
    })
}

fn empty() -> Json {
    Json::Object(Map::new())
}

fn faulty(faults: Vec<Fault>) -> Failure {
    let one = |f: Fault| {
        let detail = f.hint.map_or(f.detail.clone(), |hint| format!("{} {hint}", f.detail));
        Problem::new("blueprint.fault", detail).at(f.key)
    };
    Failure::Refused(faults.into_iter().map(one).collect::<Problems>())
}

fn broken(workspace: &Workspace, faults: &[Fault]) -> Failure {
    let faults: Vec<_> =
        faults.iter().map(|f| format!("{}:{}: {}: {}", f.file, f.line, f.key, f.detail)).collect();
    anyhow::anyhow!("the model of workspace `{}` has faults: {}", workspace.slug, faults.join("; ")).into()
}
