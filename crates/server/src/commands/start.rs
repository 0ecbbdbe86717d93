//! Everything in one process: what `./run` does after building.
use super::serve;
use crate::database::{Database, Site};
use crate::samples;
use crate::shutdown::Shutdown;
use anyhow::Result;
use clap::Args;
use std::time::Instant;
use store::MigrateOptions;
use tokio::net::TcpListener;

pub const EXAMPLES: &str = "\
Without DATABASE_URL it runs a private PostgreSQL in KONTOR_DATA (./data). Ctrl-C stops all of it.

Examples:
  kontor start
  kontor start --empty     without sample workspaces
  PORT=9000 kontor start";

#[derive(Args)]
pub struct Start {
    /// Make no sample workspaces.
    #[arg(long)]
    empty: bool,
}

pub async fn run(start: Start, site: &Site, shutdown: &Shutdown) -> Result<()> {
    let (database, listener) = tokio::select! {
        prepared = prepare(&start, site) => prepared?,
        // What was begun is dropped, and with it the private PostgreSQL.
        () = shutdown.asked() => return Ok(()),
    };
    serve::serve(&database, listener, site, shutdown).await
}

async fn prepare(start: &Start, site: &Site) -> Result<(Database, TcpListener)> {
    let listener = serve::bind(site).await?;
    let database = Database::start(site).await?;
    migrate(&database).await?;
    let mut password = None;
    if !start.empty {
        password = fill(&database, site).await?;
    }
    greet(&database, site, password).await?;
    Ok((database, listener))
}

async fn migrate(database: &Database) -> Result<()> {
    let since = Instant::now();
    let report = database.migrate(MigrateOptions::default()).await?;
    if !report.steps.is_empty() {
        eprintln!(
            "Database brought up to date: {} steps ({:.1} s)",
            report.steps.len(),
            since.elapsed().as_secs_f64()
        );
    }
    for warning in &report.warnings {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// The password of the samples, where it can be told: a made-up one is told once, when it is new.
async fn fill(database: &Database, site: &Site) -> Result<Option<String>> {
    let known = site.host.is_loopback();
    let password = if known { samples::PASSWORD.to_string() } else { super::user::made_up() };
    let made = samples::complete(database, site, &password).await?;
    Ok((known || made).then_some(password))
}

async fn greet(database: &Database, site: &Site, password: Option<String>) -> Result<()> {
    let sign_ins = samples::sign_ins(database).await?;
    if !sign_ins.is_empty() {
        println!("\nSample workspaces and who can sign in to them:");
        for (workspace, email, role) in sign_ins {
            println!("  {workspace:10} {email:36} {role}");
        }
        if let Some(password) = password {
            println!("Their password: {password}");
        }
    }
    println!("\nKontor is at {}   (Ctrl-C stops it)\n", site.public_url);
    Ok(())
}
