//! How long records are kept: what the rules reach, and the rules applied (S4-044). The rules themselves are records.
use crate::{AppState, Caller, Json, Reply};
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use exports::retention;
use http::StatusCode;
use kernel::{Problem, Uuid};
use serde::Deserialize;
use serde_json::json;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/admin/retention", get(rehearse)).route("/admin/retention/sweeps", post(sweep))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    object: Option<String>,
    after: Option<Uuid>,
    limit: Option<u32>,
}

async fn rehearse(
    State(state): State<AppState>,
    Caller(actor): Caller,
    which: Result<Query<Which>, QueryRejection>,
) -> Reply {
    // The right first: what somebody may not see is not discussed.
    policy::may(&*state.engine.model(&actor).await?, &actor, retention::RIGHT)?;
    let Query(which) = which.map_err(|e| Problem::new("query.invalid", format!("{}.", e.body_text())))?;
    let ask = retention::Ask { object: which.object, after: which.after, limit: which.limit.unwrap_or(50) };
    Ok(Json(retention::rehearse(&state.engine, &actor, &ask).await?).into_response())
}

async fn sweep(State(state): State<AppState>, Caller(actor): Caller) -> Reply {
    let job = retention::order(&state.engine, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "job": job }))).into_response())
}
