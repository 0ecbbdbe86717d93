//! The only crate that speaks PostgreSQL: pools, transactions in exchange for an identity, migrations, schema sync,
//! rows to JSON, constraint names to problems.
mod config;
mod cx;
pub mod databases;
pub mod doors;
pub mod herald;
mod json;
mod listen;
mod migrate;
mod numeric;
mod page;
mod param;
mod problems;
mod raw;
mod read;
mod reading;
mod session;
// `Store` is this crate's one door and named like it.
#[allow(clippy::module_inception)]
mod store;
mod sync;
pub mod upgrade;
mod workspace;

pub use config::StoreConfig;
pub use cx::Cx;
pub use listen::{Listener, Notice};
pub use migrate::{MigrateOptions, MigrationReport, fingerprint};
pub use page::Page;
pub use problems::is_retryable;
pub use read::Planned;
pub use reading::{Batch, Reading};
pub use store::Store;
pub use workspace::Workspace;
