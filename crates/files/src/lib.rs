//! Bytes that are not rows: kept in a folder, or in S3-compatible storage where it is configured, and handed out by
//! links that carry their own permission for a quarter of an hour (S2-110).
mod config;
mod key;
mod link;
#[cfg(feature = "s3-server")]
pub mod s3_server;
#[cfg(test)]
mod tests;
pub mod uploads;

pub use config::{FilesConfig, Place, S3};
pub use link::{Linked, Uploading, disposition};

use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use kernel::{Failure, Outcome, Problem, Timestamp};
use link::Signer;
use object_store::aws::AmazonS3;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::signer::{Method, SignedUrlOptions, Signer as _};
use object_store::{Attribute, Attributes, Error, ObjectStore, ObjectStoreExt};
use reqwest::header;
use serde::Serialize;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::io::StreamReader;

/// How long a link is good for, unless its maker says otherwise.
pub const LINK_LIFE: Duration = Duration::from_secs(900);

/// The one door to stored bytes. Cheap to clone.
///
/// Keys are `<workspace>/<area>/<id>/<name>`; each part is checked, so that nothing outside can be named.
#[derive(Clone)]
pub struct Files(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    links: Links,
}

/// Who answers a link.
enum Links {
    /// This server, at `GET /api/v1/downloads/{token}`.
    Ours { signer: Signer, base: String },
    /// The storage itself, at this origin.
    Storage { s3: AmazonS3, origin: String },
}

/// An address of a file, and until when it is one.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    pub url: String,
    pub expires_at: Timestamp,
}

/// Where an upload goes: by `PUT`, with this type as its header.
#[derive(Debug, Clone)]
pub struct Upload {
    pub url: String,
    pub content_type: String,
    pub expires_at: Timestamp,
}

impl Files {
    /// Opens the folder (made when it is missing), or prepares to speak with the storage, which is not asked yet.
    pub async fn open(config: &FilesConfig) -> Result<Self> {
        ready_for_tls();
        let inner = match &config.place {
            Place::Folder(folder) => {
                let folder = folder.clone();
                let (store, signer) = tokio::task::spawn_blocking(move || config::folder(&folder)).await??;
                let base = config.public_url.trim_end_matches('/').to_owned();
                Inner { store: Arc::new(store), links: Links::Ours { signer, base } }
            }
            Place::S3(s3) => {
                let store = s3.open()?;
                let anything = store.signed_url(Method::GET, &key::path("kontor/origin")?, LINK_LIFE).await?;
                let origin = anything.origin().ascii_serialization();
                Inner { store: Arc::new(store.clone()), links: Links::Storage { s3: store, origin } }
            }
        };
        Ok(Self(Arc::new(inner)))
    }

    pub async fn put(&self, key: &str, bytes: Bytes) -> Outcome<()> {
        let path = key::path(key)?;
        self.0.store.put(&path, bytes.into()).await.map_err(|e| failure(key, e))?;
        Ok(())
    }

