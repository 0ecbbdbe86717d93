//! What exists: objects, fields, pipelines, roles, permissions and views, as plain data.
//! A `Model` is immutable; a change makes a new one with a higher revision.
mod kind;
mod model;

pub use kind::{Codec, Kind};
pub use model::*;
