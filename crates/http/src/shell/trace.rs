//! One log line and one measurement per request. Routes, not addresses: ids and searches are people's data.
use super::request_id;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;

pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!(
        "request",
        request_id = %request_id::current(),
        %method,
        route,
        user = tracing::field::Empty,
    );
    let start = Instant::now();
    async {
        let reply = next.run(request).await;
        tell(method.as_str(), &route, &reply, start);
        reply
    }
    .instrument(span)
    .await
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
