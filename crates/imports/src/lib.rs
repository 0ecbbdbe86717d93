//! CSV files with a mapping into the one write path, and sample data.
mod convert;
mod read;
pub mod demo;
mod draft;
mod finder;
mod map;
mod mapping;
mod names;
mod parts;
mod report;
mod resolve;
mod run;
mod sheets;
mod template;
#[cfg(test)]
mod tests;
mod unique;

pub use mapping::Mapping;
pub use report::{Report, RowError};
pub use run::{Options, RIGHT, run};
pub use sheets::Files;
