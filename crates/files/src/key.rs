//! Names of stored objects. What comes from a user never becomes part of a path unseen (S2-110).
use kernel::Outcome;
use object_store::path::Path;

/// Parts of a key at most; the longest name that every file system takes.
const PARTS: usize = 16;
const LONGEST: usize = 200;

/// `<workspace>/<area>/<id>/<name>` as a path; at least two parts.
pub fn path(key: &str) -> Outcome<Path> {
    if key.split('/').count() < 2 {
        return Err(not_a_key(key));
    }
    prefix(key)
}

/// The beginning of keys.
pub fn prefix(key: &str) -> Outcome<Path> {
    let plain = |part: &str| {
        !part.is_empty()
            && part.len() <= LONGEST
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    let parts = key.split('/').count();
    match parts <= PARTS && key.split('/').all(plain) {
        true => Path::parse(key).map_err(|_| not_a_key(key)),
        false => Err(not_a_key(key)),
    }
}

/// Keys are made by us: a wrong one is our own fault, and no refusal.
fn not_a_key(key: &str) -> kernel::Failure {
    anyhow::anyhow!("`{}` is no key of a file", key.escape_debug()).into()
}
