//! Three-way comparison of definitions: what was shipped, what is shipped now, and what a workspace changed.
//!
//! It works on trees (`tree.rs`), not on the types of the format, so that a new attribute needs nothing here. Lists of
//! named things are compared by name, everything else as a whole.
mod folder;
mod plan;
mod resolve;
mod tree;

pub use folder::{Defined, from_files, to_files};
pub use plan::{Bring, Conflict, ConflictKind, Plan, Side, Stay, differences, plan};
pub use resolve::{Move, Resolved, Undecided, resolve};
pub use tree::{definition, keyed, unkeyed};

#[cfg(test)]
mod tests;
