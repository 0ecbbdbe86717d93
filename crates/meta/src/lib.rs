//! What exists: objects, fields, pipelines, roles, permissions and views, as plain data.
//! A `Model` is immutable; a change makes a new one with a higher revision.
mod build;
pub mod cel;
mod check;
mod conform;
mod demo;
pub mod diff;
mod entities;
mod fault;
mod kind;
mod kinds;
mod library;
mod load;
mod model;
mod node;
mod schema;
mod shipped;
mod source;

pub use build::follow;
pub use demo::{Demo, DemoLocation, DemoMember, DemoRecords, Fake, Fixed, Maker};
pub use entities::{ENGINE_TABLES, entities_markdown};
pub use fault::Fault;
pub use kind::{Codec, Kind};
pub use kinds::{DefaultContext, default, parse};
pub use library::Library;
pub use load::Blueprint;
pub use model::*;
pub use schema::{json_schema, json_schema_text};
pub use shipped::{files_of, shipped_files};
pub use source::Entity;
