//! Files of any size into records, as jobs: `/api/v1/imports/uploads`, `/suggestions`, `/jobs`. See `docs/importing.md`.
use crate::body::parse;
use crate::{AppState, Caller, Json, Refusal, Reply};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::stream;
use http::{StatusCode, header};
use imports::{Dialect, Imports};
use kernel::{Problem, Uuid};
use policy::Actor;
use serde::Deserialize;
use std::convert::Infallible;

/// The beginning of a file, for suggestions without an upload.
const HEAD: usize = 4 << 20;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/imports/uploads", post(upload).layer(DefaultBodyLimit::disable()))
        .route("/imports/suggestions", post(suggest).layer(DefaultBodyLimit::max(HEAD)))
        .route("/imports/jobs", get(list).post(start))
        .route("/imports/jobs/{id}", get(show).delete(undo))
        .route("/imports/jobs/{id}/resumption", post(resume))
        .route("/imports/jobs/{id}/errors.csv", get(errors))
        .route("/imports/jobs/{id}/matches", get(matches))
}

/// The right first: nobody without it has a body taken apart.
async fn allowed(state: &AppState, actor: &Actor) -> Result<Imports, Refusal> {
    let model = state.engine.model(actor).await?;
    policy::may(&model, actor, ::imports::RIGHT)?;
    Ok(imports(state))
}

fn imports(state: &AppState) -> Imports {
    Imports::new(state.engine.clone(), state.identity.clone(), state.files.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    /// As its owner calls the file.
    name: String,
}

async fn upload(
    State(state): State<AppState>,
    Caller(actor): Caller,
    name: Result<Query<Name>, QueryRejection>,
    body: Body,
) -> Reply {
    let imports = allowed(&state, &actor).await?;
    let unnamed = || Problem::new("query.invalid", "The file needs a name: `?name=contacts.csv`.").at("name");
    let Query(Name { name }) = name.map_err(|_| unnamed())?;
    let stored = imports.upload(&actor, &name, body.into_data_stream(), state.config.max_import_file).await?;
    Ok((StatusCode::CREATED, Json(stored)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    object: String,
    /// An uploaded file; else its beginning.
    upload: Option<Uuid>,
    name: Option<String>,
    text: Option<String>,
    base64: Option<String>,
    delimiter: Option<String>,
    encoding: Option<String>,
    header: Option<bool>,
    sheet: Option<String>,
}

async fn suggest(
    State(state): State<AppState>,
    Caller(actor): Caller,
    body: Result<Bytes, BytesRejection>,
) -> Reply {
    let imports = allowed(&state, &actor).await?;
    let look: Look = parse(&body.map_err(unreadable)?)?;
    let dialect = Dialect {
        delimiter: look
            .delimiter
            .as_deref()
            .and_then(|d| if d == "\\t" { Some(b'\t') } else { d.bytes().next() }),
        encoding: look.encoding,
        headless: look.header == Some(false),
        sheet: look.sheet,
    };
    let bytes = match (look.text, look.base64) {
        (Some(text), None) => Some(text.into_bytes()),
        (None, Some(coded)) => Some(BASE64_STANDARD.decode(coded.trim()).map_err(|e| {
            Problem::new("body.invalid_shape", format!("This is not base64: {e}.")).at("base64")
        })?),
        _ => None,
    };
    let suggested = match (look.upload, bytes) {
        (Some(upload), None) => imports.suggest_for_upload(&actor, &look.object, upload, &dialect).await?,
        (None, Some(bytes)) => {
            let name = look.name.unwrap_or_else(|| "file".into());
            imports.suggest_for_bytes(&actor, &look.object, &name, bytes, &dialect).await?
        }
        _ => {
            let detail = "The body needs an `upload`, or the beginning of a file as `text` or `base64`.";
            return Err(Problem::new("body.invalid_shape", detail).at("upload").into());
        }
    };
    Ok(Json(suggested).into_response())
}

async fn start(
    State(state): State<AppState>,
    Caller(actor): Caller,
    body: Result<Bytes, BytesRejection>,
) -> Reply {
    let imports = allowed(&state, &actor).await?;
    let order: serde_json::Value = parse(&body.map_err(unreadable)?)?;
    let import = imports.start(&actor, &order).await?;
    let address = format!("/api/v1/imports/jobs/{}", import["id"].as_str().unwrap_or_default());
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, address)], Json(import)).into_response())
}

async fn list(State(state): State<AppState>, Caller(actor): Caller) -> Reply {
    Ok(Json(imports(&state).list(&actor).await?).into_response())
}

async fn show(State(state): State<AppState>, Caller(actor): Caller, id: Id) -> Reply {
    Ok(Json(imports(&state).show(&actor, import_id(id)?).await?).into_response())
}

async fn undo(State(state): State<AppState>, Caller(actor): Caller, id: Id) -> Reply {
    let import = imports(&state).undo(&actor, import_id(id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(import)).into_response())
}

async fn resume(State(state): State<AppState>, Caller(actor): Caller, id: Id) -> Reply {
    let import = imports(&state).resume(&actor, import_id(id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(import)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Matches {
    /// The last row of the page before.
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

/// The rows that are very like stored records, and which.
async fn matches(
    State(state): State<AppState>,
    Caller(actor): Caller,
    id: Id,
    page: Result<Query<Matches>, QueryRejection>,
) -> Reply {
    let imports = allowed(&state, &actor).await?;
    let Query(page) = page.map_err(|e| Problem::new("query.invalid", format!("{}.", e.body_text())))?;
    let told = imports.matches(&actor, import_id(id)?, page.after, page.limit.unwrap_or(100)).await?;
    Ok(Json(told).into_response())
}

/// The rows that were refused, with their cells and why, page by page as they are read from the database.
async fn errors(State(state): State<AppState>, Caller(actor): Caller, id: Id) -> Reply {
    let (imports, id) = (imports(&state), import_id(id)?);
    let actor = Actor::clone(&actor);
    let first = imports.error_page(&actor, id, None).await?;
    let pages = stream::unfold(Some((imports, actor, id, first)), next_page);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"errors-{id}.csv\"")),
    ];
    Ok((headers, Body::from_stream(pages)).into_response())
}

fn unreadable(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new("body.too_large", "The body is larger than this address takes.")
                .hint("Files go to `POST /api/v1/imports/uploads`.")
        }
        _ => Problem::new("body.invalid_shape", "The body broke off."),
    }
}

type Pages = Option<(Imports, Actor, Uuid, Option<(Vec<u8>, u64)>)>;

async fn next_page(pages: Pages) -> Option<(Result<Vec<u8>, Infallible>, Pages)> {
    let (imports, actor, id, page) = pages?;
    let (bytes, last) = page?;
    match imports.error_page(&actor, id, Some(last)).await {
        Ok(next) => Some((Ok(bytes), Some((imports, actor, id, next)))),
        Err(e) => {
            tracing::error!(import.id = %id, "An error file broke off: {e}");
            Some((Ok(bytes), None))
        }
    }
}

type Id = Path<String>;

fn import_id(Path(id): Id) -> Result<Uuid, Refusal> {
    id.parse().map_err(|_| Problem::new("record.not_found", format!("There is no import {id}.")).into())
}
