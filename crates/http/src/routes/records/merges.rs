//! Records that become one, and two again.
use super::ask::{self, Asked, pairs, uuid};
use crate::auth::Caller;
use crate::problem::Reply;
use crate::state::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use http::{HeaderMap, StatusCode, header};
use kernel::{Problem, Timestamp, Uuid};
use records::{Body, MergeAsk, MergesAsk, Take};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::HashMap;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/{object}/{id}/merge", post(merge))
        .route("/api/v1/merges", get(list))
        .route("/api/v1/merges/{id}", delete(unmerge))
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct MergeBody {
    others: Vec<Uuid>,
    choose: indexmap::IndexMap<String, Uuid>,
    versions: HashMap<Uuid, i64>,
    reason: Option<String>,
}

async fn merge(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path((object, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let id = uuid(&id)?;
    let asked = Asked::of_one(query.as_deref(), &headers)?;
    // Who may not merge is told so, whatever the body says.
    let model = app.engine.model(&actor).await?;
    policy::grant::<policy::Update>(&model, &actor, &model.by_plural(&object)?.name)?;
    let body: MergeBody = read(ask::patch(&headers, &body, &asked.ask)?)?;
    let mut versions = body.versions;
    for (record, version) in [id].into_iter().chain(body.others.iter().copied()).zip(last_seen(&headers)?) {
        versions.entry(record).or_insert(version);
    }
    let wanted = MergeAsk { others: body.others, choose: body.choose, versions };
    let mut source = asked.source();
    source.note = body.reason.filter(|r| !r.is_empty()).or(source.note);
    let (mut batch, merged) = app.engine.merge(&actor, &object, id, wanted, source).await?;
    let name = batch.model().by_plural(&object)?.name.clone();
    let page = batch.page(&name, &[id], &asked.shown).await?;
    super::end(batch, &asked.ask).await?;
    let record: Json = match page {
        Some(page) if page.rows == 1 => serde_json::from_slice(page.single()?)
            .map_err(|e| anyhow::anyhow!("a record is JSON: {e}"))
            .map_err(kernel::Failure::from)?,
        _ => Json::Null,
    };
    let body = json!({
        "merge_id": merged.id, "change_set": merged.change_set, "surviving_id": merged.survivor,
        "merged_ids": merged.merged, "moved": merged.moved, "record": record,
    });
    Ok((StatusCode::OK, axum::Json(body)).into_response())
}

/// `If-Match: "3", "5"`: the versions of the survivor and of the others, in the order of the body.
fn last_seen(headers: &HeaderMap) -> Result<Vec<i64>, Problem> {
    let Some(text) = headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()) else { return Ok(vec![]) };
    if text.trim() == "*" {
        return Ok(vec![]);
    }
    let detail = "If-Match must be the ETags of the survivor and of the others, in this order.";
    let wrong = || Problem::new("record.precondition", detail).at("If-Match");
    let one = |tag: &str| ask::tagged(tag).ok_or_else(wrong);
    text.split(',').map(one).collect()
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct UnmergeBody {
    take: Vec<TakeBody>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TakeBody {
    object: String,
    id: Uuid,
    to: Option<Uuid>,
}

async fn unmerge(
    State(app): State<AppState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Reply {
    let id = uuid(&id)?;
    let body: UnmergeBody = match body.is_empty() {
        true => UnmergeBody::default(),
        false => read(ask::patch(&headers, &body, &query::Ask::default())?)?,
    };
    let take = |t: TakeBody| Take { object: t.object, id: t.id, to: t.to };
    let take: Vec<Take> = body.take.into_iter().map(take).collect();
    let done = app.engine.unmerge(&actor, id, &take).await?;
    let body = json!({
        "merge_id": done.merge, "change_set": done.undone.change_set, "surviving_id": done.survivor,
        "merged_ids": done.merged, "restored": done.undone.restored, "conflicts": done.undone.conflicts,
    });
    Ok((StatusCode::OK, axum::Json(body)).into_response())
}

async fn list(State(app): State<AppState>, Caller(actor): Caller, RawQuery(query): RawQuery) -> Reply {
    let mut ask = MergesAsk { limit: 50, ..MergesAsk::default() };
    for (name, value) in pairs(query.as_deref()) {
        let wrong = || Problem::new("query.invalid", format!("`{value}` does not fit `{name}`.")).at(&name);
        let id = |text: &str| Uuid::parse_str(text).map_err(|_| wrong());
        match name.as_str() {
            "object" => ask.object = Some(value),
            "record_id" => ask.record = Some(id(&value)?),
            "limit" => ask.limit = value.parse().map_err(|_| wrong())?,
            "cursor" => {
                let (at, last) = value.split_once('_').ok_or_else(wrong)?;
                ask.before = Some((at.parse::<Timestamp>().map_err(|_| wrong())?, id(last)?));
            }
            _ => {
                let detail = format!("`{name}` is not a filter of the merges.");
                return Err(Problem::new("query.invalid", detail).at(&name).into());
            }
        }
    }
    Ok(axum::Json(app.engine.merges(&actor, &ask).await?).into_response())
}

fn read<T: serde::de::DeserializeOwned>(body: Body) -> Result<T, Problem> {
    serde_json::from_value(Json::Object(body))
        .map_err(|e| Problem::new("body.invalid_shape", format!("The body does not fit: {e}.")))
}
