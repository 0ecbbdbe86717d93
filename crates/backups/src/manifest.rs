//! What a backup says of itself.
use crate::FOLDER;
use anyhow::{Context, Result};
use files::Files;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::databases::TableSum;
use tokio::io::AsyncReadExt;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `backup-20261121-020000`
    pub name: String,
    pub at: Timestamp,
    /// Of Kontor.
    pub version: String,
    pub encrypted: bool,
    /// Of the archive.
    pub bytes: u64,
    pub sha256: String,
    /// The roles that own its tables: who restores it is one of them or a superuser.
    pub owners: Vec<String>,
    /// Rows and checksum of every table, as of the moment that the backup shows.
    pub tables: BTreeMap<String, TableSum>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drill: Option<Drill>,
}

/// The last time that somebody tried whether it can be restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drill {
    pub at: Timestamp,
    pub green: bool,
    /// What was seen; of a red one, what is wrong.
    pub detail: String,
}

impl Manifest {
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|t| t.rows).sum()
    }
    /// The archive's file name.
    pub fn file(&self) -> String {
        format!("{}.sql.gz{}", self.name, if self.encrypted { ".age" } else { "" })
    }
    pub(crate) fn archive_key(&self) -> String {
        format!("{FOLDER}/{}", self.file())
    }
    pub(crate) fn key(&self) -> String {
        format!("{FOLDER}/{}.json", self.name)
    }
}

pub async fn read(files: &Files, key: &str) -> Result<Manifest> {
    let mut text = String::new();
    files.reader(key).await?.read_to_string(&mut text).await?;
    serde_json::from_str(&text).with_context(|| format!("{key} is no manifest of a backup"))
}

pub async fn write(files: &Files, manifest: &Manifest) -> Result<()> {
    let text = serde_json::to_vec_pretty(manifest)?;
    files.put(&manifest.key(), text.into()).await?;
    Ok(())
}
