//! One's own API keys.
use crate::{AppState, Caller, Json, Reply};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{delete, get};
use http::{HeaderValue, StatusCode, header};
use identity::{KeyEntry, KeyWish};
use kernel::Uuid;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/me/api-keys", get(list).post(create)).route("/me/api-keys/{id}", delete(revoke))
}

async fn list(State(state): State<AppState>, Caller(actor): Caller) -> Reply<Json<Vec<KeyEntry>>> {
    Ok(Json(state.identity.keys(&actor).await?))
}

async fn create(State(state): State<AppState>, Caller(actor): Caller, Json(wish): Json<KeyWish>) -> Reply {
    let key = state.identity.create_key(&actor, &wish).await?;
    let mut reply = (StatusCode::CREATED, Json(key)).into_response();
    reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}

async fn revoke(State(state): State<AppState>, Caller(actor): Caller, Path(id): Path<Uuid>) -> Reply {
    state.identity.revoke_key(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
