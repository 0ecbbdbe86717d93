//! Records of every object: about ten lines a route, the same for all.
mod again;
mod ask;
mod duplicates;
mod export;
mod log;
mod merges;
mod person;
pub(super) mod reply;

use crate::auth::Caller;
use crate::problem::{Refusal, Reply};
use crate::state::AppState;
use ask::{Asked, Bodies};
pub(super) use ask::{pairs, uuid};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use http::{HeaderMap, StatusCode};
use kernel::{Outcome, Problem, Uuid};
use policy::{Actor, Delete, Update};
use query::{Ask, Resolution, Returning};
use records::{Batch, ConflictMode, Remembered, RowResult, Stored};
use reply::{Does, applied, counted, given, json_reply, listed, replay, set, tag, tagged};

/// Records that one request may change or delete by a filter, and how many of them at a time.
const MOST_CHANGED: usize = 10_000;
const PORTION: usize = 500;

pub fn routes() -> Router<AppState> {
    log::routes()
        .merge(merges::routes())
        .merge(duplicates::routes())
        .route("/api/v1/{object}", get(list).post(create).patch(update_many).delete(delete_many))
        .route("/api/v1/{object}/export", get(export::export))
        .route("/api/v1/{object}/{id}", get(read).patch(update).delete(delete))
        .route("/api/v1/{object}/{id}/erasure", post(person::erase))
        .route("/api/v1/{object}/{id}/personal-data", post(person::take))
        .route("/api/v1/{object}/{id}/archival", put(archive).delete(restore))
        .layer(axum::middleware::from_fn(again::again))
}

async fn list(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let page = app.engine.list(&actor, &object, &asked.ask).await?;
    listed(&asked.ask, page, &headers)
}

async fn read(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    let id = uuid(&id)?;
    let asked = Asked::read(query.as_deref(), &headers)?;
    let page = app.engine.read(&actor, &object, id, &asked.ask).await?;
    Ok(tagged(page.single()?.to_vec(), &asked, &headers))
}

async fn create(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let asked = Asked::present(query.as_deref(), &headers)?;
    let bodies = Bodies::read(&headers, &body, &asked.ask)?;
    let key = ask::idempotency_key(&headers, &object, query.as_deref(), &body)?;
    if let Some(key) = &key
        && let Some(stored) = app.engine.recall(&actor, &object, key).await?
    {
        return Ok(replay(stored));
    }
    let made = make(&app, &actor, &object, &asked, bodies, key.as_ref()).await;
    match (made, &key) {
        // The same key came twice at the same time: the other request won, its answer is ours.
        (Err(failure), Some(key)) => match app.engine.recall(&actor, &object, key).await? {
            Some(stored) => Ok(replay(stored)),
            None => Err(failure.into()),
        },
        (made, _) => Ok(made?),
    }
}

async fn make(
    app: &AppState,
    actor: &Actor,
    plural: &str,
    asked: &Asked,
    Bodies { rows, one }: Bodies,
    key: Option<&Remembered>,
) -> Outcome<Response> {
    let ask = &asked.ask;
    let mut batch = app.engine.batch(actor, asked.source()).await?;
    let name = batch.model().by_plural(plural)?.name.clone();
    let results = match ask.prefer.resolution {
        None => batch.create(&name, rows).await?,
        Some(Resolution::MergeDuplicates) => {
            batch.upsert(&name, rows, &ask.on_conflict, ConflictMode::Merge).await?
        }
        Some(Resolution::IgnoreDuplicates) => {
            batch.upsert(&name, rows, &ask.on_conflict, ConflictMode::Ignore).await?
        }
    };
    if results.iter().any(|r| matches!(r, RowResult::Refused(_))) {
        batch.commit().await?;
        return Err(anyhow::anyhow!("a refused row was committed").into());
    }
    let created = results.iter().any(|r| matches!(r, RowResult::Inserted(_))) || results.is_empty();
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let body = representation(&mut batch, &name, asked, &results, one).await?;
    let etag = body.starts_with(b"{").then(|| tag(&body, asked));
    let made = results.first().and_then(RowResult::id).filter(|_| one);
    let stored = Stored {
        status: status.as_u16(),
        body: String::from_utf8_lossy(&body).into_owned(),
        location: made.map(|id| format!("/api/v1/{plural}/{id}")),
        etag,
    };
    if let Some(key) = key {
        batch.remember(key, &stored);
    }
    let logged = end(batch, ask).await?;
    let mut reply = given(stored);
    log_as(&mut reply, logged);
    set(&mut reply, "content-range", &format!("*/{}", counted(ask, written(&results).len())));
    applied(&mut reply, ask, Does::Create);
    Ok(reply)
}

