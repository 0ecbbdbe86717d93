//! The format of blueprints, as its authors and its readers see it.
mod build;
mod common;
mod faults;
mod rollups;
mod schema;
