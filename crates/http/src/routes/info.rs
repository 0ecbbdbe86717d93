//! `GET /api/v1`: what this is, for whoever stumbles upon it (S3-011).
use crate::{AppState, Json};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/", get(info))
}

async fn info(State(state): State<AppState>) -> Json<Value> {
    Json(json!({
        "name": "Kontor",
        "version": state.config.version,
        "api": "v1",
        "links": {
            "sign_in": "/api/v1/auth/session",
            "me": "/api/v1/me",
            "health": "/api/health",
        },
    }))
}
