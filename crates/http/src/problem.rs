//! `Failure` to reply: RFC 9457 problem documents, with the members that PostgREST clients look for beside them.
use crate::shell::request_id;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kernel::{Failure, Problem, Problems};
use serde_json::{Map, Value, json};

/// What a handler returns when it does not return a reply.
#[derive(Debug)]
pub struct Refusal(Failure);

pub type Reply<T = Response> = Result<T, Refusal>;

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}
impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem.into())
    }
}
impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self(problems.into())
    }
}
impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self(error.into())
    }
}

/// Left on a reply that refused for want of a right, so that the shell can write it down (S2-055).
#[derive(Debug, Clone)]
pub struct Denied {
    pub attempted: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self.0 {
            Failure::Refused(problems) if !problems.is_empty() => refuse(&problems),
            Failure::Refused(_) => {
                tracing::error!("A request was refused without a reason");
                fault()
            }
            failure if store::is_retryable(&failure) => met(),
            Failure::Broken(error) => {
                tracing::error!("A request failed: {error:#}");
                fault()
            }
        }
    }
}

fn refuse(problems: &[Problem]) -> Response {
    let mut reply = document(problems);
    if let Some(denied) = problems.iter().find(|p| p.code == "policy.denied") {
        let right = denied.extra.as_deref().and_then(|e| e["right"].as_str());
        reply.extensions_mut().insert(Denied { attempted: right.unwrap_or(&denied.detail).to_owned() });
    }
    let wait = problems.iter().find_map(|p| p.extra.as_deref()?["retry_after"].as_u64());
    if let Some(seconds) = wait {
        reply.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    reply
}

/// Left on a reply that lost against another change in the database, and may be tried again.
#[derive(Debug, Clone)]
pub struct Met;

fn met() -> Response {
    let detail = "Another change was in the way.";
    let problem = Problem::new("service.unavailable", detail)
        .hint("Nothing was changed. Try again.")
        .with(json!({ "retry_after": 1 }));
    let mut reply = refuse(&[problem]);
    reply.extensions_mut().insert(Met);
    reply
}

/// Nothing of the inside is told; the request id leads an operator to the log line.
pub(crate) fn fault() -> Response {
    document(&[Problem::new("internal", "Internal server error")])
}

/// One refusal with entries of its own, such as the rows of a file.
pub(crate) fn with_errors(problem: &Problem, errors: Vec<Value>) -> Response {
    let mut body = body(std::slice::from_ref(problem));
    body["errors"] = errors.into();
    written(problem, &body)
}

fn document(problems: &[Problem]) -> Response {
    written(&problems[0], &body(problems))
}

fn written(first: &Problem, body: &Value) -> Response {
    let status = StatusCode::from_u16(first.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = (status, body.to_string()).into_response();
    let kind = HeaderValue::from_static("application/problem+json");
    reply.headers_mut().insert(header::CONTENT_TYPE, kind);
    reply
}

/// The first problem gives status and title; all of them stand in `errors`.
fn body(problems: &[Problem]) -> Value {
    let first = &problems[0];
    let mut body = Map::new();
    body.insert("type".into(), json!(format!("urn:kontor:problem:{}", first.code)));
    body.insert("title".into(), json!(kernel::code(first.code).map_or("", |c| c.title)));
    body.insert("status".into(), json!(first.status()));
    body.insert("code".into(), json!(first.code));
    body.insert("detail".into(), json!(first.detail));
    body.insert("errors".into(), problems.iter().map(entry).collect());
    body.insert("hint".into(), json!(first.hint));
    body.insert("request_id".into(), json!(request_id::current()));
    // What a PostgREST client shows of an error: `message`, `details`, `hint`, `code`.
    body.insert("message".into(), json!(first.detail));
    body.insert("details".into(), json!(details(problems)));
    add_extra(&mut body, first);
    Value::Object(body)
}

fn entry(problem: &Problem) -> Value {
    let mut entry = Map::new();
    entry.insert("field".into(), json!(problem.field));
    entry.insert("code".into(), json!(problem.code));
    entry.insert("detail".into(), json!(problem.detail));
    entry.insert("hint".into(), json!(problem.hint));
    add_extra(&mut entry, problem);
    Value::Object(entry)
}

fn add_extra(to: &mut Map<String, Value>, problem: &Problem) {
    let Some(Value::Object(extra)) = problem.extra.as_deref() else { return };
    for (key, value) in extra {
        to.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

fn details(problems: &[Problem]) -> Option<String> {
    let lines: Vec<String> = problems
        .iter()
        .filter_map(|p| p.field.as_ref().map(|field| format!("{field}: {}", p.detail)))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_every_problem_and_takes_the_status_of_the_first() {
        let problems = vec![
            Problem::new("field.required", "A name is needed.").at("name"),
            Problem::new("field.duplicate", "This address is taken.").at("email").hint("Look it up."),
        ];
        let body = body(&problems);
        assert_eq!(body["status"], 422);
        assert_eq!(body["title"], "Value required");
        assert_eq!(body["type"], "urn:kontor:problem:field.required");
        assert_eq!(body["message"], body["detail"]);
        assert_eq!(body["details"], "name: A name is needed.\nemail: This address is taken.");
        assert_eq!(body["errors"][1]["hint"], "Look it up.");
    }

    #[test]
    fn what_a_problem_carries_along_stands_beside_it_and_replaces_nothing() {
        let extra = json!({"retry_after": 12, "status": 1});
        let reply = refuse(&[Problem::new("rate.limited", "Too many requests").with(extra)]);
        assert_eq!(reply.status(), 429);
        assert_eq!(reply.headers()["retry-after"], "12");
    }

    #[test]
    fn a_fault_of_ours_tells_nothing_about_the_inside() {
        let reply = Refusal::from(anyhow::anyhow!("password for db is hunter2")).into_response();
        assert_eq!(reply.status(), 500);
        assert!(!body(&[Problem::new("internal", "Internal server error")]).to_string().contains("hunter2"));
    }
}
