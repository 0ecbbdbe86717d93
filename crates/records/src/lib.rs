//! The one read path and the one write path of every record: drafts, rules, gates, change sets, undo.
mod draft;
mod engine;
mod idempotency;
mod live;
mod log;
mod merge;
mod model;
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
pub use live::Told;
pub use log::{ChangesAsk, masked};
pub use merge::{MergeAsk, Merged, MergesAsk, Take, Unmerged, mergeable};
pub use model::{ComputedFill, Deletion, Described, IndexBuild, ModelChange, ModelPurge};
pub use read::not_found;
pub use rule::{Facts, Need, Rule};
pub use search::{Find, Finds, SearchAsk};
pub use undo::{UndoAsk, Undone};
pub use write::{Batch, ConflictMode, Drift, Filled, Mark, NAMED, Naming, RowResult, Source, SourceKind};

/// The kind of the job that compares records that were just made with those that are there; its payload is
/// `{object, ids}`.
pub const CHECK_DUPLICATES: &str = "duplicates.check";

/// A row as `query::write` selects it, by field name.
pub fn decode(object: &meta::Object, values: Vec<kernel::Value>) -> kernel::Row {
    write::decode_row(object, values)
}

/// A record as a caller sends it.
pub type Body = serde_json::Map<String, serde_json::Value>;
