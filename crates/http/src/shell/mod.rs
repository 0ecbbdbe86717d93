//! What surrounds every request, from the outside in: id, log line and metrics, headers, panics; then CORS.
mod headers;
mod linger;
mod panics;
mod plain;
pub mod request_id;
mod trace;

pub(crate) use headers::{content_policy, cors};
pub(crate) use plain::as_problem;

use crate::AppState;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

pub(crate) async fn around(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = request_id::of(&request);
    // The answer is made of the request, so what is told of it is taken before.
    let observed = trace::Observed::of(&id, &request);
    let answer = async move {
        let (request, rest) = linger::keep(request);
        let mut reply = panics::catch(next.run(request)).await;
        if let Some(rest) = rest {
            rest.drain();
        }
        headers::secure(&state, reply.headers_mut());
        reply
    };
    request_id::stamp(id, observed.around(answer)).await
}
