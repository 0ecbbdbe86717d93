//! A panic ends one request, not the server, and is told like any other fault.
use crate::problem;
use axum::response::Response;
use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;

pub(super) async fn catch(answer: impl Future<Output = Response>) -> Response {
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(reply) => reply,
        Err(panic) => {
            tracing::error!("A request panicked: {}", message(&*panic));
            problem::fault()
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no message)")
}