    /// For what is too large to hold: parts go out while the next ones are written. Nothing is stored unless `shutdown`
    /// of the writer succeeds.
    pub async fn writer(&self, key: &str) -> Outcome<impl AsyncWrite + Send + Unpin + 'static> {
        let name = key.rsplit('/').next().unwrap_or_default();
        let disposition = Attributes::from_iter([(Attribute::ContentDisposition, link::disposition(name))]);
        let writer = BufWriter::new(self.0.store.clone(), key::path(key)?).with_max_concurrency(2);
        Ok(match self.0.links {
            // A folder has nowhere to keep it; its own route says so instead.
            Links::Ours { .. } => writer,
            Links::Storage { .. } => writer.with_attributes(disposition),
        })
    }

    pub async fn reader(&self, key: &str) -> Outcome<impl AsyncRead + Send + Unpin + 'static> {
        Ok(StreamReader::new(self.stream(key).await?.boxed()))
    }

    /// The same as a stream, for the body of a reply.
    pub async fn stream(&self, key: &str) -> Outcome<impl Stream<Item = io::Result<Bytes>> + Send + 'static> {
        let found = self.0.store.get(&key::path(key)?).await.map_err(|e| failure(key, e))?;
        Ok(found.into_stream().map_err(io::Error::other))
    }

    /// Bytes of the object; `file.not_found` when there is none.
    pub async fn size(&self, key: &str) -> Outcome<u64> {
        Ok(self.0.store.head(&key::path(key)?).await.map_err(|e| failure(key, e))?.size)
    }

    /// What is not there is deleted already.
    pub async fn delete(&self, key: &str) -> Outcome<()> {
        match self.0.store.delete(&key::path(key)?).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(failure(key, e)),
        }
    }

    /// Keys and sizes under `prefix` (`<workspace>/documents`), in no order, as they are found.
    pub fn list(&self, prefix: &str) -> Outcome<impl Stream<Item = Outcome<(String, u64)>> + Send + 'static> {
        let prefix = key::prefix(prefix)?;
        let found = self.0.store.list(Some(&prefix));
        let told = prefix.to_string();
        Ok(found.map(move |entry| match entry {
            Ok(entry) => Ok((entry.location.to_string(), entry.size)),
            Err(e) => Err(failure(&told, e)),
        }))
    }

    /// The same, all of them, sorted.
    pub async fn keys(&self, prefix: &str) -> Outcome<Vec<String>> {
        let mut keys: Vec<String> = self.list(prefix)?.map_ok(|(key, _)| key).try_collect().await?;
        keys.sort_unstable();
        Ok(keys)
    }

    /// An address that gives the file to whoever has it, as a download called `name`, for as long as `valid`.
    pub async fn link(&self, key: &str, name: &str, valid: Duration) -> Outcome<String> {
        Ok(self.link_shown(key, name, None, valid).await?.url)
    }

    /// The same, to be shown by a browser as this type: only for what it does not run.
    pub async fn link_shown(
        &self,
        key: &str,
        name: &str,
        shown: Option<&str>,
        valid: Duration,
    ) -> Outcome<Link> {
        let path = key::path(key)?;
        let expires_at = Timestamp::now() + valid;
        let url = match &self.0.links {
            Links::Ours { signer, base } => {
                format!("{base}/api/v1/downloads/{}", signer.token(key, name, shown, valid)?)
            }
            Links::Storage { s3, .. } => {
                let (disposition, kind) = match shown {
                    Some(kind) => (link::shown_disposition(name), kind.to_owned()),
                    None => (link::disposition(name), "application/octet-stream".to_owned()),
                };
                let options = SignedUrlOptions::new().with_query([
                    ("response-content-disposition", disposition),
                    ("response-content-type", kind),
                ]);
                let url = s3.signed_url_opts(Method::GET, &path, valid, &options).await;
                url.context("signing a link")?.into()
            }
        };
        Ok(Link { url, expires_at })
    }

    /// An address to which whoever has it may send a file of so many bytes, for as long as `valid`.
    pub async fn upload_link(&self, key: &str, bytes: u64, mime: &str, valid: Duration) -> Outcome<Upload> {
        let path = key::path(key)?;
        let expires_at = Timestamp::now() + valid;
        let url = match &self.0.links {
            Links::Ours { signer, base } => {
                format!("{base}/api/v1/uploads/{}", signer.upload_token(key, bytes, valid)?)
            }
            Links::Storage { s3, .. } => {
                let kind = mime.parse().context("a type of files is plain")?;
                // The signer binds no length; what is longer or shorter is found when the upload is completed.
                let options = SignedUrlOptions::new().with_signed_header(header::CONTENT_TYPE, kind);
                let url = s3.signed_url_opts(Method::PUT, &path, valid, &options).await;
                url.context("signing an upload")?.into()
            }
        };
        Ok(Upload { url, content_type: mime.into(), expires_at })
    }

    /// What a token of ours lets somebody send.
    pub fn uploading(&self, token: &str) -> Outcome<Uploading> {
        let uploading = match &self.0.links {
            Links::Ours { signer, .. } => signer.read_upload(token),
            Links::Storage { .. } => None,
        };
        uploading.ok_or_else(|| {
            Problem::new("file.link_invalid", "This address of an upload is not valid, or not any more.")
                .hint("Addresses of uploads live for 15 minutes. Begin the upload again.")
                .into()
        })
    }

    /// Keeps what is sent to such an address: all of it or nothing.
    pub async fn receive<E: std::fmt::Display>(
        &self,
        uploading: &Uploading,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Outcome<()> {
        let mut writer = self.writer(&uploading.key).await?;
        let mut bytes = 0;
        let incomplete = |bytes: u64| {
            let detail = format!("{bytes} of {} bytes have come.", uploading.bytes);
            Problem::new("file.incomplete", detail).hint("Send the file again.")
        };
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| incomplete(bytes))?;
            bytes += piece.len() as u64;
            if bytes > uploading.bytes {
                let detail =
                    format!("The file is larger than the {} bytes that were announced.", uploading.bytes);
                return Err(Problem::new("file.too_large", detail).into());
            }
            writer.write_all(&piece).await.map_err(anyhow::Error::from)?;
        }
        if bytes < uploading.bytes {
            return Err(incomplete(bytes).into());
        }
        writer.shutdown().await.map_err(anyhow::Error::from)?;
        Ok(())
    }

    /// Where links lead that are not ours: pages must be allowed to send and to show what lies there.
    pub fn storage_origin(&self) -> Option<&str> {
        match &self.0.links {
            Links::Storage { origin, .. } => Some(origin),
            Links::Ours { .. } => None,
        }
    }

    /// What a token of ours leads to; a refusal when it is not ours, was changed, or has expired.
    pub fn linked(&self, token: &str) -> Outcome<Linked> {
        let linked = match &self.0.links {
            Links::Ours { signer, .. } => signer.read(token),
            Links::Storage { .. } => None,
        };
        linked.ok_or_else(|| {
            Problem::new("file.link_invalid", "This link is not valid, or not any more.")
                .hint("Links to files live for 15 minutes. Ask for a new one.")
                .into()
        })
    }

    /// Makes the bucket where there is none (S2-111), and sees that the storage answers.
    pub async fn make_ready(&self) -> Outcome<()> {
        if let Links::Storage { s3, .. } = &self.0.links
            && ask_bucket(s3, Method::HEAD).await?.as_u16() == 404
        {
            let made = ask_bucket(s3, Method::PUT).await?;
            if !made.is_success() {
                return Err(anyhow::anyhow!("the storage makes no bucket: {made}").into());
            }
        }
        self.answers().await
    }

    /// Whether the storage answers at all.
    pub async fn answers(&self) -> Outcome<()> {
        let key = "kontor/check/answers";
        match self.0.store.head(&key::path(key)?).await {
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(failure(key, e)),
        }
    }

    /// Writes, reads and deletes a small object: whether the storage can be used at all.
    pub async fn check(&self) -> Outcome<()> {
        let key = format!("kontor/check/{:x}/probe", rand::random::<u64>());
        self.put(&key, Bytes::from_static(b"kontor")).await?;
        let read = self.0.store.get(&key::path(&key)?).await.map_err(|e| failure(&key, e))?;
        let bytes = read.bytes().await.map_err(|e| failure(&key, e))?;
        self.delete(&key).await?;
        match &bytes[..] == b"kontor" {
            true => Ok(()),
            false => Err(anyhow::anyhow!("the storage gave back something else than was written").into()),
        }
    }
}

