//! Members, their roles, and what roles may where. Members are listed as records of the object `member`.
use crate::{AppState, Caller, Json, Refusal, Reply};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{delete, get, patch, put};
use http::StatusCode;
use identity::{AssignmentEntry, MemberWish, OverrideEntry};
use kernel::Uuid;
use meta::{Model, Role};
use policy::Actor;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/members/{id}", patch(update))
        .route("/admin/members/{id}/roles", get(assignments).post(assign))
        .route("/admin/members/{id}/roles/{assignment}", delete(unassign))
        .route("/admin/roles", get(roles))
        .route("/admin/role-overrides", get(overrides))
        .route("/admin/role-overrides/{location}/{role}", put(put_override).delete(delete_override))
}

/// The model, for whoever may manage members; nobody else gets past here.
pub(super) async fn manages(state: &AppState, actor: &Actor) -> Result<Arc<Model>, Refusal> {
    let model = state.store.model(actor.workspace).await?;
    policy::may_manage_members(&model, actor)?;
    Ok(model)
}

async fn update(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(member): Path<Uuid>,
    Json(wish): Json<MemberWish>,
) -> Reply {
    manages(&state, &actor).await?;
    state.identity.update_member(&actor, member, &wish).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn assignments(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(member): Path<Uuid>,
) -> Reply<Json<Vec<AssignmentEntry>>> {
    manages(&state, &actor).await?;
    Ok(Json(state.identity.assignments(&actor, member).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssignBody {
    role: String,
    /// Absent: in the whole workspace.
    location_id: Option<Uuid>,
}

async fn assign(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(member): Path<Uuid>,
    Json(body): Json<AssignBody>,
) -> Reply {
    manages(&state, &actor).await?;
    let entry = state.identity.assign(&actor, member, &body.role, body.location_id).await?;
    Ok((StatusCode::CREATED, Json(entry)).into_response())
}

async fn unassign(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path((member, assignment)): Path<(Uuid, Uuid)>,
) -> Reply {
    manages(&state, &actor).await?;
    state.identity.unassign(&actor, member, assignment).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn roles(State(state): State<AppState>, Caller(actor): Caller) -> Reply<Json<Vec<Value>>> {
    let model = manages(&state, &actor).await?;
    Ok(Json(model.roles.values().map(describe).collect()))
}

fn describe(role: &Role) -> Value {
    let objects: Map<String, Value> =
        role.objects.iter().map(|(name, rights)| (name.clone(), json!(rights))).collect();
    json!({
        "name": role.name,
        "label": role.label,
        "description": role.description,
        "super_admin": role.super_admin,
        "permissions": role.permissions,
        "objects": objects,
    })
}

async fn overrides(State(state): State<AppState>, Caller(actor): Caller) -> Reply<Json<Vec<OverrideEntry>>> {
    manages(&state, &actor).await?;
    Ok(Json(state.identity.overrides(&actor).await?))
}

async fn put_override(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path((location, role)): Path<(Uuid, String)>,
    Json(rights): Json<Value>,
) -> Reply<Json<OverrideEntry>> {
    manages(&state, &actor).await?;
    state.identity.put_override(&actor, location, &role, &rights).await?;
    Ok(Json(OverrideEntry { location_id: location, role, rights }))
}

async fn delete_override(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path((location, role)): Path<(Uuid, String)>,
) -> Reply {
    manages(&state, &actor).await?;
    state.identity.delete_override(&actor, location, &role).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
