//! Files of people: an upload is begun, sent and completed; what is kept is given by links.
use super::records::reply::{json_reply, set};
use super::records::uuid;
use crate::{AppState, Caller, Json, Refusal, Reply};
use axum::Router;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use files::uploads::{Uploads, Wish};
use http::{StatusCode, header};
use kernel::Problem;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/files/uploads", post(begin))
        .route("/files/uploads/{id}/completion", post(complete))
        .route("/files/{id}/content", get(content))
        .route("/uploads/{token}", put(receive).layer(DefaultBodyLimit::disable()))
}

fn uploads(state: &AppState) -> Uploads {
    Uploads::new(&state.engine, &state.files, state.config.max_file)
}

/// What comes, and whatever else the record of the file shall say.
#[derive(Deserialize)]
struct Announced {
    name: String,
    size: u64,
    mime_type: String,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

async fn begin(State(state): State<AppState>, Caller(actor): Caller, Json(body): Json<Announced>) -> Reply {
    let mut record = body.fields;
    record.insert("name".into(), body.name.into());
    let wish = Wish { size: body.size, mime_type: body.mime_type, record };
    let (id, upload) = uploads(&state).begin(&actor, &wish).await?;
    let told = json!({
        "id": id,
        "upload": {
            "method": "PUT",
            "url": upload.url,
            "headers": { "content-type": upload.content_type },
            "expires_at": upload.expires_at,
        },
    });
    Ok(json_reply(StatusCode::CREATED, told.to_string().into_bytes()))
}

/// The token is the permission: it was made for somebody who may bring exactly this file.
async fn receive(State(state): State<AppState>, Path(token): Path<String>, body: Body) -> Reply {
    let uploading = state.files.uploading(&token)?;
    state.files.receive(&uploading, body.into_data_stream()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The record: 201 for whoever completed it, 200 for whoever says so again.
async fn complete(State(state): State<AppState>, Caller(actor): Caller, Path(id): Path<String>) -> Reply {
    let done = uploads(&state).complete(&actor, uuid(&id)?).await?;
    let plural = state.engine.model(&actor).await?.object(files::uploads::OBJECT)?.plural.clone();
    let status = if done.change_set.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let body = match state.engine.read(&actor, &plural, done.id, &Default::default()).await {
        Ok(page) => page.single()?.to_vec(),
        // Made beyond what the maker may read: it stands, and there is nothing to show.
        Err(_) if done.change_set.is_some() => json!({ "id": done.id }).to_string().into_bytes(),
        Err(failure) => return Err(failure.into()),
    };
    let mut reply = json_reply(status, body);
    set(&mut reply, "location", &format!("/api/v1/{plural}/{}", done.id));
    if let Some(id) = done.change_set {
        set(&mut reply, "x-change-set", &id.to_string());
    }
    Ok(reply)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct How {
    /// To be shown by the browser, where the type is harmless; else it is to be saved.
    #[serde(default)]
    inline: bool,
    /// `link`: the address as JSON instead of being sent there.
    r#as: Option<String>,
}

async fn content(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    how: Result<Query<How>, QueryRejection>,
) -> Reply {
    let Query(how) = how.map_err(|_| misread())?;
    let told = match how.r#as.as_deref() {
        None => false,
        Some("link") => true,
        Some(_) => return Err(misread()),
    };
    let link = uploads(&state).content(&actor, uuid(&id)?, how.inline).await?;
    let mut reply = match told {
        true => Json(&link).into_response(),
        false => (StatusCode::FOUND, [(header::LOCATION, here(&state, link.url))]).into_response(),
    };
    // The link ends; what was kept of it would lead nowhere.
    set(&mut reply, "cache-control", "private, no-store");
    Ok(reply)
}

/// What lies here is found under whatever name the caller knows us by.
fn here(state: &AppState, url: String) -> String {
    match (state.files.storage_origin(), url.find("/api/v1/")) {
        (None, Some(at)) => url[at..].to_owned(),
        _ => url,
    }
}

fn misread() -> Refusal {
    Problem::new("query.invalid", "`inline=true` and `as=link` are known here.").into()
}
