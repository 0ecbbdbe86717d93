//! The queue of jobs alone.
use crate::database::{Database, Site};
use crate::shutdown::Shutdown;
use crate::wire;
use anyhow::Result;
use files::Files;
use identity::Identity;
use jobs::Worker;
use records::Engine;

pub const EXAMPLES: &str = "\
`serve` and `start` do the same beside serving, unless KONTOR_WORKER=off. Any number may run over one database.
Asked to stop, it lets jobs under way finish for 10 s and gives the others back.

Example:
  DATABASE_URL=postgresql://kontor:...@db/kontor kontor work";

pub async fn run(site: &Site, shutdown: &Shutdown) -> Result<()> {
    let opened = async {
        let database = Database::join_migrated(site).await?;
        let worker = worker(
            &database,
            site,
            &database.engine(),
            &database.identity(site)?,
            &database.files(site).await?,
        )
        .await;
        anyhow::Ok((database, worker))
    };
    let (database, worker) = tokio::select! {
        opened = opened => opened?,
        () = shutdown.asked() => return Ok(()),
    };
    until_asked(&worker, shutdown).await;
    database.store.close();
    Ok(())
}

/// Works until somebody asks for the end. Somebody who insists does not wait for it; the leases run out.
pub async fn until_asked(worker: &Worker, shutdown: &Shutdown) {
    tokio::select! {
        () = worker.run(shutdown.asked()) => {}
        () = shutdown.insisted() => {}
    }
}

/// A worker, without backups where they cannot be taken.
pub async fn worker(
    database: &Database,
    site: &Site,
    engine: &Engine,
    identity: &Identity,
    files: &Files,
) -> Worker {
    let backups = database.backups(site, files.clone()).await;
    if let Err(e) = &backups {
        tracing::warn!("No backups are taken: {e:#}");
    }
    wire::worker(engine, identity, files, backups.ok().as_ref())
}
