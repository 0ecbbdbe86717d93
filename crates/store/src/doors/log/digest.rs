//! What a seal is computed over: version 1 of the canonical form.
//!
//! A value is covered by `sha256(salt of the value, its JSON)`, the salt being derived from the row's. Where a value was
//! erased, its digest stands in `erased`, beside the salts of the row's other values. Everything that is hashed is
//! preceded by its length, so that no two rows read alike.
use kernel::Uuid;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) type Hash = [u8; 32];

/// What stands before the first link.
pub(super) const START: Hash = [0; 32];

/// Columns of a change set's head that speak of a person.
pub(super) const PERSONAL: [&str; 4] = ["actor_name", "ip", "note", "user_agent"];

/// A JSON object, each value as the bytes that PostgreSQL prints.
pub(super) type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The salts of one row of the log, or what erasure left of them.
pub(super) struct Salts {
    row: Option<Uuid>,
    erased: Map<String, Json>,
}

/// What stands where a value was that could not be emptied. Any other value beside a digest is a forgery.
pub(super) const ERASED: &str = "(erased)";

/// Nothing here fails: whatever does not read as it was written gives another digest, and so a link that is named.
impl Salts {
    pub fn new(row: Option<Uuid>, erased: Option<&str>) -> Self {
        let erased = erased.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Self { row, erased }
    }

    /// The digest of the value at `path` (`after.name`).
    pub fn digest(&self, path: &str, json: &str) -> Hash {
        let is_empty = json == "null" || json.trim_matches('"') == ERASED;
        match self.kept("digests", path) {
            Some(digest) if is_empty => digest,
            Some(_) => START,
            None => hash(&[b"value", &self.salt(path), json.as_bytes()]),
        }
    }

    pub fn is_erased(&self, path: &str) -> bool {
        self.kept("digests", path).is_some()
    }

    fn salt(&self, path: &str) -> Hash {
        match self.row {
            Some(row) => hash(&[b"salt", row.as_bytes(), path.as_bytes()]),
            None => self.kept("salts", path).unwrap_or(START),
        }
    }

    fn kept(&self, what: &str, path: &str) -> Option<Hash> {
        unhex(self.erased.get(what)?.get(path)?.as_str()?)
    }

    /// What the row keeps once the values at the paths in `gone` are erased: salts of what stays, digests of what goes.
    pub fn without(&self, values: &[(String, &str)], gone: impl Fn(&str) -> bool) -> Json {
        let mut digests = self.erased.get("digests").and_then(Json::as_object).cloned().unwrap_or_default();
        let mut salts = Map::new();
        for (path, json) in values {
            let (kept, value) = match gone(path) || self.is_erased(path) {
                true => (&mut digests, self.digest(path, json)),
                false => (&mut salts, self.salt(path)),
            };
            kept.insert(path.clone(), hex(&value).into());
        }
        serde_json::json!({ "salts": salts, "digests": digests })
    }
}

/// One entry of a change set.
pub(super) struct Entry<'a> {
    pub seq: i32,
    /// Microseconds since 1970.
    pub at: i64,
    pub object: &'a str,
    pub record: Uuid,
    pub action: &'a str,
    pub version: Option<i64>,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
    pub salts: Salts,
}

impl Entry<'_> {
    fn digest(&self) -> Hash {
        let mut hasher = Hasher::new(b"change");
        hasher.part(&self.seq.to_be_bytes()).part(&self.at.to_be_bytes()).part(self.object.as_bytes());
        hasher.part(self.record.as_bytes()).part(self.action.as_bytes());
        hasher.part(&self.version.map(i64::to_be_bytes).unwrap_or_default());
        for (side, text) in [("before", self.before), ("after", self.after)] {
            let Some(text) = text else {
                hasher.part(b"");
                continue;
            };
            hasher.part(side.as_bytes());
            for (name, json) in fields(text) {
                hasher.part(name.as_bytes()).part(&self.salts.digest(&format!("{side}.{name}"), json.get()));
            }
        }
        hasher.end()
    }
}

/// A change set in the making: its entries come in order of `seq`, as a stream.
pub(super) struct Body {
    hasher: Hasher,
    pub entries: i32,
}

