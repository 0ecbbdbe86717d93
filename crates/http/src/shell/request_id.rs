//! Every answer carries the id under which its log lines can be found.
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderName, HeaderValue};

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request being answered; empty outside of one.
pub fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// `answer` under the id of its request.
pub(super) async fn stamp(id: String, answer: impl Future<Output = Response>) -> Response {
    let value = HeaderValue::from_str(&id);
    let mut reply = CURRENT.scope(id, answer).await;
    if let Ok(value) = value {
        reply.headers_mut().insert(HEADER, value);
    }
    reply
}

/// The id that came with a request, or a new one.
pub(super) fn of(request: &Request) -> String {
    incoming(request).unwrap_or_else(|| kernel::new_id().to_string())
}

/// An id that a proxy or client chose, when it is short and plain enough to stand in a log.
fn incoming(request: &Request) -> Option<String> {
    let id = request.headers().get(HEADER)?.to_str().ok()?;
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    (plain && (1..=128).contains(&id.len())).then(|| id.to_owned())
}
