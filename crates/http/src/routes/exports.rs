//! Exports as jobs: ordered, looked at, and fetched by a link.
use super::records::reply::{json_reply, set};
use crate::{AppState, Caller, Json, Reply};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use exports::{Entry, Format, Header, Wanted};
use files::LINK_LIFE;
use http::StatusCode;
use kernel::{Outcome, Timestamp, Uuid};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/exports", get(mine).post(order))
        .route("/exports/{id}", get(one))
        .route("/admin/export", post(everything))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// By its plural, as in addresses.
    object: String,
    /// The list's own query string.
    #[serde(default)]
    query: String,
    format: String,
    header: Option<String>,
    title: Option<String>,
}

async fn order(State(state): State<AppState>, Caller(actor): Caller, Json(wish): Json<Wish>) -> Reply {
    let mut problems = vec![];
    let mut take = |p| problems.push(p);
    let format = Format::named(&wish.format).map_err(&mut take).ok();
    let header = wish.header.as_deref().map_or(Ok(Header::default()), Header::named).map_err(&mut take).ok();
    let ask = exports::asked(&wish.query).map_err(|all| problems.extend(all)).ok();
    let (Some(format), Some(header), Some(ask)) = (format, header, ask) else { return Err(problems.into()) };
    let title = wish.title.filter(|t| !t.trim().is_empty());
    let wanted = Wanted { object: wish.object, ask, format, header, title };
    let (id, job) = exports::order(state.engine.store(), &actor, &wanted, &wish.query).await?;
    Ok(ordered(id, job))
}

/// The whole workspace, which may be restored elsewhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeWish {
    title: Option<String>,
}

async fn everything(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Json(wish): Json<WholeWish>,
) -> Reply {
    let (id, job) = exports::order_whole(&state.store, &actor, wish.title.as_deref()).await?;
    Ok(ordered(id, job))
}

pub(super) fn ordered(id: Uuid, job: Uuid) -> Response {
    let body = json!({ "id": id, "job_id": job }).to_string().into_bytes();
    let mut reply = json_reply(StatusCode::ACCEPTED, body);
    set(&mut reply, "location", &format!("/api/v1/exports/{id}"));
    reply
}

async fn mine(State(state): State<AppState>, Caller(actor): Caller) -> Reply {
    let cx = state.store.begin_read(&actor).await?;
    let entries = exports::entries(&cx, &actor).await?;
    Ok(Json(entries).into_response())
}

async fn one(State(state): State<AppState>, Caller(actor): Caller, Path(id): Path<Uuid>) -> Reply {
    let cx = state.store.begin_read(&actor).await?;
    let entry = exports::entry(&cx, &actor, id).await?;
    Ok(Json(with_link(&state, &entry).await?).into_response())
}

/// The entry with a link to its file, made anew each time it is asked for: links are short-lived, files are not.
async fn with_link(state: &AppState, entry: &Entry) -> Outcome<Value> {
    let mut shown = json!(entry);
    if let (Some(key), Some(name)) = (&entry.file_key, &entry.file_name) {
        shown["url"] = state.files.link(key, name, LINK_LIFE).await?.into();
        shown["url_expires_at"] = json!(Timestamp::now() + LINK_LIFE);
    }
    Ok(shown)
}
