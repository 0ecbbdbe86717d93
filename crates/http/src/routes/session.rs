//! Signing in, out, and from one workspace to another.
use crate::auth::{CameFrom, Visit, start_session};
use crate::{AppState, Json, Reply, cookies};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderValue, StatusCode, header};
use identity::{Opened, SignIn};
use kernel::{Problem, Problems};
use serde::Deserialize;
use serde_json::json;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/auth/session", post(sign_in).delete(sign_out))
        .route("/auth/login", post(sign_in))
        .route("/auth/logout", post(sign_out))
        .route("/auth/workspace", post(switch))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    workspace: Option<String>,
}

async fn sign_in(
    State(state): State<AppState>,
    CameFrom(origin): CameFrom,
    Json(body): Json<SignInBody>,
) -> Reply {
    check(&body)?;
    let ask = SignIn { email: &body.email, password: &body.password, workspace: body.workspace.as_deref() };
    let opened = state.identity.sign_in(&ask, &origin).await?;
    Ok(signed_in(&state, &opened))
}

fn check(body: &SignInBody) -> Result<(), Problems> {
    let mut problems = vec![];
    let email = body.email.trim();
    if email.len() > 255 || !email.contains('@') {
        problems.push(Problem::new("field.invalid", "Invalid email").at("email"));
    }
    if body.password.is_empty() {
        problems.push(Problem::new("field.required", "Password is required").at("password"));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The token goes into its cookie and nowhere else.
pub(super) fn signed_in(state: &AppState, opened: &Opened) -> Response {
    let body = json!({
        "session_id": opened.session,
        "user_id": opened.user,
        "workspace": opened.workspace,
        "csrf_token": opened.csrf,
        "expires_in": opened.life.as_secs(),
    });
    let mut reply = (StatusCode::CREATED, Json(body)).into_response();
    start_session(state, reply.headers_mut(), &opened.token, &opened.csrf, opened.life);
    reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// Signing out succeeds for everybody: whoever asks has no session afterwards.
async fn sign_out(State(state): State<AppState>, visit: Option<Visit>) -> Reply {
    if let Some(Visit { actor, session: Some(session) }) = visit {
        state.identity.sign_out(actor.user, session.id, &actor.origin).await?;
    }
    let mut reply = StatusCode::NO_CONTENT.into_response();
    cookies::clear(reply.headers_mut(), &state.config);
    Ok(reply)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchBody {
    /// Slug.
    workspace: String,
}

async fn switch(State(state): State<AppState>, visit: Visit, Json(body): Json<SwitchBody>) -> Reply {
    let session = visit.session.as_ref().ok_or_else(|| {
        Problem::new("auth.required", "An API key belongs to one workspace.")
            .hint("Sign in to switch workspaces.")
    })?;
    let workspace = state.identity.switch_workspace(visit.actor.user, session.id, &body.workspace).await?;
    Ok(Json(json!({ "workspace": workspace })).into_response())
}
