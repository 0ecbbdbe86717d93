//! Records of every object: about ten lines a route, the same for all.
use crate::auth::Caller;
use crate::problem::{Refusal, Reply};
use crate::state::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Problem, Timestamp, Uuid};
use policy::{Actor, Delete, Update};
use query::{Ask, Resolution, Returning};
use records::{Body, ChangesAsk, ConflictMode, Remembered, RowResult, Source, Stored};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::hash::{DefaultHasher, Hasher};
use store::Page;

/// Rows that one request may create, change or delete.
const MOST_ROWS: usize = 1_000;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/changes", get(changes))
        .route("/api/v1/changes/{id}", get(change_set))
        .route("/api/v1/changes/{id}/undo", axum::routing::post(undo))
        .route("/api/v1/{object}", get(list).post(create).patch(update_many).delete(delete_many))
        .route("/api/v1/{object}/{id}", get(read).patch(update).delete(delete))
        .route("/api/v1/{object}/{id}/archival", axum::routing::put(archive).delete(restore))
        .route("/api/v1/{object}/{id}/history", get(history))
        .route("/api/v1/{object}/{id}/stage-history", get(stage_history))
}

async fn list(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    let ask = ask(query.as_deref(), &headers)?;
    let page = app.engine.list(&actor, &object, &ask).await?;
    listed(&ask, page, &headers)
}

async fn read(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    let id = uuid(&id)?;
    let ask = ask(query.as_deref(), &headers)?;
    let page = app.engine.read(&actor, &object, id, &ask).await?;
    let body = page.single()?.to_vec();
    Ok(tagged(body, &headers))
}

async fn create(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let ask = ask(query.as_deref(), &headers)?;
    let (bodies, one) = bodies(json_body(&headers, &body)?, ask.columns.as_deref())?;
    let key = idempotency_key(&headers, "POST", &object, query.as_deref(), &body)?;
    if let Some(key) = &key
        && let Some(stored) = app.engine.recall(&actor, key).await?
    {
        return Ok(replay(stored));
    }
    let made = make(&app, &actor, &object, query.as_deref(), &ask, bodies, one, key.as_ref()).await;
    match (made, &key) {
        // The same key came twice at the same time: the other request won, its answer is ours.
        (Err(failure), Some(key)) => match app.engine.recall(&actor, key).await? {
            Some(stored) => Ok(replay(stored)),
            None => Err(failure.into()),
        },
        (made, _) => Ok(made?),
    }
}

#[allow(clippy::too_many_arguments, reason = "one request, taken apart once")]
async fn make(
    app: &AppState,
    actor: &Actor,
    plural: &str,
    query: Option<&str>,
    ask: &Ask,
    bodies: Vec<Body>,
    one: bool,
    key: Option<&Remembered>,
) -> Result<Response, kernel::Failure> {
    let mut batch = app.engine.batch(actor, Source::request()).await?;
    let name = batch.model().by_plural(plural)?.name.clone();
    let results = match ask.prefer.resolution {
        None => batch.create(&name, bodies).await?,
        Some(resolution) => {
            let mode = match resolution {
                Resolution::MergeDuplicates => ConflictMode::Merge,
                Resolution::IgnoreDuplicates => ConflictMode::Ignore,
            };
            batch.upsert(&name, bodies, &ask.on_conflict, mode).await?
        }
    };
    if results.iter().any(|r| matches!(r, RowResult::Refused(_))) {
        batch.commit().await?;
        return Err(anyhow::anyhow!("a refused row was committed").into());
    }
    let ids: Vec<_> = results.iter().filter_map(RowResult::id).collect();
    let created = results.iter().any(|r| matches!(r, RowResult::Inserted(_))) || results.is_empty();
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let returning = ask.prefer.returning;
    let shown = match returning {
        Some(Returning::Minimal | Returning::HeadersOnly) => None,
        _ => batch.page(&name, &ids, &shown_pairs(query)).await?,
    };
    let body = match shown {
        None => Vec::new(),
        // PostgREST's clients say `return=representation` and expect an array; whoever says nothing gets the shape
        // that was sent.
        Some(page) if ask.single || (one && returning.is_none()) => page.single()?.to_vec(),
        Some(page) => page.body,
    };
    if let Some(key) = key {
        let text = String::from_utf8_lossy(&body).into_owned();
        batch.remember(key, &Stored { status: status.as_u16(), body: text });
    }
    batch.commit().await?;
    let mut reply = json_reply(status, body);
    if let (true, [id]) = (one, &ids[..]) {
        set(&mut reply, "location", &format!("/api/v1/{plural}/{id}"));
    }
    set(&mut reply, "content-range", &format!("*/{}", ids.len()));
    Ok(reply)
}

