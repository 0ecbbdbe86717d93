//! System doors: the only ways to the database without an actor. One file per need, each as narrow as the need.
//! They run as the owner, on a small pool of their own.
pub mod exports;
pub mod files;
pub mod health;
pub mod identity;
pub mod imports;
pub mod indexes;
pub mod inspection;
pub mod job_schedules;
pub mod jobs;
pub mod log;
pub mod roster;
pub mod samples;
pub mod upkeep;
pub mod versions;
pub mod whole;
pub mod workspaces;

use crate::{Store, problems};
use kernel::Outcome;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// A connection of the owner, for the time of one errand.
pub(crate) struct Door {
    client: deadpool_postgres::Object,
}

type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Door {
    pub async fn rows(&self, sql: &str, params: Params<'_>) -> Outcome<Vec<Row>> {
        let statement = self.client.prepare_cached(sql).await.map_err(problems::plain)?;
        self.client.query(&statement, params).await.map_err(problems::plain)
    }
    pub async fn row(&self, sql: &str, params: Params<'_>) -> Outcome<Option<Row>> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }
    pub async fn execute(&self, sql: &str, params: Params<'_>) -> Outcome<u64> {
        let statement = self.client.prepare_cached(sql).await.map_err(problems::plain)?;
        self.client.execute(&statement, params).await.map_err(problems::plain)
    }
    /// For transactions, whose statements are prepared before they begin.
    pub async fn prepare(&self, sql: &str) -> Outcome<tokio_postgres::Statement> {
        self.client.prepare_cached(sql).await.map_err(problems::plain)
    }
    /// Several statements that hold together or not at all. Dropping it before `commit` rolls back.
    pub async fn transaction(&mut self) -> Outcome<deadpool_postgres::Transaction<'_>> {
        self.client.transaction().await.map_err(problems::plain)
    }
}

impl Store {
    /// For the files of this folder only.
    pub(crate) async fn door(&self) -> Outcome<Door> {
        let client = self.inner.doors.get().await.map_err(problems::no_connection)?;
        Ok(Door { client })
    }
}
