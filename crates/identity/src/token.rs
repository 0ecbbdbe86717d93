//! Random secrets, and the fingerprints of them that are stored.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub(crate) type Fingerprint = [u8; 32];

/// 256 random bits, in characters that need no escaping in a cookie, a link or a header.
pub(crate) fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is stored instead of a secret. The secret has 256 random bits, so a fast hash without salt is enough.
pub(crate) fn fingerprint(secret: &str) -> Fingerprint {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

pub(crate) const KEY_PREFIX: &str = "kontor_";

/// An API key and the few characters of it that may be shown later.
pub(crate) fn api_key() -> (String, String) {
    let key = format!("{KEY_PREFIX}{}", random());
    let shown = key[..KEY_PREFIX.len() + 6].to_owned();
    (key, shown)
}
