//! Invitations: sent by administrators, accepted by whoever has the link.
use super::admin::manages;
use super::session::signed_in;
use crate::auth::CameFrom;
use crate::{AppState, Caller, Json, Reply};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{delete, get};
use http::{HeaderValue, StatusCode, header};
use identity::{Acceptance, Invitation, Invited};
use kernel::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/invitations", get(list).post(invite))
        .route("/admin/invitations/{id}", delete(withdraw))
        .route("/auth/invitations/{token}", get(look).post(accept))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InviteBody {
    email: String,
    role: String,
    location_id: Option<Uuid>,
}

/// Shown once: afterwards only the fingerprint of the token is known.
#[derive(Serialize)]
struct Sent {
    link: String,
    #[serde(flatten)]
    invited: Invited,
}

async fn invite(State(state): State<AppState>, Caller(actor): Caller, Json(body): Json<InviteBody>) -> Reply {
    manages(&state, &actor).await?;
    let invited = state.identity.invite(&actor, &body.email, &body.role, body.location_id).await?;
    let base = state.config.public_url.trim_end_matches('/');
    let link = format!("{base}/set-password?token={}", invited.token);
    let mut reply = (StatusCode::CREATED, Json(Sent { link, invited })).into_response();
    reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}

async fn list(State(state): State<AppState>, Caller(actor): Caller) -> Reply<Json<Vec<Invitation>>> {
    manages(&state, &actor).await?;
    Ok(Json(state.identity.invitations(&actor).await?))
}

async fn withdraw(State(state): State<AppState>, Caller(actor): Caller, Path(id): Path<Uuid>) -> Reply {
    manages(&state, &actor).await?;
    state.identity.withdraw_invitation(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn look(State(state): State<AppState>, Path(token): Path<String>) -> Reply<Json<Value>> {
    let (invitation, has_account) = state.identity.invitation(&token).await?;
    Ok(Json(json!({
        "email": invitation.email,
        "role": invitation.role,
        "workspace_name": invitation.workspace_name,
        "expires_at": invitation.expires_at,
        "has_account": has_account,
    })))
}

async fn accept(
    State(state): State<AppState>,
    CameFrom(origin): CameFrom,
    Path(token): Path<String>,
    Json(body): Json<Acceptance>,
) -> Reply {
    let opened = state.identity.accept(&token, &body, &origin).await?;
    Ok(signed_in(&state, &opened))
}
