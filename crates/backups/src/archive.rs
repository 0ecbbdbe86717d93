//! From the database to the archive and back.
use crate::manifest::{self, Manifest};
use crate::programs::{command, complaints, finish};
use crate::{Backups, Key};
use age::Decryptor;
use anyhow::{Context, Result, anyhow, bail};
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::process::Stdio;
use store::databases::Snapshot;
use tokio::io::AsyncWriteExt;

/// Written by `pg_dump` as plain SQL that first drops what it makes (S4-045), compressed by it.
const DUMP: [&str; 7] = [
    "--format=plain",
    "--clean",
    "--if-exists",
    "--compress=6",
    "--enable-row-security",
    "--encoding=UTF8",
    "--lock-wait-timeout=60s",
];

pub async fn take(backups: &Backups, at: Timestamp) -> Result<Manifest> {
    // The dump and the checksums see the same moment, whatever is written meanwhile.
    let snapshot = Snapshot::open(&backups.url).await?;
    let file = {
        let (backups, id) = (backups.clone(), snapshot.id().to_owned());
        tokio::task::spawn_blocking(move || dump(&backups, &id)).await??
    };
    let (tables, owners) = (snapshot.sums().await?, snapshot.owners().await?);
    snapshot.close().await?;
    let (sha256, bytes) = {
        let file = file.reopen()?;
        tokio::task::spawn_blocking(move || digest(file)).await??
    };
    let manifest = Manifest {
        name: free_name(backups, at).await?,
        at,
        version: env!("CARGO_PKG_VERSION").into(),
        encrypted: backups.key.is_some(),
        bytes,
        sha256,
        owners,
        tables,
        drill: None,
    };
    let mut source = tokio::fs::File::open(file.path()).await?;
    let mut target = backups.files.writer(&manifest.archive_key()).await?;
    tokio::io::copy(&mut source, &mut target).await.context("the backup cannot be stored")?;
    target.shutdown().await.context("the backup cannot be stored")?;
    // The manifest last: what has one is whole.
    manifest::write(&backups.files, &manifest).await?;
    tracing::info!(name = manifest.name, bytes, rows = manifest.rows(), "A backup was taken");
    Ok(manifest)
}

/// Named by the second; two taken within one must not lie on top of each other.
async fn free_name(backups: &Backups, mut at: Timestamp) -> Result<String> {
    let taken: Vec<String> = backups.list().await?.into_iter().map(|m| m.name).collect();
    loop {
        let name = format!("backup-{}", at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y%m%d-%H%M%S"));
        if !taken.contains(&name) {
            return Ok(name);
        }
        at += jiff::SignedDuration::from_secs(1);
    }
}

fn dump(backups: &Backups, snapshot: &str) -> Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new().context("there is no room for a backup")?;
    let mut command = command(&backups.programs, "pg_dump", &backups.url)?;
    command.args(DUMP).arg(format!("--snapshot={snapshot}"));
    let mut child = command.spawn().context("pg_dump cannot be started")?;
    let said = complaints(&mut child);
    let mut output = child.stdout.take().ok_or_else(|| anyhow!("pg_dump has no output"))?;
    let written = write(&mut output, file.as_file_mut(), backups.key.as_ref());
    drop(output);
    finish(child, said, "pg_dump")?;
    written?;
    Ok(file)
}

fn write(from: &mut impl Read, to: &mut File, key: Option<&Key>) -> Result<()> {
    let Some(Key(identity)) = key else {
        io::copy(from, to)?;
        return Ok(());
    };
    let reader = identity.to_public();
    let locked = age::Encryptor::with_recipients([&reader as &dyn age::Recipient].into_iter())?;
    let mut sealed = locked.wrap_output(to)?;
    io::copy(from, &mut sealed)?;
    sealed.finish()?.flush()?;
    Ok(())
}

fn digest(mut file: File) -> Result<(String, u64)> {
    file.rewind()?;
    let mut hash = Sha256::new();
    let bytes = io::copy(&mut file, &mut Hashing(&mut hash))?;
    let sha256 = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok((sha256, bytes))
}

struct Hashing<'a>(&'a mut Sha256);
impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `--clean` of a dump does not know: tables that were made after it.
const CLEAR: &str = "set client_min_messages = warning; drop schema if exists kontor, data cascade;\n";

/// One transaction: it is there or it is not. What the database holds of Kontor's goes.
pub async fn restore(backups: &Backups, manifest: &Manifest, url: &str) -> Result<()> {
    let missing = store::databases::missing_roles(url, &manifest.owners).await?;
    if !missing.is_empty() {
        bail!(
            "{} belongs to the role {}, which this server does not have. Make it (`create role ... login createrole`) and restore as \
             it or as a superuser.",
            manifest.file(),
            missing.join(", ")
        );
    }
    let folder = tempfile::tempdir().context("there is no room to unpack a backup")?;
    let path = folder.path().join("archive");
    let mut source =
        backups.files.reader(&manifest.archive_key()).await.context("the archive cannot be read")?;
    let mut file = tokio::fs::File::create(&path).await?;
    tokio::io::copy(&mut source, &mut file).await.context("the archive cannot be read")?;
    file.flush().await?;
    store::databases::ensure_app_role(url, &backups.store.config().app_role).await?;
    let (backups, manifest, url) = (backups.clone(), manifest.clone(), url.to_owned());
    tokio::task::spawn_blocking(move || load(&backups, &manifest, &path, &url)).await?
}

fn load(backups: &Backups, manifest: &Manifest, path: &Path, url: &str) -> Result<()> {
    let (sha256, bytes) = digest(File::open(path)?)?;
    if sha256 != manifest.sha256 {
        bail!(
            "The archive {} is damaged: {bytes} bytes with SHA-256 {sha256}, and it was written with {} bytes and {}.",
            manifest.file(),
            manifest.bytes,
            manifest.sha256
        );
    }
    let file = io::BufReader::new(File::open(path)?);
    let mut sql: Box<dyn Read> = match (manifest.encrypted, &backups.key) {
        (false, _) => Box::new(MultiGzDecoder::new(file)),
        (true, Some(Key(identity))) => {
            let locked = Decryptor::new_buffered(file).context("the archive is not in age's format")?;
            let open = locked.decrypt(std::iter::once(&**identity as &dyn age::Identity));
            Box::new(MultiGzDecoder::new(open.context("KONTOR_BACKUP_KEY does not open this backup")?))
        }
        (true, None) => bail!("This backup is encrypted: set KONTOR_BACKUP_KEY to the key it was made with."),
    };
    let mut command = command(&backups.programs, "psql", url)?;
    command.args(["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file=-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().context("psql cannot be started")?;
    let said = complaints(&mut child);
    let mut input = child.stdin.take().ok_or_else(|| anyhow!("psql takes no input"))?;
    let fed = input.write_all(CLEAR.as_bytes()).and_then(|()| io::copy(&mut sql, &mut input));
    drop(input);
    // When psql gave up, its own words say why, and the broken pipe does not.
    finish(child, said, "psql")?;
    fed.context("the archive cannot be unpacked")?;
    Ok(())
}
