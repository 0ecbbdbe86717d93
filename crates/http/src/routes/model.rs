//! The model as the caller may see it.
use super::records::reply;
use crate::{AppState, Caller, Reply};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::HeaderMap;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/model", get(model))
}

/// Roles change it as well as definitions, so its ETag is the revision and a hash.
async fn model(State(state): State<AppState>, Caller(actor): Caller, headers: HeaderMap) -> Reply {
    let model = state.engine.model_in_sight(&actor).await?;
    let body = model.to_string().into_bytes();
    let etag = format!("\"{}.{:x}\"", model["revision"], reply::hash(&body));
    Ok(reply::conditional(body, &etag, &headers))
}
