//! The queue of jobs, as far as the caller may see it.
use super::records::{pairs, uuid};
use crate::{AppState, Caller, Reply};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use jobs::{Ask, Queue, STATES};
use kernel::{Problem, Uuid};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/jobs", get(list))
        .route("/jobs/schedules", get(schedules))
        .route("/jobs/{id}", get(one).delete(cancel))
        .route("/jobs/{id}/retry", post(retry))
}

async fn list(State(app): State<AppState>, Caller(actor): Caller, RawQuery(query): RawQuery) -> Reply {
    let ask = ask(query.as_deref())?;
    Ok(axum::Json(jobs::list(&app.store, &actor, &ask).await?).into_response())
}

async fn schedules(State(app): State<AppState>, Caller(actor): Caller) -> Reply {
    Ok(axum::Json(jobs::schedules(&app.store, &actor).await?).into_response())
}

async fn one(State(app): State<AppState>, Caller(actor): Caller, Path(id): Path<String>) -> Reply {
    Ok(axum::Json(jobs::one(&app.store, &actor, uuid(&id)?).await?).into_response())
}

async fn cancel(State(app): State<AppState>, Caller(actor): Caller, Path(id): Path<String>) -> Reply {
    Ok(axum::Json(jobs::cancel(&app.store, &actor, uuid(&id)?).await?).into_response())
}

async fn retry(State(app): State<AppState>, Caller(actor): Caller, Path(id): Path<String>) -> Reply {
    Ok(axum::Json(jobs::retry(&app.store, &actor, uuid(&id)?).await?).into_response())
}

fn ask(query: Option<&str>) -> Result<Ask, Vec<Problem>> {
    let mut ask = Ask { limit: 50, ..Ask::default() };
    let mut problems = vec![];
    for (name, value) in pairs(query) {
        let known = match name.as_str() {
            "state" => set(&mut ask.state, STATES.into_iter().find(|s| *s == value)),
            "queue" => set(&mut ask.queue, Queue::named(&value)),
            "kind" => set(&mut ask.kind, Some(value.clone())),
            "cursor" => set(&mut ask.before, Uuid::parse_str(&value).ok()),
            "limit" => value.parse().is_ok_and(|limit| {
                ask.limit = limit;
                true
            }),
            _ => {
                let detail = format!("`{name}` is not a filter of jobs.");
                problems.push(Problem::new("query.invalid", detail).at(&name));
                continue;
            }
        };
        if !known {
            let detail = format!("`{value}` does not fit `{name}`.");
            problems.push(Problem::new("query.invalid", detail).at(&name));
        }
    }
    if problems.is_empty() { Ok(ask) } else { Err(problems) }
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    *place = value;
    place.is_some()
}
