//! Where files are kept.
use crate::link::Signer;
use anyhow::{Context, Result, bail};
use object_store::ClientOptions;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

#[derive(Debug, Clone)]
pub struct FilesConfig {
    pub place: Place,
    /// `https://crm.example.com`: links to files in the folder begin with it.
    pub public_url: String,
}

#[derive(Debug, Clone)]
pub enum Place {
    Folder(PathBuf),
    S3(S3),
}

/// S3-compatible storage: Amazon's own, MinIO, Garage, Ceph, R2.
#[derive(Clone)]
pub struct S3 {
    /// `None`: Amazon's, by the region.
    pub endpoint: Option<Url>,
    pub bucket: String,
    pub region: String,
    pub access_key: String,
    pub secret_key: String,
    /// `https://bucket.host/key` instead of `https://host/bucket/key`.
    pub bucket_in_host: bool,
}

/// Keys never reach a log by way of `{:?}`.
impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3")
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl S3 {
    pub(crate) fn open(&self) -> Result<AmazonS3> {
        let plain = self.endpoint.as_ref().is_some_and(|e| e.scheme() == "http");
        let client = ClientOptions::new()
            .with_allow_http(plain)
            .with_connect_timeout(Duration::from_secs(5))
            // For one request, which carries a part of a file.
            .with_timeout(Duration::from_secs(120));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_access_key_id(&self.access_key)
            .with_secret_access_key(&self.secret_key)
            .with_virtual_hosted_style_request(self.bucket_in_host)
            .with_client_options(client);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        builder.build().context("the S3 storage cannot be used as it is configured")
    }
}

/// The folder, and the key that its links are signed with, which lies beside the files: whoever reads one reads both,
/// and several processes over one folder share it.
pub(crate) fn folder(folder: &Path) -> Result<(LocalFileSystem, Signer)> {
    let inside = folder.join("objects");
    fs::create_dir_all(&inside).with_context(|| format!("the folder {} cannot be made", inside.display()))?;
    let store = LocalFileSystem::new_with_prefix(&inside)
        .with_context(|| format!("the folder {} cannot be used", inside.display()))?;
    let secret = secret(&folder.join("link.key"))?;
    Ok((store.with_automatic_cleanup(true), Signer::new(secret)))
}

fn secret(path: &Path) -> Result<[u8; 32]> {
    if let Some(secret) = read_secret(path)? {
        return Ok(secret);
    }
    // Written beside and linked into place: another process that starts this moment sees a whole key or none.
    let fresh: [u8; 32] = rand::random();
    let beside = path.with_extension(format!("{:x}", rand::random::<u64>()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).with_context(|| format!("{} cannot be made", beside.display()))?;
    file.write_all(&fresh).and_then(|()| file.sync_all()).context("writing the key of links")?;
    let placed = fs::hard_link(&beside, path);
    fs::remove_file(&beside).context("tidying up beside the key of links")?;
    match placed {
        Ok(()) => Ok(fresh),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            read_secret(path)?.context("the key of links went away while it was read")
        }
        Err(e) => Err(e).with_context(|| format!("{} cannot be made", path.display())),
    }
}

fn read_secret(path: &Path) -> Result<Option<[u8; 32]>> {
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e).with_context(|| format!("{} cannot be read", path.display())),
    };
    let mut secret = [0; 32];
    if file.read_exact(&mut secret).is_err() {
        bail!(
            "{} is not a key of 32 bytes. Remove it: links that are under way end with it.",
            path.display()
        );
    }
    Ok(Some(secret))
}
