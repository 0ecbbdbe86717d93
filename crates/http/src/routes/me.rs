//! One's own account, sessions and rights.
use crate::{AppState, Json, Reply, Visit};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use http::StatusCode;
use identity::{Me, Profile, SessionEntry};
use kernel::Uuid;
use meta::{Action, Model, Object, Reach};
use policy::{Act, Actor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/me", get(me).patch(update))
        .route("/auth/me", get(me))
        .route("/me/password", post(password))
        .route("/me/permissions", get(permissions))
        .route("/me/sessions", get(sessions).delete(end_others))
        .route("/me/sessions/{id}", delete(end_one))
}

async fn me(State(state): State<AppState>, visit: Visit) -> Reply<Json<Me>> {
    Ok(Json(state.identity.me(&visit.actor).await?))
}

async fn update(
    State(state): State<AppState>,
    visit: Visit,
    Json(profile): Json<Profile>,
) -> Reply<Json<Me>> {
    state.identity.update_me(&visit.actor, profile).await?;
    Ok(Json(state.identity.me(&visit.actor).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    current_password: String,
    password: String,
    confirmation: Option<String>,
}

async fn password(State(state): State<AppState>, visit: Visit, Json(body): Json<PasswordBody>) -> Reply {
    let keep = visit.session.as_ref().map(|s| s.id);
    let confirmation = body.confirmation.as_deref();
    state
        .identity
        .change_password(&visit.actor, &body.current_password, &body.password, confirmation, keep)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    entry: SessionEntry,
    /// The one that asks.
    current: bool,
}

async fn sessions(State(state): State<AppState>, visit: Visit) -> Reply<Json<Vec<Listed>>> {
    let own = visit.session.as_ref().map(|s| s.id);
    let all = state.identity.sessions(visit.actor.user).await?;
    Ok(Json(all.into_iter().map(|entry| Listed { current: Some(entry.id) == own, entry }).collect()))
}

async fn end_one(State(state): State<AppState>, visit: Visit, Path(id): Path<Uuid>) -> Reply {
    state.identity.end_session(&visit.actor, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn end_others(State(state): State<AppState>, visit: Visit) -> Reply<Json<Value>> {
    let keep = visit.session.as_ref().map(|s| s.id);
    let ended = state.identity.end_other_sessions(&visit.actor, keep).await?;
    Ok(Json(json!({ "ended": ended })))
}

/// What the caller may do, for screens that hide what would be refused (S2-113). It replaces no check.
async fn permissions(State(state): State<AppState>, visit: Visit) -> Reply<Json<Value>> {
    let model = state.store.model(visit.actor.workspace).await?;
    let actor = &visit.actor;
    let objects: Map<String, Value> = model
        .objects
        .values()
        .filter_map(|object| Some((object.name.clone(), rights(&model, actor, object)?)))
        .collect();
    let held = |p: &&String| policy::may(&model, actor, p).is_ok();
    let permissions: Vec<&String> = model.permissions.keys().filter(held).collect();
    Ok(Json(json!({ "super_admin": actor.super_admin, "objects": objects, "permissions": permissions })))
}

/// `None`: the object is invisible.
fn rights(model: &Model, actor: &Actor, object: &Object) -> Option<Value> {
    let reaches = [
        reach::<policy::Read>(model, actor, &object.name),
        reach::<policy::Create>(model, actor, &object.name),
        reach::<policy::Update>(model, actor, &object.name),
        reach::<policy::Archive>(model, actor, &object.name),
        reach::<policy::Delete>(model, actor, &object.name),
    ];
    if reaches.iter().all(|(_, reach)| *reach == Reach::None) {
        return None;
    }
    let mut rights: Map<String, Value> =
        reaches.iter().map(|(action, reach)| (action.name().to_owned(), json!(reach))).collect();
    let seen = policy::grant::<policy::Read>(model, actor, &object.name).ok();
    let written = policy::grant::<policy::Update>(model, actor, &object.name).ok();
    let fields = || object.fields.values();
    let hidden: Vec<&str> =
        fields().map(|f| f.name.as_str()).filter(|f| seen.as_ref().is_some_and(|g| !g.knows(f))).collect();
    let read_only: Vec<&str> = fields()
        .filter(|f| f.system || f.read_only || written.as_ref().is_some_and(|g| !g.may_write(&f.name)))
        .map(|f| f.name.as_str())
        .collect();
    rights.insert("plural".into(), json!(object.plural));
    rights.insert("hidden".into(), json!(hidden));
    rights.insert("read_only".into(), json!(read_only));
    Some(Value::Object(rights))
}

fn reach<A: Act>(model: &Model, actor: &Actor, object: &str) -> (Action, Reach) {
    let grant = policy::grant::<A>(model, actor, object);
    (A::ACTION, grant.map(|g| g.furthest()).unwrap_or_default())
}
