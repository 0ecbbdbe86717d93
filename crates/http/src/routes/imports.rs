//! CSV files into records: `POST /api/v1/imports`. The format of mappings is `docs/importing.md`.
use crate::body::parse;
use crate::problem::with_errors;
use crate::{AppState, Caller, Json, Refusal, Reply};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::response::IntoResponse;
use axum::routing::post;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, StatusCode, header};
use imports::{Files, Mapping, Options, Report, RowError};
use indexmap::IndexMap;
use kernel::{Problem, Problems};
use serde::Deserialize;
use serde_json::{Value, json};

/// Files are larger than other bodies.
const LARGEST: usize = 50 << 20;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/imports", post(import).layer(DefaultBodyLimit::max(LARGEST)))
}

/// What is to be imported, however it was sent.
struct Order {
    mapping: Mapping,
    files: Files,
    dry_run: bool,
}

async fn import(
    State(state): State<AppState>,
    Caller(actor): Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Reply {
    // The right first: nobody without it has fifty megabytes taken apart.
    let model = state.engine.model(&actor).await?;
    policy::may(&model, &actor, imports::RIGHT)?;
    let body = body.map_err(unreadable)?;
    let order = order(&Query::parse(query.as_deref())?, &headers, &body)?;
    let options = Options { dry_run: order.dry_run, ..Default::default() };
    let report = imports::run(&state.engine, &actor, &order.files, &order.mapping, options).await?;
    answer(report)
}

/// Whoever asks for a dry run asks for the errors. An import that wrote nothing is refused: `errors` are those of the
/// rows, as they stand in a report, and `report` has the counts.
fn answer(mut report: Report) -> Reply {
    if report.dry_run || report.is_clean() {
        return Ok(Json(report).into_response());
    }
    let errors = match report.errors_total {
        1 => "One error".to_owned(),
        n => format!("{n} errors"),
    };
    let detail = format!("{errors} in {} rows: nothing was written.", report.rows);
    let rows = std::mem::take(&mut report.errors).iter().map(entry).collect();
    let problem = Problem::new("import.invalid", detail)
        .hint("`errors` names every one with its row and column.")
        .with(json!({ "report": report }));
    Ok(with_errors(&problem, rows))
}

/// An error of a row as an entry of a problem document, which calls the reason `detail`.
fn entry(error: &RowError) -> Value {
    let mut entry = json!(error);
    entry["detail"] = error.reason.clone().into();
    entry
}

/// `?dry_run=true`, and for a bare CSV body `object`, `key` and `file`.
#[derive(Debug, Default, PartialEq)]
struct Query {
    dry_run: bool,
    object: Option<String>,
    key: Vec<String>,
    file: Option<String>,
}

impl Query {
    fn parse(query: Option<&str>) -> Result<Self, Problems> {
        let mut asked = Self::default();
        let mut problems = vec![];
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match (name.as_ref(), value.as_ref()) {
                ("dry_run", "true" | "") => asked.dry_run = true,
                ("dry_run", "false") => asked.dry_run = false,
                ("object", object) => asked.object = Some(object.into()),
                ("key", key) => asked.key = key.split(',').map(|k| k.trim().to_owned()).collect(),
                ("file", file) => asked.file = Some(file.into()),
                (name, _) => {
                    let detail = format!("`{name}={value}` is not understood here.");
                    let hint = "Known: `dry_run=true`, and for a CSV body `object`, `key`, `file`.";
                    problems.push(Problem::new("query.invalid", detail).at(name).hint(hint));
                }
            }
        }
        if problems.is_empty() { Ok(asked) } else { Err(problems) }
    }
}

fn order(query: &Query, headers: &HeaderMap, body: &[u8]) -> Result<Order, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|k| k.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(from_json(query, parse(body)?)?),
        "text/csv" | "text/tab-separated-values" => Ok(from_csv(query, body)?),
        _ => Err(Problem::new("body.unsupported_type", "The body must be JSON or CSV.")
            .hint("Send `Content-Type: application/json` with a mapping and files, or `text/csv` with `?object=`.")
            .into()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// An object, or the text of a mapping file.
    mapping: Option<Value>,
    /// Without a mapping: headers are the names of fields.
    object: Option<String>,
    #[serde(default)]
    key: Vec<String>,
    files: IndexMap<String, File>,
    #[serde(default)]
    dry_run: bool,
}

