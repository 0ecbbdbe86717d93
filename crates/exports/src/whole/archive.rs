//! A zip file or a folder, written entry by entry on a thread of its own, and read by name.
use super::manifest::Sum;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Pieces on the way to the disk.
const AHEAD: usize = 4;

enum Piece {
    Begin(String),
    Bytes(Vec<u8>),
}

/// Where entries go.
pub enum Place {
    Zip(File),
    Folder(PathBuf),
}

/// What was written: bytes and checksums by path.
type Contents = (BTreeMap<String, Sum>, Out);

pub struct Archive {
    pieces: mpsc::Sender<Piece>,
    writer: JoinHandle<Result<Contents>>,
}

impl Archive {
    pub fn new(place: Place) -> Self {
        let (pieces, received) = mpsc::channel(AHEAD);
        Self { pieces, writer: tokio::task::spawn_blocking(move || write(place, received)) }
    }

    pub async fn begin(&self, path: &str) -> Result<()> {
        self.send(Piece::Begin(path.to_owned())).await
    }

    pub async fn bytes(&self, bytes: Vec<u8>) -> Result<()> {
        self.send(Piece::Bytes(bytes)).await
    }

    async fn send(&self, piece: Piece) -> Result<()> {
        if self.pieces.send(piece).await.is_err() {
            bail!("the export cannot be written any further");
        }
        Ok(())
    }

    /// A last entry, made of what was written: the manifest, which is not among the contents that it names.
    pub async fn finish<T: Send + 'static>(
        self,
        path: &'static str,
        last: impl FnOnce(&BTreeMap<String, Sum>) -> Result<(Vec<u8>, T)> + Send + 'static,
    ) -> Result<(T, Option<File>)> {
        drop(self.pieces);
        let (contents, mut out) = self.writer.await.context("the writer of an export")??;
        let finish = move || {
            let (bytes, made) = last(&contents)?;
            out.begin(path)?;
            out.bytes(&bytes)?;
            Ok((made, out.finish()?))
        };
        tokio::task::spawn_blocking(finish).await.context("the writer of an export")?
    }
}

pub const MANIFEST: &str = "manifest.json";

enum Out {
    Zip(Box<ZipWriter<BufWriter<File>>>),
    Folder(PathBuf, Option<BufWriter<File>>),
}

fn write(place: Place, mut pieces: mpsc::Receiver<Piece>) -> Result<Contents> {
    let mut out = match place {
        Place::Zip(file) => Out::Zip(Box::new(ZipWriter::new(BufWriter::with_capacity(1 << 16, file)))),
        Place::Folder(folder) => Out::Folder(folder, None),
    };
    let mut contents = BTreeMap::new();
    let mut open: Option<(String, Sha256, u64)> = None;
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Begin(path) => {
                close(&mut contents, open.take());
                out.begin(&path)?;
                open = Some((path, Sha256::new(), 0));
            }
            Piece::Bytes(bytes) => {
                let (_, hash, count) = open.as_mut().context("bytes without an entry")?;
                hash.update(&bytes);
                *count += bytes.len() as u64;
                out.bytes(&bytes)?;
            }
        }
    }
    close(&mut contents, open);
    Ok((contents, out))
}

fn close(contents: &mut BTreeMap<String, Sum>, open: Option<(String, Sha256, u64)>) {
    if let Some((path, hash, count)) = open {
        contents.insert(path, Sum { count, sha256: hex(hash) });
    }
}

pub fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

impl Out {
    fn begin(&mut self, path: &str) -> Result<()> {
        match self {
            // Entries may be larger than the 4 GB that plain zip takes.
            Out::Zip(zip) => zip.start_file(path, SimpleFileOptions::default().large_file(true))?,
            Out::Folder(folder, open) => {
                if let Some(mut done) = open.take() {
                    done.flush()?;
                }
                let path = folder.join(path);
                fs::create_dir_all(path.parent().context("a path inside the folder")?)?;
                let file =
                    File::create_new(&path).with_context(|| format!("{} cannot be made", path.display()))?;
                *open = Some(BufWriter::with_capacity(1 << 16, file));
            }
        }
        Ok(())
    }
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Out::Zip(zip) => Ok(zip.write_all(bytes)?),
            Out::Folder(_, open) => Ok(open.as_mut().context("an open file")?.write_all(bytes)?),
        }
    }
    fn finish(self) -> Result<Option<File>> {
        match self {
            Out::Zip(zip) => Ok(Some(zip.finish()?.into_inner().map_err(|e| e.into_error())?)),
            Out::Folder(_, open) => {
                if let Some(mut done) = open {
                    done.flush()?;
                }
                Ok(None)
            }
        }
    }
}

/// An export that is there.
pub enum Source {
    Zip(Box<ZipArchive<BufReader<File>>>),
    Folder(PathBuf),
}

impl Source {
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Ok(Source::Folder(path.into()));
        }
        let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let zip = ZipArchive::new(BufReader::new(file))
            .with_context(|| format!("{} is neither a zip file nor a folder", path.display()))?;
        Ok(Source::Zip(Box::new(zip)))
    }

    pub fn entry(&mut self, path: &str) -> Result<Box<dyn Read + Send + '_>> {
        let inside = Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
        if !inside {
            bail!("`{path}` is no path inside an export");
        }
        Ok(match self {
            Source::Zip(zip) => Box::new(zip.by_name(path).with_context(|| format!("`{path}` is missing"))?),
            Source::Folder(folder) => {
                let file = File::open(folder.join(path)).with_context(|| format!("`{path}` is missing"))?;
                Box::new(BufReader::new(file))
            }
        })
    }
}
