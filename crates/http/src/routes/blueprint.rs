//! Taking the workspace to the definition that is shipped now: the plan, and its application.
use crate::{AppState, Caller, Json, Refusal, Reply};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use meta::Library;
use meta::diff::Side;
use policy::Actor;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::upgrade::{self, Upgrade};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/admin/blueprint/upgrade", get(plan).post(apply))
}

/// The right to change what exists: the engine's own name, and the marina's for the same (S2-052).
const MANAGE_OBJECTS: [&str; 2] = ["objects.manage", "admin.manage_custom_fields"];

async fn manages(state: &AppState, actor: &Actor) -> Result<(), Refusal> {
    let model = state.store.model(actor.workspace).await?;
    if MANAGE_OBJECTS.iter().any(|right| policy::may(&model, actor, right).is_ok()) {
        return Ok(());
    }
    Ok(policy::may(&model, actor, MANAGE_OBJECTS[0])?)
}

async fn plan(State(state): State<AppState>, Caller(actor): Caller) -> Reply<Json<Upgrade>> {
    manages(&state, &actor).await?;
    Ok(Json(upgrade::plan(&state.store, Library::shipped(), actor.workspace).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decisions {
    /// By the place of the conflict, as the plan names it.
    #[serde(default)]
    choices: BTreeMap<String, Side>,
}

async fn apply(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Json(body): Json<Decisions>,
) -> Reply<Json<Upgrade>> {
    manages(&state, &actor).await?;
    Ok(Json(upgrade::apply(&state.store, Library::shipped(), actor.workspace, &body.choices).await?))
}
