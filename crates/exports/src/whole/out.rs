//! A workspace into a zip file or a folder.
use super::archive::{Archive, MANIFEST, Place, hex};
use super::manifest::{FORMAT, Manifest, Sum};
use anyhow::{Context, Result, bail};
use files::Files;
use kernel::{Outcome, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use store::doors::whole::{self, About, Whole};
use store::{Store, Workspace};
use tokio::io::AsyncReadExt;

/// Bytes of a file that are on the way at once.
const PIECE: usize = 1 << 18;

/// Where the export goes.
pub enum Target {
    Zip(File),
    /// Must not be there yet, or be empty.
    Folder(PathBuf),
}

#[derive(Default)]
pub struct Options {
    /// Whether the members' password hashes go along.
    pub with_passwords: bool,
}

/// Told what is written and how many rows so far; answers whether to go on.
pub type Told<'a> = &'a mut (dyn FnMut(&str, u64) -> bool + Send);

/// Everything of the workspace as of one moment. `None`: it was told to stop.
pub async fn write(
    store: &Store,
    files: &Files,
    workspace: &Workspace,
    to: Target,
    options: &Options,
    told: Told<'_>,
) -> Outcome<Option<(Manifest, Option<File>)>> {
    let place = match to {
        Target::Zip(file) => Place::Zip(file),
        Target::Folder(folder) => Place::Folder(empty(folder)?),
    };
    let archive = Archive::new(place);
    let whole = whole::read(store, workspace.id).await?;
    let mut tables = BTreeMap::new();
    let mut rows = 0;
    for table in whole.tables().await? {
        if !told(&table.path(), rows) {
            return Ok(None);
        }
        let sum = sum(&whole, &table, Some(&archive)).await?;
        rows += sum.count;
        if sum.count > 0 {
            tables.insert(table.path(), sum);
        }
    }
    archive.begin("engine/users.jsonl").await?;
    for user in whole.users(options.with_passwords).await? {
        archive.bytes(format!("{user}\n").into_bytes()).await?;
    }
    add_files(files, workspace, &archive).await?;
    told("manifest.json", rows);
    finish(archive, workspace, tables).await.map(Some).map_err(Into::into)
}

/// The checksums alone: what two workspaces are compared by.
pub async fn checksums(store: &Store, workspace: kernel::Uuid) -> Outcome<BTreeMap<String, Sum>> {
    let whole = whole::read(store, workspace).await?;
    let mut tables = BTreeMap::new();
    for table in whole.tables().await? {
        let sum = sum(&whole, &table, None).await?;
        if sum.count > 0 {
            tables.insert(table.path(), sum);
        }
    }
    Ok(tables)
}

/// Reads a table and, where there is an archive, writes it. An empty table has no file.
async fn sum(whole: &Whole, table: &whole::Table, archive: Option<&Archive>) -> Outcome<Sum> {
    whole.open(table).await?;
    let mut hash = Sha256::new();
    let mut count = 0;
    loop {
        let lines = whole.next().await?;
        if lines.is_empty() {
            return Ok(Sum { count, sha256: hex(hash) });
        }
        let mut bytes = Vec::with_capacity(lines.iter().map(|l| l.len() + 1).sum());
        for line in &lines {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        hash.update(&bytes);
        if let Some(archive) = archive {
            if count == 0 {
                archive.begin(&format!("{}.jsonl", table.path())).await?;
            }
            archive.bytes(bytes).await?;
        }
        count += lines.len() as u64;
    }
}

/// Areas of the storage that hold what is under way, and no content.
const AREAS_LEFT_OUT: [&str; 3] = ["exports/", "imports/", "uploads/"];

/// What lies in the storage besides.
async fn add_files(files: &Files, workspace: &Workspace, archive: &Archive) -> Outcome<()> {
    let own = format!("{}/", workspace.id);
    for key in files.keys(&workspace.id.to_string()).await? {
        let content = |rest: &&str| !AREAS_LEFT_OUT.iter().any(|area| rest.starts_with(area));
        let Some(rest) = key.strip_prefix(&own).filter(content) else { continue };
        archive.begin(&format!("files/{rest}")).await?;
        let mut reader = files.reader(&key).await?;
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let read = (&mut reader).take(PIECE as u64).read_to_end(&mut piece).await;
            if read.context("reading a stored file")? == 0 {
                break;
            }
            archive.bytes(piece).await?;
        }
    }
    Ok(())
}

async fn finish(
    archive: Archive,
    workspace: &Workspace,
    tables: BTreeMap<String, Sum>,
) -> Result<(Manifest, Option<File>)> {
    let about = About {
        slug: workspace.slug.clone(),
        name: workspace.name.clone(),
        blueprints: workspace.blueprints.clone(),
        overlay: workspace.overlay.clone(),
        timezone: workspace.timezone.clone(),
        currency: workspace.currency.clone(),
        settings: workspace.settings.clone(),
    };
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        made_at: Timestamp::now(),
        workspace: about,
        tables,
        contents: BTreeMap::new(),
    };
    archive
        .finish(MANIFEST, move |contents| {
            let manifest = Manifest { contents: contents.clone(), ..manifest };
            Ok((serde_json::to_vec_pretty(&manifest)?, manifest))
        })
        .await
}

fn empty(folder: PathBuf) -> Result<PathBuf> {
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    if std::fs::read_dir(&folder)?.next().is_some() {
        bail!("{} is not empty. Name a folder that is, or one that is not there yet.", folder.display());
    }
    Ok(folder)
}
