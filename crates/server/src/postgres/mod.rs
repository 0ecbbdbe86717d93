//! The private PostgreSQL: what Kontor runs when it is given no `DATABASE_URL`. It listens on a Unix socket in a folder
//! that only its own user (and root) can enter, so it needs neither a port nor a password.
mod account;
mod cluster;
mod place;
mod programs;

use account::Account;
use anyhow::{Context, Result, bail};
use cluster::Cluster;
use place::Place;
pub use programs::Programs;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// A running private PostgreSQL. The process that started it stops it again when it lets go of this.
pub struct PrivatePostgres {
    url: String,
    ours: Option<Ours>,
}

struct Ours {
    cluster: Cluster,
    /// Held as long as we run: it keeps a second Kontor off the same folder, and the system frees it when we are killed.
    _lock: File,
}

impl PrivatePostgres {
    /// Starts it in `data`, or joins the one that another Kontor runs there.
    pub fn start_or_join(data: &Path) -> Result<PrivatePostgres> {
        match lock(data)? {
            Lock::Ours(lock) => start(data, lock),
            Lock::HeldBy(_) => join(data),
        }
    }

    /// Starts it in `data`; refuses when another Kontor uses that folder.
    pub fn start(data: &Path) -> Result<PrivatePostgres> {
        match lock(data)? {
            Lock::Ours(lock) => start(data, lock),
            Lock::HeldBy(who) => bail!(
                "Another Kontor ({who}) already uses the data folder {}. Stop it first, or set KONTOR_DATA to another folder.",
                data.display()
            ),
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        let Some(ours) = &self.ours else { return };
        if let Err(e) = ours.cluster.stop() {
            tracing::warn!("The private PostgreSQL did not stop: {e:#}");
        }
    }
}

fn start(data: &Path, lock: File) -> Result<PrivatePostgres> {
    let account = Account::choose(data)?;
    let place = Place::choose(data, &account)?;
    let programs = Programs::find(place.version())?;
    let cluster = Cluster::new(programs, account, place);
    let url = cluster.url();
    cluster.start()?;
    Ok(PrivatePostgres { url, ours: Some(Ours { cluster, _lock: lock }) })
}

fn join(data: &Path) -> Result<PrivatePostgres> {
    let account = Account::choose(data)?;
    let place = Place::choose(data, &account)?;
    Ok(PrivatePostgres { url: place.url(), ours: None })
}

enum Lock {
    Ours(File),
    HeldBy(String),
}

/// The folder's lock file, which says who holds it.
fn lock(data: &Path) -> Result<Lock> {
    place::make(data)?;
    let path = data.join("kontor.lock");
    let opened = File::options().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = opened.with_context(|| {
        format!(
            "{} cannot be written. Run Kontor as the user who owns that folder, or set KONTOR_DATA.",
            path.display()
        )
    })?;
    if file.try_lock().is_err() {
        let mut who = String::new();
        let _ = file.read_to_string(&mut who);
        return Ok(Lock::HeldBy(who.trim().to_string()));
    }
    file.set_len(0)?;
    writeln!(file, "process {}", std::process::id())?;
    Ok(Lock::Ours(file))
}

#[cfg(test)]
mod tests;
