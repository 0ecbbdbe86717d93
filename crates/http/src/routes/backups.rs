//! The backups of this installation: when each was taken, and whether it was tried out.
use crate::{AppState, Caller, Reply};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use backups::Manifest;
use serde_json::{Value, json};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/admin/backups", get(all))
}

/// Newest first. What is in them is told by `kontor backup --list`, to whoever operates the machine: it counts the rows
/// of all workspaces.
async fn all(State(state): State<AppState>, Caller(actor): Caller) -> Reply<Json<Value>> {
    let model = state.store.model(actor.workspace).await?;
    policy::may_see_backups(&model, &actor)?;
    let all: Vec<Value> = backups::list(&state.files).await?.iter().map(shown).collect();
    Ok(Json(json!({ "backups": all })))
}

fn shown(backup: &Manifest) -> Value {
    let drill =
        backup.drill.as_ref().map(|d| json!({ "at": d.at, "state": if d.green { "green" } else { "red" } }));
    json!({
        "name": backup.name,
        "taken_at": backup.at,
        "version": backup.version,
        "bytes": backup.bytes,
        "encrypted": backup.encrypted,
        "drill": drill,
    })
}
