//! The HTTP shell: a request becomes an `Actor` and a question, a `Failure` becomes a reply.
pub mod auth;
pub mod body;
mod config;
mod cookies;
pub mod health;
pub mod limits;
pub mod openapi;
pub mod problem;
#[cfg(test)]
mod problem_list;
pub mod routes;
mod shell;
pub mod state;

pub use auth::{Caller, Visit};
pub use body::Json;
pub use config::{HttpConfig, Network};
pub use health::{Probe, Service, Status};
pub use problem::{Refusal, Reply};
pub use shell::request_id;
pub use state::{AppState, Parts};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::MethodRouter;
use kernel::Problem;

/// Every route of the API. What is not there is a problem document.
pub fn router(state: impl Into<AppState>) -> Router {
    shell(Router::new().fallback(nothing_here), state.into())
}

/// The same, with `pages` for everything outside `/api`: the web application.
pub fn router_with_pages(state: AppState, pages: MethodRouter<AppState>) -> Router {
    shell(Router::new().fallback(pages), state)
}

fn shell(outside: Router<AppState>, state: AppState) -> Router {
    let everything = outside.merge(routes::all()).method_not_allowed_fallback(wrong_method);
    // The last layer is the outermost: read from below. Each costs a boxed service per request, so there are few.
    everything
        .layer(DefaultBodyLimit::max(state.config.max_json_body))
        .layer(from_fn_with_state(state.clone(), auth::guard))
        .layer(shell::cors(&state))
        .layer(from_fn_with_state(state.clone(), shell::around))
        .with_state(state)
}

pub(crate) async fn nothing_here() -> impl IntoResponse {
    Refusal::from(Problem::new("route.not_found", "There is nothing at this address."))
}

async fn wrong_method() -> impl IntoResponse {
    Refusal::from(Problem::new("route.method", "This address does not take that method."))
}
