//! A workspace from an export: into a new one, whole or not at all, and compared afterwards.
use super::archive::{MANIFEST, Source, hex};
use super::manifest::{Manifest, Sum};
use super::out;
use anyhow::{Context, Result, bail};
use files::Files;
use kernel::{Outcome, Problem, Uuid};
use policy::Actor;
use records::IndexBuild;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use store::Store;
use store::doors::whole::{self, About, Restoring};
use store::doors::workspaces::{self, WorkspaceChange};
use tokio::io::AsyncWriteExt;

const BATCH: usize = 500;
const PIECE: usize = 1 << 18;

/// A workspace that is there again.
#[derive(Debug)]
pub struct Restoration {
    pub workspace: Uuid,
    pub rows: u64,
    pub files: u64,
}

/// Makes the workspace `slug` from an export. `told` hears what is read.
pub async fn restore(
    store: &Store,
    files: &Files,
    from: &Path,
    slug: &str,
    told: &mut (dyn FnMut(&str) + Send),
) -> Outcome<Restoration> {
    let mut source = Source::open(from).map_err(unreadable)?;
    let mut text = vec![];
    source.entry(MANIFEST).map_err(unreadable)?.read_to_end(&mut text).context("reading the manifest")?;
    let manifest = Manifest::parse(&text)?;
    let mut connection = whole::restore(store).await?;
    let about = About { slug: slug.into(), ..manifest.workspace.clone() };
    let mut restoring = connection.begin(&about).await?;
    tables(&mut restoring, &manifest, &mut source, told).await?;
    told("files");
    let stored = add_files(files, restoring.workspace, &manifest, &mut source).await?;
    let workspace = restoring.finish().await?;
    compare(store, workspace, &manifest).await?;
    build_indexes(store, workspace).await?;
    Ok(Restoration { workspace, rows: manifest.rows(), files: stored })
}

async fn tables(
    restoring: &mut Restoring<'_>,
    manifest: &Manifest,
    source: &mut Source,
    told: &mut (dyn FnMut(&str) + Send),
) -> Outcome<()> {
    let here = restoring.tables().await?;
    let unknown = manifest.tables.keys().find(|path| !here.iter().any(|(t, _)| t.path() == **path));
    if let Some(path) = unknown {
        let detail = format!("This database has no table for `{path}`.");
        return Err(Problem::new("restore.invalid", detail)
            .hint("Run `kontor migrate` of the version that made it.")
            .into());
    }
    let users = all_lines(source, manifest, "engine/users.jsonl").map_err(unreadable)?;
    restoring.users(&users).await?;
    for (table, late) in here.iter().filter(|(t, _)| manifest.tables.contains_key(&t.path())) {
        told(&table.path());
        let path = format!("{}.jsonl", table.path());
        let mut lines = Lines::open(source, manifest, &path).map_err(unreadable)?;
        restoring.load(table, late, &mut || lines.next()).await?;
    }
    Ok(())
}

fn all_lines(source: &mut Source, manifest: &Manifest, path: &str) -> Result<Vec<String>> {
    let mut lines = Lines::open(source, manifest, path)?;
    let mut all = vec![];
    while let Some(more) = lines.next()? {
        all.extend(more);
    }
    Ok(all)
}

/// Lines of an entry, which must be what the manifest says when they end.
struct Lines<'a> {
    from: BufReader<Box<dyn Read + Send + 'a>>,
    path: String,
    wanted: Sum,
    hash: Sha256,
}

impl<'a> Lines<'a> {
    fn open(source: &'a mut Source, manifest: &Manifest, path: &str) -> Result<Self> {
        let wanted =
            manifest.contents.get(path).with_context(|| format!("`{path}` is not in the manifest"))?;
        let from = BufReader::with_capacity(1 << 16, source.entry(path)?);
        Ok(Self { from, path: path.into(), wanted: wanted.clone(), hash: Sha256::new() })
    }

    fn next(&mut self) -> Result<Option<Vec<String>>> {
        let mut batch = vec![];
        while batch.len() < BATCH {
            let mut line = String::new();
            if self.from.read_line(&mut line).with_context(|| format!("reading `{}`", self.path))? == 0 {
                break;
            }
            self.hash.update(line.as_bytes());
            line.truncate(line.trim_end_matches('\n').len());
            batch.push(line);
        }
        if batch.is_empty() {
            same(&self.path, &self.wanted, std::mem::take(&mut self.hash))?;
        }
        Ok((!batch.is_empty()).then_some(batch))
    }
}

fn same(path: &str, wanted: &Sum, hash: Sha256) -> Result<()> {
    if hex(hash) != wanted.sha256 {
        bail!("`{path}` is not what the manifest says: the export was damaged or changed");
    }
    Ok(())
}

async fn add_files(files: &Files, workspace: Uuid, manifest: &Manifest, source: &mut Source) -> Outcome<u64> {
    let mut count = 0;
    for (path, wanted) in &manifest.contents {
        let Some(rest) = path.strip_prefix("files/") else { continue };
        let mut to = files.writer(&format!("{workspace}/{rest}")).await?;
        let mut from = source.entry(path).map_err(unreadable)?;
        let mut hash = Sha256::new();
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            if (&mut from).take(PIECE as u64).read_to_end(&mut piece).context("reading a file")? == 0 {
                break;
            }
            hash.update(&piece);
            to.write_all(&piece).await.context("storing a file")?;
        }
        // Nothing is stored of a file that is not the one.
        same(path, wanted, hash).map_err(unreadable)?;
        to.shutdown().await.context("storing a file")?;
        count += 1;
    }
    Ok(count)
}

/// A workspace that is not what it was is switched off, and what differs is told.
async fn compare(store: &Store, workspace: Uuid, manifest: &Manifest) -> Outcome<()> {
    let differing = manifest.differing(&out::checksums(store, workspace).await?);
    if differing.is_empty() {
        return Ok(());
    }
    let off = WorkspaceChange { is_active: Some(false), ..WorkspaceChange::default() };
    workspaces::change(store, workspace, &off).await?;
    let detail = format!(
        "These tables are not what they were: {}. The workspace was switched off.",
        differing.join(", ")
    );
    Err(Problem::new("restore.invalid", detail).into())
}

/// Indexes of own fields are no content: this database builds its own.
async fn build_indexes(store: &Store, workspace: Uuid) -> Outcome<()> {
    let cx = store.begin(&Actor::system(workspace, "restore")).await?;
    if cx.model().objects.values().any(|o| o.fields.values().any(|f| o.wants_index(f))) {
        jobs::enqueue(&cx, &IndexBuild::order()).await?;
    }
    cx.commit().await
}

/// The file is somebody's: what is wrong with it is told.
fn unreadable(error: anyhow::Error) -> Problem {
    Problem::new("restore.invalid", format!("{error:#}."))
}