/// The rows as a reader gets them. PostgREST's clients say `return=representation` and expect an array of what was
/// written; whoever says nothing gets every row that was sent, in the shape in which it was sent.
async fn representation(
    batch: &mut Batch,
    name: &str,
    asked: &Asked,
    results: &[RowResult],
    one: bool,
) -> Outcome<Vec<u8>> {
    let ids = match asked.ask.prefer.returning {
        Some(Returning::Minimal | Returning::HeadersOnly) => return Ok(vec![]),
        Some(Returning::Representation) => written(results),
        None => results.iter().filter_map(RowResult::id).collect(),
    };
    let plain = one && asked.ask.prefer.returning.is_none();
    Ok(match batch.page(name, &ids, &asked.shown).await? {
        None => vec![],
        // Made beyond what the maker may read: it stands, and there is nothing to show.
        Some(page) if plain && page.rows == 0 => vec![],
        Some(page) if asked.ask.single || plain => page.single()?.to_vec(),
        Some(page) => page.body,
    })
}

/// Without those that existed and were to be left alone.
fn written(results: &[RowResult]) -> Vec<Uuid> {
    let touched = results.iter().filter(|r| !matches!(r, RowResult::Ignored(_)));
    touched.filter_map(RowResult::id).collect()
}

/// Commits, or with `Prefer: tx=rollback` tries everything and leaves nothing. The change set, where something changed.
async fn end(batch: Batch, ask: &Ask) -> Outcome<Option<Uuid>> {
    match ask.prefer.rollback {
        true => batch.rehearse().await.map(|()| None),
        false => batch.commit().await,
    }
}

/// Tells under which id the change stands in the log: who takes it back takes back that one and no later one.
fn log_as(reply: &mut Response, change_set: Option<Uuid>) {
    if let Some(id) = change_set {
        set(reply, "x-change-set", &id.to_string());
    }
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
    let asked = Asked::of_one(query.as_deref(), &headers)?;
    let mut patch = ask::patch(&headers, &body, &asked.ask)?;
    let version = ask::version(&headers, &mut patch)?;
    let (mut batch, _) = app.engine.update(&actor, &object, id, patch, version, asked.source()).await?;
    let name = batch.model().by_plural(&object)?.name.clone();
    let shown = match asked.ask.prefer.returning {
        Some(Returning::Minimal | Returning::HeadersOnly) => None,
        _ => batch.page(&name, &[id], &asked.shown).await?,
    };
    let logged = end(batch, &asked.ask).await?;
    let mut reply = match shown {
        // Changed out of one's own reach: the change holds, the record is no longer ours to see.
        Some(page) if page.rows == 1 => tagged(page.single()?.to_vec(), &asked, &HeaderMap::new()),
        _ => StatusCode::NO_CONTENT.into_response(),
    };
    log_as(&mut reply, logged);
    applied(&mut reply, &asked.ask, Does::ChangeOne);
    Ok(reply)
}

async fn update_many(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let patch = ask::patch(&headers, &body, &asked.ask)?;
    let mut batch = app.engine.batch(&actor, asked.source()).await?;
    let model = batch.model();
    let name = model.by_plural(&object)?.name.clone();
    let grant = policy::grant::<Update>(&model, &actor, &name)?;
    // Nothing to change is no change of everything.
    let ids = match patch.is_empty() {
        true => vec![],
        false => matching(&mut batch, &model, &actor, &grant, &asked.ask).await?,
    };
    // In portions: only one of them is in memory at a time.
    for portion in ids.chunks(PORTION) {
        let changes = portion.iter().map(|id| (*id, patch.clone(), None)).collect();
        batch.update_many(&name, changes).await?;
        batch.flush().await?;
    }
    let page = affected(&mut batch, &name, &ids, &asked).await?;
    let logged = end(batch, &asked.ask).await?;
    let range = if ids.is_empty() { "*".to_string() } else { format!("0-{}", ids.len() - 1) };
    Ok(many(&asked.ask, page, &range, ids.len(), logged))
}

