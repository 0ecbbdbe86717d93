//! Who looks like whom.
use super::ask::{self, pairs, uuid};
use crate::auth::Caller;
use crate::problem::Reply;
use crate::state::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use axum::routing::{get, patch, post};
use duplicates::{Detector, PairsAsk};
use http::{HeaderMap, StatusCode};
use kernel::Problem;
use serde_json::json;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/{object}/duplicates", get(list).post(of_draft))
        .route("/api/v1/{object}/duplicates/scans", post(scan))
        .route("/api/v1/{object}/duplicates/{id}", patch(decide))
        .route("/api/v1/{object}/{id}/duplicates", get(of_record))
}

fn detector(app: &AppState) -> Detector {
    Detector::new(app.engine.clone())
}

async fn of_draft(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let body = ask::patch(&headers, &body, &query::Ask::default())?;
    Ok(axum::Json(detector(&app).of_draft(&actor, &object, &body).await?).into_response())
}

async fn of_record(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
) -> Reply {
    Ok(axum::Json(detector(&app).of_record(&actor, &object, uuid(&id)?).await?).into_response())
}

async fn list(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let mut ask = PairsAsk::default();
    for (name, value) in pairs(query.as_deref()) {
        let wrong = || Problem::new("query.invalid", format!("`{value}` does not fit `{name}`.")).at(&name);
        match name.as_str() {
            "state" if ["open", "merged", "dismissed"].contains(&value.as_str()) => ask.state = value,
            "limit" => ask.limit = value.parse().map_err(|_| wrong())?,
            "offset" => ask.offset = value.parse().map_err(|_| wrong())?,
            _ => return Err(wrong().into()),
        }
    }
    Ok(axum::Json(detector(&app).pairs(&actor, &object, &ask).await?).into_response())
}

async fn scan(State(app): State<AppState>, Caller(actor): Caller, Path(object): Path<String>) -> Reply {
    let job = detector(&app).order_scan(&actor, &object).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(json!({ "job_id": job }))).into_response())
}

async fn decide(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let body = ask::patch(&headers, &body, &query::Ask::default())?;
    let state = body.get("state").and_then(serde_json::Value::as_str).unwrap_or_default();
    detector(&app).decide(&actor, &object, uuid(&id)?, state).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
