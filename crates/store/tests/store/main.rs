//! The store against a real PostgreSQL.
mod base;
mod chain;
mod fences;
mod json;
mod migrate;
mod pipeline;
mod problems;
mod read;
mod sync;
