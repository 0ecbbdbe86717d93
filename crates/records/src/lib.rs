//! The one read path and the one write path of every record: drafts, rules, gates, change sets, undo.
mod draft;
mod engine;
mod idempotency;
mod log;
mod note;
mod plans;
mod read;
mod rule;
mod search;
mod undo;
mod write;

pub use draft::{Draft, PartDraft};
pub use engine::Engine;
pub use idempotency::{Remembered, Stored};
pub use log::{ChangesAsk, masked};
pub use rule::{Facts, Need, Rule};
pub use search::{Find, Finds, SearchAsk};
pub use undo::{UndoAsk, Undone};
pub use write::{Batch, ConflictMode, Drift, Filled, Mark, RowResult, Source, SourceKind};

/// A record as a caller sends it.
pub type Body = serde_json::Map<String, serde_json::Value>;
