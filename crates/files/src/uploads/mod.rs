//! Files of people: an upload is begun, its bytes go straight into the storage, and completing it makes the record of the
//! object `file`. What a file is, how large and how wide, is found out from the bytes; what somebody says is only compared.
mod kind;
mod ledger;
mod sweep;

pub use kind::Kind;
pub use sweep::{SWEEP, Sweeper, remove};

use crate::{Files, LINK_LIFE, Link, Upload};
use anyhow::Context;
use jiff::SignedDuration;
use kernel::{Outcome, Problem, Problems, Row, Uuid, Value, new_id};
use meta::Codec;
use policy::{Actor, Create};
use records::{Body, Engine, Source};
use sha2::{Digest, Sha256};
use std::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The object whose records tell of files.
pub const OBJECT: &str = "file";
/// Areas of a workspace's storage: what is on its way, and what a record tells of.
const COMING: &str = "uploads";
const KEPT: &str = "files";
/// How long after its beginning an upload may be completed; less than the sweeper waits.
const COMPLETABLE: SignedDuration = SignedDuration::from_hours(12);
/// Bytes that are on the way at once.
const PIECE: usize = 1 << 18;

/// What somebody wants to bring.
pub struct Wish {
    pub size: u64,
    pub mime_type: String,
    /// The fields of the record, with its name.
    pub record: Body,
}

/// A file that has come, as its record tells it.
pub struct Completed {
    pub id: Uuid,
    /// `None`: it had been completed before.
    pub change_set: Option<Uuid>,
}

#[derive(Clone)]
pub struct Uploads {
    engine: Engine,
    files: Files,
    /// Bytes of a file at most (S2-103).
    largest: u64,
}

impl Uploads {
    pub fn new(engine: &Engine, files: &Files, largest: u64) -> Self {
        Self { engine: engine.clone(), files: files.clone(), largest }
    }

    /// Refuses whatever would be refused in the end, and answers where the bytes go.
    pub async fn begin(&self, actor: &Actor, wish: &Wish) -> Outcome<(Uuid, Upload)> {
        let id = new_id();
        let mut problems = self.refusals(wish);
        problems.extend(self.rehearse(actor, id, wish).await?);
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let upload =
            self.files.upload_link(&coming(actor, id), wish.size, &wish.mime_type, LINK_LIFE).await?;
        let cx = self.engine.store().begin(actor).await?;
        cx.commit_with(&[ledger::begin(actor, id, &wish.record, wish.size)]).await?;
        Ok((id, upload))
    }

    fn refusals(&self, wish: &Wish) -> Problems {
        let mut problems = vec![];
        if wish.size > self.largest {
            let detail = format!("The file is larger than {} MB.", self.largest >> 20);
            problems.push(Problem::new("file.too_large", detail).at("size"));
        }
        if wish.size == 0 {
            problems.push(Problem::new("field.out_of_range", "The file is empty.").at("size"));
        }
        if Kind::named(&wish.mime_type).is_none() {
            problems.push(not_taken().at("mime_type"));
        }
        problems
    }

    /// The record as it would be made: rights, links, required fields. Nothing is written.
    async fn rehearse(&self, actor: &Actor, id: Uuid, wish: &Wish) -> Outcome<Problems> {
        let found = Found { bytes: wish.size, ..Found::default() };
        let mut batch = self.engine.batch(actor, Source::request()).await?;
        batch.create_with(OBJECT, vec![with_id(&wish.record, id)], &found.row(id)).await?;
        match batch.rehearse().await {
            Ok(()) => Ok(vec![]),
            Err(kernel::Failure::Refused(problems)) => {
                // Who may not do it at all need not hear what else is wrong.
                match problems.iter().any(|p| p.code == "policy.denied") {
                    true => Err(problems.into()),
                    false => Ok(problems),
                }
            }
            Err(broken) => Err(broken),
        }
    }

    /// Makes the record of what has come. Said twice, it is done once.
    pub async fn complete(&self, actor: &Actor, id: Uuid) -> Outcome<Completed> {
        let cx = self.engine.store().begin_read(actor).await?;
        policy::grant::<Create>(cx.model(), actor, OBJECT)?;
        let begun = ledger::begun(&cx, actor, id, COMPLETABLE).await?;
        drop(cx);
        let Some(begun) = begun else {
            let detail = format!("There is no upload of yours with the id {id}, or not any more.");
            return Err(Problem::new("record.not_found", detail).into());
        };
        let Some(wish) = begun.wish else { return Ok(Completed { id, change_set: None }) };
        let coming = coming(actor, id);
        let (file, found) = match self.fetch(&coming, begun.bytes).await {
            Ok(fetched) => fetched,
            // What cannot become a file does not stay; it may be sent again.
            Err(refused) => {
                self.files.delete(&coming).await?;
                return Err(refused);
            }
        };
        // A copy of its own: who holds the address of the upload can still write there.
        let kept = format!("{}/{}", actor.workspace, found.key(id));
        self.store(&kept, file).await?;
        let done = self.enter(actor, id, wish, &found).await;
        match &done {
            Ok(Completed { change_set: Some(_), .. }) => self.files.delete(&coming).await?,
            _ => self.files.delete(&kept).await?,
        }
        done
    }

