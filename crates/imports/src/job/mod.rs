//! Imports that run as jobs: files of any size, with bounded memory, resumable, and taken back as one.
mod alike;
mod feed;
mod ledger;
mod runner;
mod service;
mod spec;
mod sweep;
mod walk;

pub use service::{Imports, Suggested};
pub use spec::{Choice, Mode, OnError, RowChoice, Spec};
pub use sweep::{SWEEP, Sweeper};