impl Body {
    /// `head`: every column of the set that is not null, as JSON. A column that comes later changes no old seal.
    pub fn new(head: &str, salts: &Salts) -> Self {
        let mut hasher = Hasher::new(b"set");
        let said = |name: &str, json: &RawValue| json.get() != "null" || salts.is_erased(name);
        for (name, json) in fields(head).into_iter().filter(|(name, json)| said(name, json)) {
            hasher.part(name.as_bytes());
            match PERSONAL.contains(&name.as_str()) {
                true => hasher.part(&salts.digest(&name, json.get())),
                false => hasher.part(json.get().as_bytes()),
            };
        }
        Self { hasher, entries: 0 }
    }
    pub fn entry(&mut self, entry: &Entry) {
        self.hasher.part(&entry.digest());
        self.entries += 1;
    }
    /// The link at `seq`, behind the link whose hash is `previous`.
    pub fn link(self, seq: i64, previous: &Hash) -> Hash {
        hash(&[b"seal", &seq.to_be_bytes(), previous, &self.hasher.end()])
    }
}

/// The members of an object; of anything else, itself.
pub(super) fn fields(text: &str) -> Fields<'_> {
    let whole = || serde_json::from_str(text).into_iter().map(|json| (String::new(), json)).collect();
    serde_json::from_str(text).unwrap_or_else(|_| whole())
}

struct Hasher(Sha256);

impl Hasher {
    fn new(of: &[u8]) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.part(of);
        hasher
    }
    fn part(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }
    fn end(self) -> Hash {
        self.0.finalize().into()
    }
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut hasher = Hasher(Sha256::new());
    for part in parts {
        hasher.part(part);
    }
    hasher.end()
}

pub(super) fn hex(hash: &[u8]) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Hash> {
    let mut hash = START;
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(before: &str, after: &str, salts: Salts) -> Hash {
        let entry = Entry {
            seq: 1,
            at: 0,
            object: "client",
            record: Uuid::nil(),
            action: "update",
            version: Some(2),
            before: Some(before),
            after: Some(after),
            salts,
        };
        let mut body = Body::new(r#"{"id": 1, "note": null}"#, &Salts::new(None, None));
        body.entry(&entry);
        body.link(1, &START)
    }

    #[test]
    fn a_value_can_be_erased_and_its_link_stays_the_same() {
        let row = Some(Uuid::from_u128(7));
        let (before, after) = (r#"{"name": "Ada", "age": 1}"#, r#"{"name": "Eve", "age": 2}"#);
        let whole = link(before, after, Salts::new(row, None));
        let values = [
            ("before.name", r#""Ada""#),
            ("before.age", "1"),
            ("after.name", r#""Eve""#),
            ("after.age", "2"),
        ];
        let values: Vec<_> = values.iter().map(|(path, json)| (path.to_string(), *json)).collect();
        let kept = Salts::new(row, None).without(&values, |p| p.ends_with(".name"));
        assert!(!kept.to_string().contains("Ada"));
        let (before, after) = (r#"{"name": null, "age": 1}"#, r#"{"name": null, "age": 2}"#);
        let salts = || Salts::new(None, Some(&kept.to_string()));
        assert_eq!(link(before, after, salts()), whole);
        // What was not erased is still covered, and a second erasure keeps the digests of the first.
        assert_ne!(link(before, r#"{"name": null, "age": 3}"#, salts()), whole);
        let values =
            [("before.name", "null"), ("before.age", "1"), ("after.name", "null"), ("after.age", "2")];
        let values: Vec<_> = values.iter().map(|(path, json)| (path.to_string(), *json)).collect();
        let kept = salts().without(&values, |p| p.ends_with(".age"));
        let salts = || Salts::new(None, Some(&kept.to_string()));
        let empty = r#"{"name": null, "age": null}"#;
        assert_eq!(link(empty, empty, salts()), whole);
        assert_ne!(
            link(empty, r#"{"name": "Eve", "age": null}"#, salts()),
            whole,
            "a digest excuses no other value"
        );
    }

    #[test]
    fn a_side_that_is_missing_is_not_an_empty_one() {
        let salts = || Salts::new(Some(Uuid::from_u128(7)), None);
        let with = |before, after| {
            let mut body = Body::new("{}", &salts());
            let entry = Entry {
                seq: 1,
                at: 0,
                object: "o",
                record: Uuid::nil(),
                action: "a",
                version: None,
                before,
                after,
                salts: salts(),
            };
            body.entry(&entry);
            body.link(1, &START)
        };
        let all = [with(None, Some("{}")), with(Some("{}"), None), with(Some("{}"), Some("{}"))];
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }
}
