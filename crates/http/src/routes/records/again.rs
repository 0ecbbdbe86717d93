//! Two changes that met in the database are tried again: a deadlock and a failed serialization are nobody's fault.
use crate::problem::Met;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use std::time::Duration;

/// Attempts in all. Whoever still loses is told to come back.
const ATTEMPTS: u32 = 4;

pub async fn again(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let body = match Bytes::from_request(whole, &()).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let mut attempt = 1;
    loop {
        let request = Request::from_parts(parts.clone(), body.clone().into());
        let reply = next.clone().run(request).await;
        if attempt == ATTEMPTS || reply.extensions().get::<Met>().is_none() {
            return reply;
        }
        tokio::time::sleep(pause(attempt)).await;
        attempt += 1;
    }
}

/// Longer each time, and never the same for two that met.
fn pause(attempt: u32) -> Duration {
    let chance = uuid::Uuid::new_v4().as_bytes()[0];
    Duration::from_millis(u64::from(attempt) * (10 + u64::from(chance) / 4))
}
