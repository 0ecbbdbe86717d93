//! Links to files in our own folder: a token that says which file until when, sealed with a key that stays here.
use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linked {
    pub key: String,
    /// What the download is called.
    pub name: String,
    /// As what a browser may show it; else it is to be saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// Seconds since 1970.
    until: u64,
}

impl Linked {
    /// `Content-Disposition`: to be saved, unless its maker knew that it is harmless.
    pub fn disposition(&self) -> String {
        match self.shown {
            Some(_) => shown_disposition(&self.name),
            None => disposition(&self.name),
        }
    }
}

/// What an address of an upload takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uploading {
    pub key: String,
    /// So many and no others.
    pub bytes: u64,
    until: u64,
}

/// A token of one purpose is none of another.
const LINK: &[u8] = b"kontor file link\0";
const UPLOAD: &[u8] = b"kontor file upload\0";

pub struct Signer {
    secret: [u8; 32],
}

impl Signer {
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    pub fn token(&self, key: &str, name: &str, shown: Option<&str>, valid: Duration) -> Result<String> {
        let shown = shown.map(str::to_owned);
        self.sealed(LINK, &Linked { key: key.into(), name: name.into(), shown, until: end(valid) })
    }

    /// `None`: not sealed by us, or too late.
    pub fn read(&self, token: &str) -> Option<Linked> {
        self.opened::<Linked>(LINK, token).filter(|l| now() < l.until)
    }

    pub fn upload_token(&self, key: &str, bytes: u64, valid: Duration) -> Result<String> {
        self.sealed(UPLOAD, &Uploading { key: key.into(), bytes, until: end(valid) })
    }

    pub fn read_upload(&self, token: &str) -> Option<Uploading> {
        self.opened::<Uploading>(UPLOAD, token).filter(|u| now() < u.until)
    }

    fn sealed(&self, purpose: &[u8], said: &impl Serialize) -> Result<String> {
        let said = serde_json::to_vec(said)?;
        let seal = self.seal(purpose, &said).finalize().into_bytes();
        Ok(format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(said), BASE64_URL_SAFE_NO_PAD.encode(seal)))
    }

    fn opened<T: DeserializeOwned>(&self, purpose: &[u8], token: &str) -> Option<T> {
        let (said, seal) = token.split_once('.')?;
        let said = BASE64_URL_SAFE_NO_PAD.decode(said).ok()?;
        let seal = BASE64_URL_SAFE_NO_PAD.decode(seal).ok()?;
        self.seal(purpose, &said).verify_slice(&seal).ok()?;
        serde_json::from_slice(&said).ok()
    }

    fn seal(&self, purpose: &[u8], said: &[u8]) -> Hmac<Sha256> {
        let mut seal = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        seal.update(purpose);
        seal.update(said);
        seal
    }
}

fn end(valid: Duration) -> u64 {
    now().saturating_add(valid.as_secs())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(u64::MAX, |d| d.as_secs())
}

/// To be saved under this name.
pub fn disposition(name: &str) -> String {
    format!("attachment; {}", named(name))
}

/// To be shown, and saved under this name by whoever wants it.
pub fn shown_disposition(name: &str) -> String {
    format!("inline; {}", named(name))
}

/// RFC 6266: a plain name for old clients, and the full one encoded by RFC 8187.
fn named(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_. ()".contains(c) { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            true => encoded.push(byte as char),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}
