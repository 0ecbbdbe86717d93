//! Replies about records: bodies, ETags, `Content-Range`, and what of `Prefer` was followed.
use super::ask::Asked;
use crate::problem::Reply;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::Problem;
use query::{Ask, Count, Missing, Resolution, Returning};
use records::Stored;
use std::hash::{DefaultHasher, Hasher};
use store::Page;

/// 200, or 206 where the rows are known to be a part (RFC 9110, section 14.4, as PostgREST uses it).
pub fn listed(ask: &Ask, page: Page, headers: &HeaderMap) -> Reply {
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
    applied(&mut reply, ask, Does::Read);
    Ok(reply)
}

/// One record with its ETag, or 304 where the caller has it already.
pub fn tagged(body: Vec<u8>, asked: &Asked, headers: &HeaderMap) -> Response {
    let etag = tag(&body, asked);
    conditional(body, &etag, headers)
}

/// What the caller has already is not sent again.
pub fn conditional(body: Vec<u8>, etag: &str, headers: &HeaderMap) -> Response {
    let mut reply = match matches(headers, etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => json_reply(StatusCode::OK, body),
    };
    set(&mut reply, "etag", etag);
    reply
}

/// The ETag of one record: its version. A selection may show other records, which change by themselves, so that its
/// tag is the version and a hash of what is sent; without the version it is the hash.
pub fn tag(body: &[u8], asked: &Asked) -> String {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: i64,
    }
    match serde_json::from_slice::<Versioned>(body) {
        Ok(v) if asked.ask.select.is_none() => format!("\"{}\"", v.version),
        Ok(v) => format!("\"{}.{:x}\"", v.version, hash(body)),
        Err(_) => content_tag(body),
    }
}

fn content_tag(body: &[u8]) -> String {
    format!("W/\"{:x}\"", hash(body))
}

pub fn hash(body: &[u8]) -> u64 {
    let mut hash = DefaultHasher::new();
    hash.write(body);
    hash.finish()
}

fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let Some(text) = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()) else { return false };
    text.split(',')
        .map(str::trim)
        .any(|t| t == "*" || t.trim_start_matches("W/") == etag.trim_start_matches("W/"))
}

/// The answer of a write, the first time and every time that it is repeated.
pub fn given(stored: Stored) -> Response {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK);
    let mut reply = json_reply(status, stored.body.into_bytes());
    for (name, value) in [("etag", stored.etag), ("location", stored.location)] {
        if let Some(value) = value {
            set(&mut reply, name, &value);
        }
    }
    reply
}

pub fn replay(stored: Stored) -> Response {
    let mut reply = given(stored);
    set(&mut reply, "idempotency-replayed", "true");
    reply
}

/// JSON, or a status alone where there is nothing to show.
pub fn json_reply(status: StatusCode, body: Vec<u8>) -> Response {
    if body.is_empty() {
        return status.into_response();
    }
    let mut reply = (status, body).into_response();
    set(&mut reply, "content-type", "application/json; charset=utf-8");
    reply
}

pub fn set(reply: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}

/// What a request is about, which decides what of `Prefer` means something for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Read,
    Create,
    /// One record, named by its address.
    ChangeOne,
    /// Those that match a filter.
    ChangeMany,
}

/// `Preference-Applied` (RFC 7240, section 3), in the order in which PostgREST names them.
pub fn applied(reply: &mut Response, ask: &Ask, does: Does) {
    let prefer = &ask.prefer;
    let writes = does != Does::Read;
    let resolution = prefer.resolution.filter(|_| does == Does::Create).map(|r| match r {
        Resolution::MergeDuplicates => "resolution=merge-duplicates",
        Resolution::IgnoreDuplicates => "resolution=ignore-duplicates",
    });
    let missing = prefer.missing.filter(|_| writes).map(|m| match m {
        Missing::Default => "missing=default",
        Missing::Null => "missing=null",
    });
    let returning = prefer.returning.filter(|_| writes).map(|r| match r {
        Returning::Minimal => "return=minimal",
        Returning::HeadersOnly => "return=headers-only",
        Returning::Representation => "return=representation",
    });
    let count = match ask.count {
        _ if does == Does::ChangeOne => None,
        Count::None => None,
        Count::Exact => Some("count=exact"),
        // What was written is known exactly, whatever was asked for.
        Count::Planned | Count::Estimated if writes => Some("count=exact"),
        Count::Planned => Some("count=planned"),
        Count::Estimated => Some("count=estimated"),
    };
    let rollback = (writes && prefer.rollback).then_some("tx=rollback");
    let strict = prefer.strict.then_some("handling=strict");
    let said = [resolution, missing, returning, count, rollback, strict];
    let mut said: Vec<String> = said.into_iter().flatten().map(str::to_owned).collect();
    if let (Does::ChangeMany, Some(most)) = (does, prefer.max_affected) {
        said.push(format!("max-affected={most}"));
    }
    if !said.is_empty() {
        set(reply, "preference-applied", &said.join(", "));
    }
}

/// How many rows were written, for who asked to have them counted.
pub fn counted(ask: &Ask, rows: usize) -> String {
    if ask.count == Count::None { "*".into() } else { rows.to_string() }
}
