//! CSV files with a mapping into the one write path, and sample data.
mod convert;
pub mod demo;
mod draft;
mod finder;
mod job;
mod map;
mod mapping;
mod names;
mod parts;
mod read;
mod report;
mod resolve;
mod run;
mod sheets;
mod suggest;
mod template;
#[cfg(test)]
mod tests;
mod unique;

pub use job::{Choice, Imports, Mode, OnError, RowChoice, SWEEP, Spec, Suggested, Sweeper};
pub use mapping::Mapping;
pub use read::Dialect;
pub use report::{Report, RowError};
pub use run::{Options, RIGHT, run};
pub use sheets::Files;
