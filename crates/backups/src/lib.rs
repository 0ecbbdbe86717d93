//! Backups of the whole database: taken daily, kept by a rule, encrypted when there is a key, and tried out.
//!
//! A backup is a pair of files in the storage: `backups/backup-20261121-020000.sql.gz` (`.age` when it is encrypted), which
//! `psql` can read without Kontor, and a JSON of the same name that tells what is in it.
mod archive;
mod drill;
mod keep;
mod manifest;
mod programs;
mod work;

pub use keep::kept;
pub use manifest::{Drill, Manifest};
pub use work::{SCHEDULES, works};

use age::x25519::Identity;
use anyhow::{Context, Result, anyhow, bail};
use files::Files;
use futures_util::StreamExt;
use jiff::Timestamp;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use store::Store;

const FOLDER: &str = "backups";

/// What backups need to know. Clones are cheap.
#[derive(Clone)]
pub struct Backups {
    pub store: Store,
    pub files: Files,
    /// The database as its owner.
    pub url: String,
    /// The folder of `pg_dump` and `psql`.
    pub programs: PathBuf,
    pub key: Option<Key>,
}

/// An identity of age (age-encryption.org), which both locks and opens: `AGE-SECRET-KEY-1...`.
#[derive(Clone)]
pub struct Key(Arc<Identity>);

/// Never shown.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl FromStr for Key {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let identity = Identity::from_str(text.trim()).map_err(str::to_owned)?;
        Ok(Self(Arc::new(identity)))
    }
}

/// The backups in the storage, newest first. One whose description cannot be read is left out and told in the log: it must
/// not keep the others from being found.
pub async fn list(files: &Files) -> Result<Vec<Manifest>> {
    let keys = files.keys(FOLDER).await?.into_iter().filter(|key| key.ends_with(".json"));
    let read = futures_util::stream::iter(keys).map(|key| async move {
        manifest::read(files, &key).await.map_err(|e| tracing::warn!("A backup is passed over: {e:#}")).ok()
    });
    let mut all: Vec<Manifest> = read.buffer_unordered(8).filter_map(std::future::ready).collect().await;
    all.sort_by_key(|m| std::cmp::Reverse(m.at));
    Ok(all)
}

impl Backups {
    /// Takes one, and lets go of those that the rule no longer keeps.
    pub async fn take(&self) -> Result<Manifest> {
        let at = Timestamp::now();
        let manifest = archive::take(self, at).await?;
        self.prune(at).await?;
        Ok(manifest)
    }

    /// All of them, newest first.
    pub async fn list(&self) -> Result<Vec<Manifest>> {
        list(&self.files).await
    }

    /// The one of this name; `latest` is the newest.
    pub async fn find(&self, name: &str) -> Result<Manifest> {
        let all = self.list().await?;
        let found = match name {
            "latest" => all.into_iter().next(),
            _ => all.into_iter().find(|m| m.name == name || m.file() == name),
        };
        found.ok_or_else(|| anyhow!("There is no backup `{name}`. `kontor backup --list` shows them."))
    }

    /// Reads a backup into the database at `url`, which must be empty unless `replace` is said: then what it holds of
    /// Kontor's goes. One transaction: it is there or it is not. Then every table is compared with what the backup promises.
    pub async fn restore(&self, manifest: &Manifest, url: &str, replace: bool) -> Result<()> {
        if !replace && let Some(found) = store::databases::anything_in(url).await? {
            bail!(
                "This database is not empty: it holds {found}. Restore into another one with `--into`, or say `--replace` to put \
                 the backup in the place of what Kontor has there."
            );
        }
        archive::restore(self, manifest, url).await?;
        let differences = drill::differences(manifest, url).await?;
        if !differences.is_empty() {
            bail!("The restored database is not what was backed up: {}", differences.join("; "));
        }
        Ok(())
    }

    /// Restores into a database made for it, compares, and notes the outcome with the backup.
    pub async fn drill(&self, manifest: &Manifest) -> Result<Manifest> {
        let drill = drill::run(self, manifest).await;
        let noted = Manifest { drill: Some(drill), ..manifest.clone() };
        manifest::write(&self.files, &noted).await?;
        Ok(noted)
    }

    async fn prune(&self, now: Timestamp) -> Result<()> {
        let all = self.list().await?;
        let times: Vec<Timestamp> = all.iter().map(|m| m.at).collect();
        let keep = kept(&times, now);
        for old in all.iter().filter(|m| !keep.contains(&m.at)) {
            // The archive first: a manifest without one would promise what is not there.
            self.files.delete(&old.archive_key()).await.context("an old backup cannot be deleted")?;
            self.files.delete(&old.key()).await?;
            tracing::info!(name = old.name, "An old backup was let go");
        }
        Ok(())
    }
}
