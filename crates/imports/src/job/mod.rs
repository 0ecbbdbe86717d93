//! Imports that run as jobs: files of any size, with bounded memory, resumable, and taken back as one.
mod contacted;
mod duplicate;
mod feed;
mod ledger;
mod runner;
mod service;
mod spec;
mod walk;

pub use duplicate::{DuplicateFinder, Match};

pub use service::{Imports, Suggested};
pub use spec::{Choice, Mode, OnError, Spec};
