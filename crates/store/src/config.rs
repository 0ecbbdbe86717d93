//! How to reach the database.
use anyhow::{Context, Result};
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The owner's URL: it migrates and serves the system doors.
    pub database_url: String,
    /// What every connection of the application runs as.
    pub app_role: String,
    /// Connections of the application (S2-032: 20).
    pub max_connections: usize,
    /// Connections of the system doors: sign-in, health, workspaces.
    pub door_connections: usize,
    /// A connection that nobody used for this long is closed (S2-032: 20 s).
    pub idle_timeout: Duration,
    /// A statement of the application that takes longer is ended.
    pub statement_timeout: Duration,
    /// Waiting for a connection, new or free, ends after this (S2-032: 10 s).
    pub connect_timeout: Duration,
}

impl StoreConfig {
    pub fn new(database_url: impl Into<String>) -> Self {
        Self {
            database_url: database_url.into(),
            app_role: "kontor_app".into(),
            max_connections: 20,
            door_connections: 6,
            idle_timeout: Duration::from_secs(20),
            statement_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
        }
    }

    /// As the owner.
    pub(crate) fn owner(&self) -> Result<tokio_postgres::Config> {
        let mut config: tokio_postgres::Config =
            self.database_url.parse().context("DATABASE_URL is not a PostgreSQL URL")?;
        config.connect_timeout(self.connect_timeout);
        if config.get_application_name().is_none() {
            config.application_name("kontor");
        }
        Ok(config)
    }

    /// As the application's role, from the first byte: no statement can run before the role is set. Days are counted
    /// in UTC unless a query names a zone, and compiling queries by LLVM would cost more than our queries take.
    pub(crate) fn app(&self) -> Result<tokio_postgres::Config> {
        let mut config = self.owner()?;
        let ours = format!(
            "-c role={} -c statement_timeout={} -c timezone=UTC -c jit=off",
            self.app_role,
            self.statement_timeout.as_millis()
        );
        let options = match config.get_options() {
            Some(given) => format!("{given} {ours}"),
            None => ours,
        };
        config.options(options);
        Ok(config)
    }
}
