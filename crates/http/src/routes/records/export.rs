//! A list as a file, given at once: `GET /api/v1/clients/export?format=xlsx&status=eq.active`.
use super::ask::pairs;
use crate::auth::Caller;
use crate::problem::Reply;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use http::header;
use policy::Read;
use tokio_util::io::ReaderStream;

pub async fn export(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    // The right first: what somebody may not have is not discussed.
    let model = app.engine.model(&actor).await?;
    let named = model.by_plural(&object)?;
    policy::grant::<Read>(&model, &actor, &named.name)?;
    policy::may_export(&model, &actor, named)?;
    let wanted = exports::wanted(&object, pairs(query.as_deref()))?;
    let made = exports::direct(&app.engine, &actor, &wanted).await?;
    let file = tokio::fs::File::from_std(made.file);
    let headers = [
        (header::CONTENT_TYPE, wanted.format.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, files::disposition(&exports::file_name(&wanted))),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}