/// `object_store` writes objects and no buckets; what it can do is sign the request.
async fn ask_bucket(s3: &AmazonS3, method: Method) -> Result<reqwest::StatusCode> {
    let url = s3.signed_url(method.clone(), &Path::default(), Duration::from_secs(60)).await?;
    let request = reqwest::Client::new().request(method, url).timeout(Duration::from_secs(10));
    Ok(request.send().await.context("asking the storage for the bucket")?.status())
}

/// The engine's only TLS is `rustls` with `ring`; without this every client of `reqwest` in the process would panic. `Files::open` sees
/// to it; who speaks HTTP without files does it himself.
pub fn ready_for_tls() {
    // An error says that somebody else has chosen already.
    let _chosen = rustls::crypto::ring::default_provider().install_default();
}

fn failure(key: &str, error: Error) -> Failure {
    match error {
        Error::NotFound { .. } => Problem::new("file.not_found", "The file is not there any more.").into(),
        // What is far away may be away (S2-241).
        Error::Generic { store: "S3", source } => {
            tracing::error!("The file storage does not do what it is asked ({key}): {source}");
            Problem::new("service.unavailable", "The file storage cannot be reached at the moment.")
                .with(serde_json::json!({ "retry_after": 30 }))
                .into()
        }
        error => anyhow::Error::new(error).context(format!("the file {key}")).into(),
    }
}