async fn delete_many(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(object): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let mut batch = app.engine.batch(&actor, asked.source()).await?;
    let model = batch.model();
    let name = model.by_plural(&object)?.name.clone();
    let grant = policy::grant::<Delete>(&model, &actor, &name)?;
    let ids = matching(&mut batch, &model, &actor, &grant, &asked.ask).await?;
    // As they were: afterwards there is nothing to show.
    let page = affected(&mut batch, &name, &ids, &asked).await?;
    if !ids.is_empty() {
        batch.delete(&name, &ids).await?;
    }
    let logged = end(batch, &asked.ask).await?;
    Ok(many(&asked.ask, page, "*", ids.len(), logged))
}

/// The ids that a bulk change is about: a filter is a must, and there is a most.
async fn matching<A: policy::Act>(
    batch: &mut Batch,
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
    let told = ask.prefer.max_affected.and_then(|most| usize::try_from(most).ok());
    let most = told.unwrap_or(MOST_CHANGED).min(MOST_CHANGED);
    let ids = batch.matching(model, actor, grant, ask, most + 1).await?;
    if ids.len() > most {
        let detail = format!("More than {most} records match. Narrow the filter.");
        return Err(Problem::new("record.too_many", detail).into());
    }
    Ok(ids)
}

/// The rows of a change of many, for who asked to see them.
async fn affected(batch: &mut Batch, name: &str, ids: &[Uuid], asked: &Asked) -> Outcome<Option<Vec<u8>>> {
    if asked.ask.prefer.returning != Some(Returning::Representation) {
        return Ok(None);
    }
    Ok(match batch.page(name, ids, &asked.shown).await? {
        None => None,
        Some(page) if asked.ask.single => Some(page.single()?.to_vec()),
        Some(page) => Some(page.body),
    })
}

fn many(ask: &Ask, page: Option<Vec<u8>>, range: &str, rows: usize, logged: Option<Uuid>) -> Response {
    let mut reply = match page {
        Some(body) => json_reply(StatusCode::OK, body),
        None => StatusCode::NO_CONTENT.into_response(),
    };
    set(&mut reply, "content-range", &format!("{range}/{}", counted(ask, rows)));
    log_as(&mut reply, logged);
    applied(&mut reply, ask, Does::ChangeMany);
    reply
}

async fn delete(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Reply {
    let id = uuid(&id)?;
    let asked = Asked::of_one(query.as_deref(), &headers)?;
    let mut batch = app.engine.batch(&actor, asked.source()).await?;
    let name = batch.model().by_plural(&object)?.name.clone();
    batch.delete(&name, &[id]).await?;
    done(batch, &asked.ask).await
}

async fn archive(
    app: State<AppState>,
    caller: Caller,
    path: Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
) -> Reply {
    put_away(app, caller, path, query, headers, true).await
}

async fn restore(
    app: State<AppState>,
    caller: Caller,
    path: Path<(String, String)>,
    query: RawQuery,
    headers: HeaderMap,
) -> Reply {
    put_away(app, caller, path, query, headers, false).await
}

async fn put_away(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    archived: bool,
) -> Reply {
    let id = uuid(&id)?;
    let asked = Asked::of_one(query.as_deref(), &headers)?;
    let mut batch = app.engine.batch(&actor, asked.source()).await?;
    let name = batch.model().by_plural(&object)?.name.clone();
    batch.archive(&name, &[id], archived).await?;
    done(batch, &asked.ask).await
}

async fn done(batch: Batch, ask: &Ask) -> Reply {
    let logged = end(batch, ask).await?;
    let mut reply = StatusCode::NO_CONTENT.into_response();
    log_as(&mut reply, logged);
    applied(&mut reply, ask, Does::ChangeOne);
    Ok(reply)
}
