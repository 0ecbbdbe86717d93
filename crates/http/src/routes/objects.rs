//! What exists in a workspace: its objects and fields, own and shipped, and how to change them.
use crate::{AppState, Caller, Json, Refusal, Reply};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use axum::routing::{get, patch, post, put};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::Problem;
use policy::Actor;
use records::{Body, Deletion, Described, ModelChange};
use serde::Deserialize;
use serde_json::json;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/objects", get(list).post(add_object))
        .route("/admin/objects/{object}", get(read).patch(change_object).delete(delete_object))
        .route("/admin/objects/{object}/archival", put(archive_object).delete(restore_object))
        .route("/admin/objects/{object}/fields", post(add_field))
        .route("/admin/objects/{object}/fields/order", put(order_fields))
        .route("/admin/objects/{object}/fields/{field}", patch(change_field).delete(delete_field))
        .route("/admin/objects/{object}/fields/{field}/archival", put(archive_field).delete(restore_field))
}

async fn list(State(state): State<AppState>, Caller(actor): Caller) -> Reply {
    Ok(told(StatusCode::OK, state.engine.describe_model(&actor).await?))
}

async fn read(State(state): State<AppState>, Caller(actor): Caller, Path(object): Path<String>) -> Reply {
    Ok(told(StatusCode::OK, state.engine.describe_object(&actor, &object).await?))
}

async fn add_object(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Reply {
    let change = ModelChange::AddObject(body);
    Ok(told(StatusCode::CREATED, changed(&state, &actor, &headers, &change).await?))
}

async fn change_object(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Reply {
    let change = ModelChange::ChangeObject { object, body };
    Ok(told(StatusCode::OK, changed(&state, &actor, &headers, &change).await?))
}

async fn archive_object(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let change = ModelChange::ArchiveObject { object, away: true };
    done(changed(&state, &actor, &headers, &change).await?)
}

async fn restore_object(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let change = ModelChange::ArchiveObject { object, away: false };
    done(changed(&state, &actor, &headers, &change).await?)
}

#[derive(Deserialize)]
struct Confirmed {
    confirm: Option<String>,
    #[serde(default)]
    now: bool,
}

impl From<Confirmed> for Deletion {
    fn from(Confirmed { confirm, now }: Confirmed) -> Self {
        Self { confirm, now }
    }
}

async fn delete_object(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    Query(confirmed): Query<Confirmed>,
    headers: HeaderMap,
) -> Reply {
    let change = ModelChange::DeleteObject { object, deletion: confirmed.into() };
    deleted(changed(&state, &actor, &headers, &change).await?)
}

async fn add_field(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Reply {
    let change = ModelChange::AddField { object, body };
    Ok(told(StatusCode::CREATED, changed(&state, &actor, &headers, &change).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    fields: Vec<String>,
}

async fn order_fields(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    headers: HeaderMap,
    Json(Order { fields }): Json<Order>,
) -> Reply {
    let change = ModelChange::OrderFields { object, fields };
    Ok(told(StatusCode::OK, changed(&state, &actor, &headers, &change).await?))
}

async fn change_field(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path((object, field)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Reply {
    let change = ModelChange::ChangeField { object, field, body };
    Ok(told(StatusCode::OK, changed(&state, &actor, &headers, &change).await?))
}

async fn archive_field(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path((object, field)): Path<(String, String)>,
    headers: HeaderMap,
) -> Reply {
    let change = ModelChange::ArchiveField { object, field, away: true };
    done(changed(&state, &actor, &headers, &change).await?)
}

async fn restore_field(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path((object, field)): Path<(String, String)>,
    headers: HeaderMap,
) -> Reply {
    let change = ModelChange::ArchiveField { object, field, away: false };
    done(changed(&state, &actor, &headers, &change).await?)
}

async fn delete_field(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path((object, field)): Path<(String, String)>,
    Query(confirmed): Query<Confirmed>,
    headers: HeaderMap,
) -> Reply {
    let change = ModelChange::DeleteField { object, field, deletion: confirmed.into() };
    deleted(changed(&state, &actor, &headers, &change).await?)
}

async fn changed(
    state: &AppState,
    actor: &Actor,
    headers: &HeaderMap,
    change: &ModelChange,
) -> Result<Described, Refusal> {
    Ok(state.engine.change_model(actor, change, seen(headers)?).await?)
}

/// `If-Match: "7"`: the version of the workspace's changes that the caller looked at.
fn seen(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_start_matches("W/").trim_matches('"');
    match text {
        "*" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            Problem::new("record.precondition", "`If-Match` must be the ETag of `/admin/objects`.").into()
        }),
    }
}

fn told(status: StatusCode, described: Described) -> axum::response::Response {
    let mut reply = (status, Json(described.body)).into_response();
    tag(&mut reply, described.version);
    reply
}

fn done(described: Described) -> Reply {
    let mut reply = StatusCode::NO_CONTENT.into_response();
    tag(&mut reply, described.version);
    Ok(reply)
}

/// 202: the values go later, and until then it can be brought back.
fn deleted(described: Described) -> Reply {
    let Some(leaves_at) = described.leaves_at else { return done(described) };
    let mut reply = (StatusCode::ACCEPTED, Json(json!({ "leaving": leaves_at }))).into_response();
    tag(&mut reply, described.version);
    Ok(reply)
}

fn tag(reply: &mut axum::response::Response, version: i64) {
    let value = HeaderValue::from_str(&format!("\"{version}\"")).expect("digits are a header value");
    reply.headers_mut().insert(header::ETAG, value);
}
