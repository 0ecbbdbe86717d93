//! Files of our own folder, for whoever holds a link to them. In S3-compatible storage links lead to the storage.
use crate::{AppState, Reply};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use files::Linked;
use http::header;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/downloads/{token}", get(download))
}

/// The token is the permission: it was made for somebody who may have the file, and ends in a quarter of an hour.
async fn download(State(state): State<AppState>, Path(token): Path<String>) -> Reply {
    let linked = state.files.linked(&token)?;
    let size = state.files.size(&linked.key).await?;
    let body = Body::from_stream(state.files.stream(&linked.key).await?);
    let kind = linked.shown.clone().unwrap_or_else(|| "application/octet-stream".into());
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, linked.disposition()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        // Whatever the file is, it is never a page of this origin; our own pages may show it in a frame.
        (header::CONTENT_SECURITY_POLICY, policy(&linked).to_owned()),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// Browsers do not show a PDF in a sandbox.
fn policy(linked: &Linked) -> &'static str {
    match linked.shown.as_deref() {
        Some("application/pdf") => {
            "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
        }
        _ => "default-src 'none'; sandbox; frame-ancestors 'self'",
    }
}