/// Text as it is, or bytes of any encoding.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Text(String),
    Bytes { base64: String },
}

fn from_json(query: &Query, wish: Wish) -> Result<Order, Problem> {
    let mapping = match (&wish.mapping, &wish.object) {
        (Some(mapping), None) => Mapping::from_json(mapping)?,
        (None, Some(object)) => Mapping::by_name(object, wish.key),
        _ => {
            let detail = "The body needs either a `mapping`, or an `object` whose fields the headers name.";
            return Err(Problem::new("body.invalid_shape", detail).at("mapping"));
        }
    };
    let mut files = Files::new();
    for (name, file) in wish.files {
        let bytes = match file {
            File::Text(text) => text.into_bytes(),
            File::Bytes { base64 } => BASE64_STANDARD.decode(base64.trim()).map_err(|e| {
                Problem::new("body.invalid_shape", format!("`{name}` is not base64: {e}."))
                    .at(format!("files.{name}"))
            })?,
        };
        files.insert(name, bytes);
    }
    Ok(Order { mapping, files, dry_run: wish.dry_run || query.dry_run })
}

fn from_csv(query: &Query, body: &[u8]) -> Result<Order, Problem> {
    let Some(object) = &query.object else {
        let detail = "A CSV body needs `?object=`: what its rows become.";
        return Err(Problem::new("query.invalid", detail).at("object"));
    };
    let name = query.file.clone().unwrap_or_else(|| format!("{object}.csv"));
    let files = Files::from_iter([(name, body.to_vec())]);
    Ok(Order { mapping: Mapping::by_name(object, query.key.clone()), files, dry_run: query.dry_run })
}

fn unreadable(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new("body.too_large", "The files are larger than 50 MB together. Import them in pieces.")
        }
        _ => Problem::new("body.invalid_shape", "The body broke off."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order_of(query: &str, kind: &str, body: &str) -> Result<Order, String> {
        let query = Query::parse(Some(query)).map_err(|p| p[0].detail.clone())?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, kind.parse().expect("a header"));
        order(&query, &headers, body.as_bytes()).map_err(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn a_csv_body_is_imported_by_its_headers() {
        let order =
            order_of("object=clients&key=external_id&dry_run=true", "text/csv; charset=utf-8", "a\n1\n");
        let order = order.expect("understood");
        assert_eq!(
            (order.mapping.object.as_str(), order.mapping.key.as_slice()),
            ("clients", &["external_id".into()][..])
        );
        assert_eq!(order.files["clients.csv"], b"a\n1\n");
        assert!(order.dry_run);
    }

    #[test]
    fn a_json_body_brings_mapping_and_files_as_text_or_base64() {
        let body = json!({
            "mapping": "object = \"client\"\n[columns]\na = \"name\"\n",
            "files": { "a.csv": "a\n1\n", "b.csv": { "base64": "YQoyCg==" } },
        });
        let order = order_of("", "application/json", &body.to_string()).expect("understood");
        assert_eq!(order.files.values().collect::<Vec<_>>(), [b"a\n1\n", b"a\n2\n"]);
        assert!(!order.dry_run);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let refusal = |query, kind, body| order_of(query, kind, body).map(|_| ()).expect_err("a refusal");
        assert!(refusal("dryrun=true", "text/csv", "").contains("dryrun"));
        assert!(refusal("dry_run=maybe", "text/csv", "").contains("dry_run=maybe"));
        assert!(refusal("", "text/csv", "a\n").contains("?object="));
        assert!(refusal("", "multipart/form-data", "").contains("JSON or CSV"));
        assert!(refusal("", "application/json", r#"{"files":{}}"#).contains("mapping"));
    }
}
