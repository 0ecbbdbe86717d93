//! The database of a command: the configured one, or the private PostgreSQL.
use crate::config::Config;
use crate::postgres::PrivatePostgres;
use crate::postgres::Programs;
use crate::wire;
use anyhow::{Context, Result, bail};
use backups::Backups;
use files::{Files, FilesConfig};
use identity::{Identity, IdentityConfig};
use records::Engine;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use store::{MigrateOptions, MigrationReport, Store, StoreConfig};

/// This installation: its settings, and the private PostgreSQL once a command has needed it. It outlives everything
/// that talks to the database, so that nobody is cut off in the middle of a sentence.
pub struct Site {
    config: Config,
    private: Mutex<Option<PrivatePostgres>>,
}

impl Site {
    pub fn new(config: Config) -> Site {
        Site { config, private: Mutex::new(None) }
    }
}

impl Deref for Site {
    type Target = Config;
    fn deref(&self) -> &Config {
        &self.config
    }
}

pub struct Database {
    pub store: Store,
    /// As its owner.
    url: String,
}

impl Database {
    /// For a server: it owns the private PostgreSQL for as long as it runs.
    pub async fn start(site: &Site) -> Result<Database> {
        open(site, PrivatePostgres::start).await
    }

    /// For a command: it joins the private PostgreSQL of a running server, or starts it for as long as it takes.
    pub async fn join(site: &Site) -> Result<Database> {
        open(site, PrivatePostgres::start_or_join).await
    }

    /// Like `join`, and refuses a database that this version has not been migrated to.
    pub async fn join_migrated(site: &Site) -> Result<Database> {
        let database = Database::join(site).await?;
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

    /// Where files are kept. They lie beside the database, and commands that need one need the other.
    pub async fn files(&self, config: &Config) -> Result<Files> {
        let public_url = config.public_url.origin().ascii_serialization();
        Files::open(&FilesConfig { place: config.files.clone(), public_url })
            .await
            .context("Files cannot be kept")
    }

    /// Fails where PostgreSQL's programs are not installed.
    pub async fn backups(&self, config: &Config, files: Files) -> Result<Backups> {
        let programs = Programs::for_server(store::databases::major(&self.url).await?)?.folder;
        let (store, url, key) = (self.store.clone(), self.url.clone(), config.backup_key.clone());
        Ok(Backups { store, files, url, programs, key })
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

async fn open(site: &Site, private: Open) -> Result<Database> {
    let url = match &site.database_url {
        Some(url) => url.clone(),
        None => start_private(site, private).await?,
    };
    let store = Store::connect(&store_config(site, &url)).await.context("The database cannot be used")?;
    Ok(Database { store, url })
}

/// Its address. It takes a second or two of waiting for other programs, which must not hold up the signals.
async fn start_private(site: &Site, open: Open) -> Result<String> {
    let data = site.data.clone();
    let private = tokio::task::spawn_blocking(move || open(&data)).await??;
    let url = private.url().to_string();
    *site.private.lock().unwrap_or_else(PoisonError::into_inner) = Some(private);
    Ok(url)
}

fn store_config(config: &Config, url: &str) -> StoreConfig {
    StoreConfig {
        max_connections: config.pool.max,
        idle_timeout: config.pool.idle,
        connect_timeout: config.pool.connect,
        ..StoreConfig::new(url)
    }
}