async fn update(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let id = uuid(&id)?;
    let pairs = pairs(query.as_deref());
    let mut source = Source::request();
    source.override_reason = pairs.iter().find(|(k, _)| k == "override_reason").map(|(_, v)| v.clone());
    let mut patch = object_body(json_body(&headers, &body)?)?;
    let version = match patch.remove("version") {
        Some(version) => Some(version.as_i64().ok_or_else(|| {
            Problem::new("field.invalid", "The version must be a whole number.").at("version")
        })?),
        None => if_match(&headers)?,
    };
    let returning = query::parse(&[], &asked(&headers, &prefer(&headers)))?.prefer.returning;
    let (mut batch, _) = app.engine.update(&actor, &object, id, patch, version, source).await?;
    let name = batch.model().by_plural(&object)?.name.clone();
    let shown = match returning {
        Some(Returning::Minimal | Returning::HeadersOnly) => None,
        _ => batch.page(&name, &[id], &shown_pairs(query.as_deref())).await?,
    };
    batch.commit().await?;
    match shown {
        // Changed out of one's own reach: the change holds, the record is no longer ours to see.
        Some(page) if page.rows == 1 => Ok(tagged(page.single()?.to_vec(), &HeaderMap::new())),
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

async fn update_many(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let ask = ask(query.as_deref(), &headers)?;
    let mut patch = object_body(json_body(&headers, &body)?)?;
    if let Some(columns) = &ask.columns {
        patch.retain(|name, _| columns.contains(name));
    }
    let mut batch = app.engine.batch(&actor, Source::request()).await?;
    let model = batch.model();
    let name = model.by_plural(&object)?.name.clone();
    let grant = policy::grant::<Update>(&model, &actor, &name)?;
    let ids = matching(&mut batch, &model, &actor, &grant, &ask).await?;
    let shown = shown_pairs(query.as_deref());
    if !ids.is_empty() {
        let changes = ids.iter().map(|id| (*id, patch.clone(), None)).collect();
        batch.update_many(&name, changes).await?;
    }
    affected(batch, &name, &ids, &ask, &shown, true).await
}

async fn delete_many(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    let ask = ask(query.as_deref(), &headers)?;
    let mut batch = app.engine.batch(&actor, Source::request()).await?;
    let model = batch.model();
    let name = model.by_plural(&object)?.name.clone();
    let grant = policy::grant::<Delete>(&model, &actor, &name)?;
    let ids = matching(&mut batch, &model, &actor, &grant, &ask).await?;
    let shown = shown_pairs(query.as_deref());
    affected(batch, &name, &ids, &ask, &shown, false).await
}

/// The ids that a bulk change is about: a filter is a must, and there is a most.
async fn matching<A: policy::Act>(
    batch: &mut records::Batch,
    model: &meta::Model,
    actor: &Actor,
    grant: &policy::Grant<A>,
    ask: &Ask,
) -> Result<Vec<Uuid>, Refusal> {
    if ask.filters.is_empty() && ask.q.is_none() && ask.limit.is_none() {
        let detail =
            "A change of many records needs a filter, so that nobody changes everything by accident.";
        return Err(Problem::new("query.unbounded", detail).into());
    }
    let ids = batch.matching(model, actor, grant, ask, MOST_ROWS + 1).await?;
    if ids.len() > MOST_ROWS {
        let detail = format!("More than {MOST_ROWS} records match. Narrow the filter.");
        return Err(Problem::new("record.too_many", detail).into());
    }
    Ok(ids)
}

/// The answer to a change of many: nothing, or the rows as they are (deleted ones as they were).
async fn affected(
    mut batch: records::Batch,
    name: &str,
    ids: &[Uuid],
    ask: &Ask,
    shown: &[(String, String)],
    stay: bool,
) -> Reply {
    let wanted = ask.prefer.returning == Some(Returning::Representation);
    let page = if wanted { batch.page(name, ids, shown).await? } else { None };
    if !stay && !ids.is_empty() {
        batch.delete(name, ids).await?;
    }
    batch.commit().await?;
    let mut reply = match page {
        Some(page) if ask.single => json_reply(StatusCode::OK, page.single()?.to_vec()),
        Some(page) => json_reply(StatusCode::OK, page.body),
        None if wanted => json_reply(StatusCode::OK, b"[]".to_vec()),
        None => StatusCode::NO_CONTENT.into_response(),
    };
    let range = if ids.is_empty() { "*/*".to_string() } else { format!("0-{}/*", ids.len() - 1) };
    set(&mut reply, "content-range", &range);
    Ok(reply)
}

async fn delete(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
) -> Reply<StatusCode> {
    let id = uuid(&id)?;
    let mut batch = app.engine.batch(&actor, Source::request()).await?;
    let name = batch.model().by_plural(&object)?.name.clone();
    batch.delete(&name, &[id]).await?;
    batch.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn archive(app: State<AppState>, caller: Caller, path: Path<(String, String)>) -> Reply<StatusCode> {
    put_away(app, caller, path, true).await
}

async fn restore(app: State<AppState>, caller: Caller, path: Path<(String, String)>) -> Reply<StatusCode> {
    put_away(app, caller, path, false).await
}

async fn put_away(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    archived: bool,
) -> Reply<StatusCode> {
    let id = uuid(&id)?;
    let mut batch = app.engine.batch(&actor, Source::request()).await?;
    let name = batch.model().by_plural(&object)?.name.clone();
    batch.archive(&name, &[id], archived).await?;
    batch.commit().await?;
    Ok(StatusCode::NO_CONTENT)
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

async fn undo(State(app): State<AppState>, Caller(actor): Caller, Path(id): Path<String>) -> Reply {
    let undone = app.engine.undo(&actor, uuid(&id)?).await?;
    let body = json!({
        "change_set": undone.change_set, "restored": undone.restored, "conflicts": undone.conflicts,
    });
    Ok((StatusCode::OK, axum::Json(body)).into_response())
}

// --- requests

fn ask(query: Option<&str>, headers: &HeaderMap) -> Result<Ask, Refusal> {
    let pairs = pairs(query);
    Ok(query::parse(&pairs, &asked(headers, &prefer(headers)))?)
}

/// Percent-encoding and `+` undone, as forms and URL builders write them.
fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

fn asked<'a>(headers: &'a HeaderMap, prefer: &'a str) -> query::Headers<'a> {
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    query::Headers {
        prefer: Some(prefer).filter(|p| !p.is_empty()),
        range: text(header::RANGE),
        accept: text(header::ACCEPT),
    }
}

/// Several `Prefer` headers are one list (RFC 7240, section 2).
fn prefer(headers: &HeaderMap) -> String {
    let all: Vec<_> = headers.get_all("prefer").iter().filter_map(|v| v.to_str().ok()).collect();
    all.join(",")
}

/// What of a write's query string says how the rows are shown: `select`. The rest are filters of the write.
fn shown_pairs(query: Option<&str>) -> Vec<(String, String)> {
    pairs(query).into_iter().filter(|(k, _)| k == "select").collect()
}

fn uuid(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text)
        .map_err(|_| Problem::new("record.not_found", format!("`{text}` is not the id of a record.")))
}

fn json_body(headers: &HeaderMap, body: &Bytes) -> Result<Json, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("application/json");
    let plain = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !(plain == "application/json" || plain.ends_with("+json")) {
        let detail = format!("The body must be application/json, not {plain}.");
        return Err(Problem::new("body.unsupported_type", detail));
    }
    serde_json::from_slice(body)
        .map_err(|e| Problem::new("body.invalid_json", format!("The body is not JSON: {e}.")))
}

fn object_body(json: Json) -> Result<Body, Problem> {
    match json {
        Json::Object(body) => Ok(body),
        _ => Err(Problem::new("body.invalid_shape", "The body must be a JSON object.")),
    }
}

/// One record or many, and which of the two it was.
fn bodies(json: Json, columns: Option<&[String]>) -> Result<(Vec<Body>, bool), Problem> {
    let one = json.is_object();
    let items = match json {
        Json::Array(items) => items,
        other => vec![other],
    };
    if items.len() > MOST_ROWS {
        let detail = format!(
            "At most {MOST_ROWS} records at once; there are {}. Use an import for more.",
            items.len()
        );
        return Err(Problem::new("record.too_many", detail));
    }
    let mut bodies = vec![];
    for item in items {
        let Json::Object(mut body) = item else {
            return Err(Problem::new(
                "body.invalid_shape",
                "The body must be a JSON object or an array of them.",
            ));
        };
        if let Some(columns) = columns {
            body.retain(|name, _| columns.contains(name));
        }
        bodies.push(body);
    }
    Ok((bodies, one))
}

/// `If-Match: "3"`, `W/"3"` or `3`: the version that the caller saw.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(text) = headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()) else { return Ok(None) };
    if text.trim() == "*" {
        return Ok(None);
    }
    let version = text.trim().trim_start_matches("W/").trim_matches('"').parse();
    version.map(Some).map_err(|_| {
        Problem::new("record.precondition", "If-Match must be the ETag of the record, its version.")
            .at("If-Match")
    })
}

fn idempotency_key(
    headers: &HeaderMap,
    method: &str,
    object: &str,
    query: Option<&str>,
    body: &[u8],
) -> Result<Option<Remembered>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|k| !k.is_empty() && k.len() <= 255).ok_or_else(|| {
        Problem::new("query.invalid", "An Idempotency-Key is 1 to 255 visible characters.")
            .at("Idempotency-Key")
    })?;
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), object.as_bytes(), query.unwrap_or_default().as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let request = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok(Some(Remembered { key: key.into(), request }))
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

