//! Files of our own folder, for whoever holds a link to them. In S3-compatible storage links lead to the storage.
use crate::{AppState, Reply};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::get;
use http::header;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/downloads/{token}", get(download))
}

/// The token is the permission: it was made for somebody who may have the file, and ends in a quarter of an hour.
async fn download(State(state): State<AppState>, Path(token): Path<String>) -> Reply {
    let linked = state.files.linked(&token)?;
    let size = state.files.size(&linked.key).await?;
    let body = Body::from_stream(state.files.stream(&linked.key).await?);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, linked.disposition()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        // Whatever the file is, it is never a page of this origin.
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, body).into_response())
}
