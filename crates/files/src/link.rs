//! Links to files in our own folder: a token that says which file until when, sealed with a key that stays here.
use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linked {
    pub key: String,
    /// What the download is called.
    pub name: String,
    /// Seconds since 1970.
    until: u64,
}

impl Linked {
    /// `Content-Disposition`: always to be saved, never to be shown as a page of ours.
    pub fn disposition(&self) -> String {
        disposition(&self.name)
    }
}

pub struct Signer {
    secret: [u8; 32],
}

impl Signer {
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    pub fn token(&self, key: &str, name: &str, valid: Duration) -> Result<String> {
        let until = now().saturating_add(valid.as_secs());
        let said = serde_json::to_vec(&Linked { key: key.into(), name: name.into(), until })?;
        let seal = self.seal(&said).finalize().into_bytes();
        Ok(format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(said), BASE64_URL_SAFE_NO_PAD.encode(seal)))
    }

    /// `None`: not sealed by us, or too late.
    pub fn read(&self, token: &str) -> Option<Linked> {
        let (said, seal) = token.split_once('.')?;
        let said = BASE64_URL_SAFE_NO_PAD.decode(said).ok()?;
        let seal = BASE64_URL_SAFE_NO_PAD.decode(seal).ok()?;
        self.seal(&said).verify_slice(&seal).ok()?;
        let linked: Linked = serde_json::from_slice(&said).ok()?;
        (now() < linked.until).then_some(linked)
    }

    fn seal(&self, said: &[u8]) -> Hmac<Sha256> {
        let mut seal = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        seal.update(b"kontor file link\0");
        seal.update(said);
        seal
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(u64::MAX, |d| d.as_secs())
}

/// RFC 6266: a plain name for old clients, and the full one encoded by RFC 8187.
pub fn disposition(name: &str) -> String {
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
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}