// --- replies

/// 200, or 206 where the rows are known to be a part (RFC 9110, section 14.4, as PostgREST uses it).
fn listed(ask: &Ask, page: Page, headers: &HeaderMap) -> Reply {
    let total = page.total;
    if let Some(total) = total.filter(|t| page.offset > 0 && page.offset as i64 >= *t) {
        let detail = format!("There are {total} records; an offset of {} is beyond them.", page.offset);
        return Err(Problem::new("query.range", detail).into());
    }
    let range = match page.rows {
        0 => "*".to_string(),
        rows => format!("{}-{}", page.offset, page.offset + rows as u64 - 1),
    };
    let partial = total.is_some_and(|t| (page.rows as i64) < t && page.rows > 0);
    let range = format!("{range}/{}", total.map_or("*".to_string(), |t| t.to_string()));
    let cursor = page.cursor.clone();
    let body = if ask.single { page.single()?.to_vec() } else { page.body };
    let etag = content_tag(&body);
    let mut reply = match matches(headers, &etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => json_reply(if partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK }, body),
    };
    set(&mut reply, "etag", &etag);
    set(&mut reply, "content-range", &range);
    if let Some(cursor) = cursor {
        set(&mut reply, "x-next-cursor", &cursor);
    }
    Ok(reply)
}

