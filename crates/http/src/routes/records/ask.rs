//! What a request on records asks: query string, headers and body, taken apart before anything is looked up.
use crate::problem::Refusal;
use axum::body::Bytes;
use http::{HeaderMap, HeaderValue, header};
use kernel::{Problem, Uuid};
use query::{Ask, Missing};
use records::{Body, Remembered, Source};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// Rows that one request may create, change or delete.
pub const MOST_ROWS: usize = 1_000;

/// Query string and headers of a request.
pub struct Asked {
    pub ask: Ask,
    /// What of the query string says how rows are shown: `select`, and what is said about embedded relations. The
    /// rest are filters, which say which rows are written.
    pub shown: Vec<(String, String)>,
    pub override_reason: Option<String>,
}

impl Asked {
    pub fn read(query: Option<&str>, headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut pairs = pairs(query);
        let reason = pairs.iter().position(|(name, _)| name == "override_reason");
        let override_reason = reason.map(|at| pairs.remove(at).1);
        let ask = ask(&pairs, headers)?;
        pairs.retain(|(name, _)| name == "select" || name.contains('.') && !name.starts_with("not."));
        Ok(Self { ask, shown: pairs, override_reason })
    }

    /// For writes: the past is read, not written.
    pub fn present(query: Option<&str>, headers: &HeaderMap) -> Result<Self, Refusal> {
        let asked = Self::read(query, headers)?;
        match asked.ask.as_of {
            None => Ok(asked),
            Some(_) => {
                Err(Problem::new("query.unsupported", "The past cannot be changed.").at("as_of").into())
            }
        }
    }

    /// For an address that names one record: a filter would look like a condition, and be none.
    pub fn of_one(query: Option<&str>, headers: &HeaderMap) -> Result<Self, Refusal> {
        let asked = Self::present(query, headers)?;
        if asked.ask.filters.is_empty() {
            return Ok(asked);
        }
        Err(Problem::new(
            "query.invalid",
            "The address names the record already; a filter has no place here.",
        )
        .hint("`If-Match` with the record's ETag makes a change conditional.")
        .into())
    }

    pub fn source(&self) -> Source {
        Source { override_reason: self.override_reason.clone(), ..Source::request() }
    }
}

fn ask(pairs: &[(String, String)], headers: &HeaderMap) -> Result<Ask, Refusal> {
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    let prefer = prefer(headers);
    let headers = query::Headers {
        prefer: Some(prefer.as_str()).filter(|p| !p.is_empty()),
        range: text(header::RANGE),
        accept: text(header::ACCEPT),
    };
    Ok(query::parse(pairs, &headers)?)
}

/// Several `Prefer` headers are one list (RFC 7240, section 2).
fn prefer(headers: &HeaderMap) -> String {
    let all: Vec<_> = headers.get_all("prefer").iter().filter_map(|v| v.to_str().ok()).collect();
    all.join(",")
}

/// Percent-encoding and `+` undone, as forms and URL builders write them.
pub fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

pub fn uuid(text: &str) -> Result<Uuid, Problem> {
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

/// The fields of a change.
pub fn patch(headers: &HeaderMap, body: &Bytes, ask: &Ask) -> Result<Body, Problem> {
    let mut body = object_body(headers, body)?;
    only_columns(&mut body, ask);
    Ok(body)
}

pub fn object_body(headers: &HeaderMap, body: &Bytes) -> Result<Body, Problem> {
    match json_body(headers, body)? {
        Json::Object(body) => Ok(body),
        _ => Err(Problem::new("body.invalid_shape", "The body must be a JSON object.")),
    }
}

/// New records, and whether one came by itself or in an array.
pub struct Bodies {
    pub rows: Vec<Body>,
    pub one: bool,
}

impl Bodies {
    pub fn read(headers: &HeaderMap, body: &Bytes, ask: &Ask) -> Result<Self, Problem> {
        let json = json_body(headers, body)?;
        let one = json.is_object();
        let items = match json {
            Json::Array(items) => items,
            other => vec![other],
        };
        if items.len() > MOST_ROWS {
            let found = items.len();
            let detail =
                format!("At most {MOST_ROWS} records at once; there are {found}. Use an import for more.");
            return Err(Problem::new("record.too_many", detail));
        }
        let mut rows = vec![];
        for item in items {
            let Json::Object(mut row) = item else {
                let detail = "The body must be a JSON object or an array of them.";
                return Err(Problem::new("body.invalid_shape", detail));
            };
            only_columns(&mut row, ask);
            rows.push(row);
        }
        Ok(Self { rows, one })
    }
}

/// `columns=a,b`: other keys of the body do not count. A key that is missing gets its default, unless
/// `Prefer: missing=null` says that it is to be empty.
fn only_columns(row: &mut Body, ask: &Ask) {
    let Some(columns) = &ask.columns else { return };
    row.retain(|name, _| columns.contains(name));
    if ask.prefer.missing == Some(Missing::Null) {
        for name in columns {
            row.entry(name.as_str()).or_insert(Json::Null);
        }
    }
}

/// What the caller last saw of the record: a member `version` of the body, or `If-Match: "3"`, `W/"3"`, `3`, and
/// `"3.5f2a"` from a selection.
pub fn version(headers: &HeaderMap, patch: &mut Body) -> Result<Option<i64>, Problem> {
    if let Some(version) = patch.remove("version") {
        let wrong = || Problem::new("field.invalid", "The version must be a whole number.").at("version");
        return version.as_i64().map(Some).ok_or_else(wrong);
    }
    let Some(text) = headers.get(header::IF_MATCH).and_then(|v| v.to_str().ok()) else { return Ok(None) };
    if text.trim() == "*" {
        return Ok(None);
    }
    let detail = "If-Match must be the ETag of the record, its version.";
    tagged(text).map(Some).ok_or_else(|| Problem::new("record.precondition", detail).at("If-Match"))
}

/// The version that an ETag of a record names.
pub fn tagged(tag: &str) -> Option<i64> {
    let tag = tag.trim().trim_start_matches("W/").trim_matches('"');
    tag.split('.').next()?.parse().ok()
}

/// The key, and a fingerprint of the request that it stands for.
pub fn idempotency_key(
    headers: &HeaderMap,
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
    for part in [b"POST", object.as_bytes(), query.unwrap_or_default().as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let request = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok(Some(Remembered { key: key.into(), request }))
}
