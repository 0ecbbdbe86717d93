//! Every answer carries the id under which its log lines can be found.
use axum::extract::Request;
use axum::middleware::Next;
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

pub(crate) async fn stamp(request: Request, next: Next) -> Response {
    let id = incoming(&request).unwrap_or_else(|| kernel::new_id().to_string());
    let mut reply = CURRENT.scope(id.clone(), next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        reply.headers_mut().insert(HEADER, value);
    }
    reply
}

/// An id that a proxy or client chose, when it is short and plain enough to stand in a log.
fn incoming(request: &Request) -> Option<String> {
    let id = request.headers().get(HEADER)?.to_str().ok()?;
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    (plain && (1..=128).contains(&id.len())).then(|| id.to_owned())
}
