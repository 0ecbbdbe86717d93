//! One person's data: taken out for them, or erased (S4-044).
use super::ask::uuid;
use crate::auth::Caller;
use crate::body::{Json, parse};
use crate::problem::Reply;
use crate::routes::exports::ordered;
use crate::state::AppState;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Why, for the log: who asked, and when. No personal data.
    #[serde(default)]
    reason: String,
}

pub async fn erase(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    body: Bytes,
) -> Reply {
    // The right first: what somebody may not do is not discussed.
    policy::may_manage_members(&*app.engine.model(&actor).await?, &actor)?;
    let wish: Wish = if body.is_empty() { Wish::default() } else { parse(&body)? };
    let told = exports::person::erase(&app.engine, &actor, &object, uuid(&id)?, &wish.reason).await?;
    Ok(Json(told).into_response())
}

pub async fn take(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
) -> Reply {
    let (export, job) = exports::person::order(&app.engine, &actor, &object, uuid(&id)?).await?;
    Ok(ordered(export, job))
}
