//! One log line and one measurement per request. Routes, not addresses: ids and searches are people's data.
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::Method;
use std::time::Instant;
use tracing::{Instrument, Span};

/// What is told of a request: taken before it is answered.
pub(super) struct Observed {
    method: Method,
    route: Option<MatchedPath>,
    span: Span,
    start: Instant,
}

impl Observed {
    pub fn of(id: &str, request: &Request) -> Self {
        let method = request.method().clone();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let span = tracing::info_span!(
            "request",
            request_id = id,
            %method,
            route = name(route.as_ref()),
            user = tracing::field::Empty,
        );
        Self { method, route, span, start: Instant::now() }
    }

    pub async fn around(self, answer: impl Future<Output = Response>) -> Response {
        let Self { method, route, span, start } = self;
        async move {
            let reply = answer.await;
            tell(method.as_str(), name(route.as_ref()), &reply, start);
            reply
        }
        .instrument(span)
        .await
    }
}

fn name(route: Option<&MatchedPath>) -> &str {
    route.map_or("(none)", MatchedPath::as_str)
}

fn tell(method: &str, route: &str, reply: &Response, start: Instant) {
    let took = start.elapsed();
    let status = reply.status().as_u16();
    let latency_ms = took.as_secs_f64() * 1000.0;
    match status {
        500.. => tracing::error!(status, latency_ms, "Answered {method} {route} with {status}"),
        _ => tracing::info!(status, latency_ms, "Answered {method} {route} with {status}"),
    }
    let labels = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels[..2]).record(took.as_secs_f64());
}
