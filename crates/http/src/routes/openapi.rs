//! The OpenAPI document of the caller's workspace.
use crate::auth::Caller;
use crate::problem::Reply;
use crate::state::AppState;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/openapi.json", get(openapi))
}

async fn openapi(State(app): State<AppState>, Caller(actor): Caller) -> Reply<Response> {
    let model = app.engine.model(&actor).await?;
    let document = crate::openapi::document(&model).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], document).into_response())
}
