//! ask -> plan -> SQL text and parameters. Pure: the query string's shape, names resolved against the model,
//! reach from the grant. Its tests are snapshots of SQL.
pub mod alike;
mod ask;
mod build;
mod clauses;
mod embed;
mod filter;
mod joined;
mod list;
mod merged;
mod page;
mod parse;
mod plan;
mod reach;
mod relation;
pub mod retention;
mod rollup;
mod scan;
pub mod search;
pub mod shape;
pub mod then;
mod typed;
mod view;
pub mod write;

pub use ask::*;
pub use joined::Joined;
pub use list::{Limits, ONE, list, list_within, matching, one, these};
pub use parse::{pairs, parse};
pub use plan::*;
pub use reach::{home, reach};
pub use relation::{How, Relation, relations};
pub use rollup::rollup;
