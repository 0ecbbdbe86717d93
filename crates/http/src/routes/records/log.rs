//! What happened: the history of a record, the log of the workspace, and taking a change back.
use super::ask::{pairs, uuid};
use crate::auth::Caller;
use crate::problem::Reply;
use crate::state::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use kernel::{Problem, Timestamp, Uuid};
use records::{ChangesAsk, UndoAsk};
use serde_json::json;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/changes", get(changes))
        .route("/api/v1/changes/{id}", get(change_set))
        .route("/api/v1/changes/{id}/undo", post(undo))
        .route("/api/v1/{object}/{id}/history", get(history))
        .route("/api/v1/{object}/{id}/stage-history", get(stage_history))
}

async fn history(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Reply {
    let ask = changes_ask(query.as_deref())?;
    Ok(axum::Json(app.engine.history(&actor, &object, uuid(&id)?, &ask).await?).into_response())
}

async fn stage_history(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
) -> Reply {
    Ok(axum::Json(app.engine.stage_history(&actor, &object, uuid(&id)?).await?).into_response())
}

async fn changes(State(app): State<AppState>, Caller(actor): Caller, RawQuery(query): RawQuery) -> Reply {
    let ask = changes_ask(query.as_deref())?;
    Ok(axum::Json(app.engine.changes(&actor, &ask).await?).into_response())
}

async fn change_set(State(app): State<AppState>, Caller(actor): Caller, Path(id): Path<String>) -> Reply {
    let id = uuid(&id)?;
    let ask = ChangesAsk { change_set: Some(id), limit: 1, ..ChangesAsk::default() };
    let mut found = app.engine.changes(&actor, &ask).await?;
    match found["changes"].as_array_mut().filter(|all| !all.is_empty()) {
        Some(all) => Ok(axum::Json(all.swap_remove(0)).into_response()),
        None => Err(Problem::new("record.not_found", format!("There is no change {id}.")).into()),
    }
}

async fn undo(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let ask = undo_ask(&headers, &body)?;
    let undone = app.engine.undo(&actor, uuid(&id)?, &ask).await?;
    let body = json!({
        "change_set": undone.change_set, "restored": undone.restored, "conflicts": undone.conflicts,
    });
    Ok((StatusCode::OK, axum::Json(body)).into_response())
}

/// Without a body, or with `null`, all of it.
fn undo_ask(headers: &HeaderMap, body: &Bytes) -> Result<UndoAsk, Problem> {
    if body.is_empty() || &body[..] == b"null" {
        return Ok(UndoAsk::default());
    }
    let mut ask = UndoAsk::default();
    for (name, value) in super::ask::object_body(headers, body)? {
        let wrong = |wanted: &str| {
            Problem::new("field.invalid", format!("`{name}` must be a list of {wanted}.")).at(&name)
        };
        let texts = || value.as_array().map(|all| all.iter().map(serde_json::Value::as_str));
        match name.as_str() {
            "records" => {
                let ids = texts().and_then(|mut all| {
                    all.try_fold(vec![], |mut ids, text| {
                        ids.push(Uuid::parse_str(text?).ok()?);
                        Some(ids)
                    })
                });
                ask.records = ids.ok_or_else(|| wrong("ids"))?;
            }
            "fields" => {
                let names = texts().and_then(|all| all.map(|t| t.map(str::to_owned)).collect());
                ask.fields = names.ok_or_else(|| wrong("names of fields"))?;
            }
            _ => {
                let detail = format!("An undo takes `records` and `fields`, not `{name}`.");
                return Err(Problem::new("field.unknown", detail).at(&name));
            }
        }
    }
    Ok(ask)
}

fn changes_ask(query: Option<&str>) -> Result<ChangesAsk, Problem> {
    let mut ask = ChangesAsk { limit: 50, ..ChangesAsk::default() };
    for (name, value) in pairs(query) {
        let wrong = || Problem::new("query.invalid", format!("`{value}` does not fit `{name}`.")).at(&name);
        let id = || Uuid::parse_str(&value).map_err(|_| wrong());
        let time = |text: &str| text.parse::<Timestamp>().map_err(|_| wrong());
        match name.as_str() {
            "object" => ask.object = Some(value),
            "action" => ask.action = Some(value),
            "record_id" => ask.record = Some(id()?),
            "member_id" => ask.member = Some(id()?),
            "from" => ask.from = Some(time(&value)?),
            "until" => ask.until = Some(time(&value)?),
            "limit" => ask.limit = value.parse().map_err(|_| wrong())?,
            "cursor" => {
                let (at, id) = value.split_once('_').ok_or_else(wrong)?;
                ask.before = Some((time(at)?, Uuid::parse_str(id).map_err(|_| wrong())?));
            }
            _ => {
                return Err(
                    Problem::new("query.invalid", format!("`{name}` is not a filter of the log.")).at(&name)
                );
            }
        }
    }
    Ok(ask)
}
