//! A workspace out and in again: JSON lines per table, files as they are, and a manifest that says what must be there.
pub(crate) mod archive;
mod back;
mod manifest;
mod out;

pub use back::{Restoration, restore};
pub use manifest::Manifest;
pub use out::{Options, Target, checksums, write};
