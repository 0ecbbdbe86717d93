//! ask -> plan -> SQL text and parameters. Pure: the query string's shape, names resolved against the model,
//! reach from the grant. Its tests are snapshots of SQL.
mod plan;

pub use plan::*;
