//! What surrounds every request, from the outside in: id, log line and metrics, panics, headers, CORS.
mod headers;
mod panics;
mod plain;
pub mod request_id;
mod trace;

pub(crate) use headers::{cors, security};
pub(crate) use panics::catch;
pub(crate) use plain::as_problem;
pub(crate) use trace::observe;