    /// The record, once: whoever comes second finds that it was made.
    async fn enter(&self, actor: &Actor, id: Uuid, wish: Body, found: &Found) -> Outcome<Completed> {
        let mut batch = self.engine.batch(actor, Source::request()).await?;
        if batch.beside(&ledger::complete(actor, id), &[Codec::Uuid]).await?.is_empty() {
            return Ok(Completed { id, change_set: None });
        }
        batch.create_with(OBJECT, vec![with_id(&wish, id)], &found.row(id)).await?;
        Ok(Completed { id, change_set: batch.commit().await? })
    }

    /// What has come, on this machine, with what it is.
    async fn fetch(&self, key: &str, due: u64) -> Outcome<(File, Found)> {
        let bytes = match self.files.size(key).await {
            Ok(bytes) => bytes,
            Err(kernel::Failure::Refused(p)) if p.iter().any(|p| p.code == "file.not_found") => 0,
            Err(broken) => return Err(broken),
        };
        if bytes != due {
            let detail = format!("{bytes} of {due} bytes have come.");
            return Err(Problem::new("file.incomplete", detail).hint("Send the file again.").into());
        }
        let mut from = self.files.reader(key).await?;
        let held = tempfile::tempfile().context("room for an upload")?;
        let mut to = tokio::fs::File::from_std(held);
        let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE]);
        loop {
            let read = from.read(&mut piece).await.context("reading an upload")?;
            if read == 0 {
                break;
            }
            hash.update(&piece[..read]);
            to.write_all(&piece[..read]).await.context("keeping an upload")?;
        }
        to.flush().await.context("keeping an upload")?;
        let file = to.into_std().await;
        let checksum: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        let (file, looked) = tokio::task::spawn_blocking(move || {
            let kind = Kind::of(&file)?;
            let size = kind.filter(|k| k.is_image()).and_then(|_| kind::measure(&file));
            anyhow::Ok((file, (kind, size)))
        })
        .await
        .context("looking at an upload")??;
        let (Some(kind), size) = looked else {
            return Err(not_taken().at("mime_type").into());
        };
        Ok((file, Found { bytes, kind: Some(kind), size, checksum, nonce: rand::random() }))
    }

    async fn store(&self, key: &str, mut file: File) -> Outcome<()> {
        std::io::Seek::rewind(&mut file).context("keeping an upload")?;
        let mut to = self.files.writer(key).await?;
        tokio::io::copy(&mut tokio::fs::File::from_std(file), &mut to).await.context("storing a file")?;
        to.shutdown().await.context("storing a file")?;
        Ok(())
    }

    /// A link to the bytes of a file, for whoever may read its record. `shown`: in the browser, where that is safe.
    pub async fn content(&self, actor: &Actor, id: Uuid, shown: bool) -> Outcome<Link> {
        let ask =
            |select: &str| query::parse(&[("select".into(), select.into())], &query::Headers::default());
        let plural = self.engine.model(actor).await?.object(OBJECT)?.plural.clone();
        self.engine.read(actor, &plural, id, &ask("id")?).await?;
        let all = Actor::system(actor.workspace, "Files");
        let page = self.engine.read(&all, &plural, id, &ask("name,mime_type,storage_key")?).await?;
        let row: serde_json::Value = serde_json::from_slice(page.single()?).context("a record is JSON")?;
        let text = |field: &str| row[field].as_str().unwrap_or_default();
        let own = text("storage_key").starts_with(&format!("{KEPT}/"));
        let (Some(kind), true) = (Kind::named(text("mime_type")), own) else { return Err(no_bytes().into()) };
        let key = format!("{}/{}", actor.workspace, text("storage_key"));
        self.files.size(&key).await?;
        let shown = (shown && kind.may_be_shown()).then(|| kind.mime());
        self.files.link_shown(&key, &kind.fitting_name(text("name")), shown, LINK_LIFE).await
    }
}

/// What was found out about the bytes.
#[derive(Default)]
struct Found {
    bytes: u64,
    kind: Option<Kind>,
    size: Option<(i64, i64)>,
    checksum: String,
    /// Two that complete the same upload at once write to different places.
    nonce: u64,
}

impl Found {
    /// Without the workspace: a workspace that is restored under another id finds its files.
    fn key(&self, id: Uuid) -> String {
        format!("{KEPT}/{id}/{:016x}", self.nonce)
    }

    fn row(&self, id: Uuid) -> Row {
        let pixels = |n: Option<i64>| n.map_or(Value::Null, Value::Int);
        Row::from_iter([
            ("mime_type".into(), self.kind.map_or(Value::Null, |k| k.mime().into())),
            ("size".into(), Value::Int(i64::try_from(self.bytes).unwrap_or(i64::MAX))),
            ("storage_key".into(), self.key(id).as_str().into()),
            ("checksum".into(), self.checksum.as_str().into()),
            // Nothing looks for viruses yet.
            ("scan_status".into(), "skipped".into()),
            ("width".into(), pixels(self.size.map(|s| s.0))),
            ("height".into(), pixels(self.size.map(|s| s.1))),
        ])
    }
}

fn with_id(record: &Body, id: Uuid) -> Body {
    let mut body = record.clone();
    body.insert("id".into(), id.to_string().into());
    body
}

fn coming(actor: &Actor, id: Uuid) -> String {
    format!("{}/{COMING}/{id}/bytes", actor.workspace)
}

fn not_taken() -> Problem {
    Problem::new("file.type", "Files of this type are not taken.")
        .hint("Images (JPEG, PNG, GIF, WebP), PDF, Word and Excel are.")
}

fn no_bytes() -> Problem {
    Problem::new("file.not_found", "This record tells of a file that was never uploaded.")
}
