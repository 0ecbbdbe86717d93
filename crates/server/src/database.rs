//! The database of a command: the configured one, or the private PostgreSQL.
use crate::config::Config;
use crate::postgres::PrivatePostgres;
use crate::wire;
use anyhow::{Context, Result, bail};
use identity::{Identity, IdentityConfig};
use records::Engine;
use store::{MigrateOptions, MigrationReport, Store, StoreConfig};

pub struct Database {
    /// First, so that its connections are closed before the private PostgreSQL stops.
    pub store: Store,
    _private: Option<PrivatePostgres>,
}

impl Database {
    /// For a server: it owns the private PostgreSQL for as long as it runs.
    pub async fn start(config: &Config) -> Result<Database> {
        open(config, PrivatePostgres::start).await
    }

    /// For a command: it joins the private PostgreSQL of a running server, or starts it for as long as it takes.
    pub async fn join(config: &Config) -> Result<Database> {
        open(config, PrivatePostgres::start_or_join).await
    }

    /// Like `join`, and refuses a database that this version has not been migrated to.
    pub async fn join_migrated(config: &Config) -> Result<Database> {
        let database = Database::join(config).await?;
        database.refuse_unless_migrated().await?;
        Ok(database)
    }

    pub async fn refuse_unless_migrated(&self) -> Result<()> {
        let pending = self.pending().await?;
        if pending > 0 {
            bail!(
                "The database is not up to date: {pending} steps are pending. Run `kontor migrate` (`--plan` shows them)."
            );
        }
        Ok(())
    }

    /// How many steps `kontor migrate` would take.
    pub async fn pending(&self) -> Result<usize> {
        Ok(self.migrate(MigrateOptions { plan_only: true }).await?.steps.len())
    }

    pub async fn migrate(&self, options: MigrateOptions) -> Result<MigrationReport> {
        self.store.migrate(crate::commands::library()?, options).await
    }

    pub fn identity(&self, config: &Config) -> Result<Identity> {
        Identity::new(self.store.clone(), identity_config(config))
    }

    pub fn engine(&self) -> Engine {
        Engine::new(self.store.clone(), wire::rules())
    }
}

fn identity_config(config: &Config) -> IdentityConfig {
    IdentityConfig {
        password_minimum: config.session.password_minimum,
        session_life: config.session.life,
        rotate_after: config.session.rotate,
        attempts_per_email: config.limits.auth.limit,
        attempts_span: config.limits.auth.window,
        ..IdentityConfig::default()
    }
}

type Open = fn(&std::path::Path) -> Result<PrivatePostgres>;

async fn open(config: &Config, private: Open) -> Result<Database> {
    let private = match &config.database_url {
        Some(_) => None,
        None => Some(start_private(config, private).await?),
    };
    let url = match (&config.database_url, &private) {
        (Some(url), _) => url,
        (None, Some(private)) => private.url(),
        (None, None) => unreachable!("one of the two was just chosen"),
    };
    let store = Store::connect(&store_config(config, url)).await.context("The database cannot be used")?;
    Ok(Database { store, _private: private })
}

/// It takes a second or two of waiting for other programs, which must not hold up the signals.
async fn start_private(config: &Config, open: Open) -> Result<PrivatePostgres> {
    let data = config.data.clone();
    tokio::task::spawn_blocking(move || open(&data)).await?
}

fn store_config(config: &Config, url: &str) -> StoreConfig {
    StoreConfig {
        max_connections: config.pool.max,
        idle_timeout: config.pool.idle,
        connect_timeout: config.pool.connect,
        ..StoreConfig::new(url)
    }
}