/// One record with its version as ETag; without the version among its fields, a hash of what was sent.
fn tagged(body: Vec<u8>, headers: &HeaderMap) -> Response {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: i64,
    }
    let etag = match serde_json::from_slice::<Versioned>(&body) {
        Ok(v) => format!("\"{}\"", v.version),
        Err(_) => content_tag(&body),
    };
    let mut reply = match matches(headers, &etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => json_reply(StatusCode::OK, body),
    };
    set(&mut reply, "etag", &etag);
    reply
}

fn content_tag(body: &[u8]) -> String {
    let mut hash = DefaultHasher::new();
    hash.write(body);
    format!("W/\"{:x}\"", hash.finish())
}

fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let Some(text) = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()) else { return false };
    text.split(',')
        .map(str::trim)
        .any(|t| t == "*" || t.trim_start_matches("W/") == etag.trim_start_matches("W/"))
}

fn replay(stored: Stored) -> Response {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
    let mut reply = json_reply(status, stored.body.into_bytes());
    set(&mut reply, "idempotency-replayed", "true");
    reply
}

fn json_reply(status: StatusCode, body: Vec<u8>) -> Response {
    let mut reply = (status, body).into_response();
    set(&mut reply, "content-type", "application/json; charset=utf-8");
    reply
}

fn set(reply: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}
