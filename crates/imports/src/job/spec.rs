//! What is asked of an import that runs as a job.
use crate::Mapping;
use kernel::{Problem, Uuid};
use records::ConflictMode;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The uploaded file.
    pub upload: Uuid,
    /// An object, or the text of a mapping file.
    #[serde(default)]
    pub mapping: Option<Json>,
    /// Without a mapping: columns go where the suggestions are sure.
    #[serde(default)]
    pub object: Option<String>,
    /// Unique field(s) that find a record again; over those of the mapping.
    #[serde(default)]
    pub key: Option<Vec<String>>,
    #[serde(default)]
    pub mode: Option<Mode>,
    #[serde(default)]
    pub duplicates: Choice,
    /// By row number, over `duplicates`.
    #[serde(default)]
    pub choices: BTreeMap<u64, Choice>,
    /// Whether what follows from new records (messages, documents) follows from these too.
    #[serde(default = "yes")]
    pub automations: bool,
    #[serde(default)]
    pub dry_run: bool,
    #[serde(default)]
    pub on_error: OnError,
}

/// What becomes of rows whose key is taken, and of those whose key is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All are new; one that exists is refused.
    Create,
    /// All exist; one that is new is refused.
    Update,
    Upsert,
}

/// What becomes of a row that is very like a stored record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// A record of its own.
    #[default]
    Create,
    Skip,
    /// It changes the record that it is like.
    Update,
    /// It is refused until somebody has chosen for it.
    Ask,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// One wrong row, and nothing is written.
    #[default]
    Nothing,
    /// The good rows are written; the wrong ones stand in the error file.
    Skip,
}

fn yes() -> bool {
    true
}

impl Spec {
    pub fn read(json: &Json) -> Result<Self, Problem> {
        Self::deserialize(json)
            .map_err(|e| Problem::new("body.invalid_shape", format!("The order is not understood: {e}.")))
    }

    /// The mapping that was sent, with the key of the order; without columns where only an object was named.
    pub fn mapping(&self) -> Result<Mapping, Problem> {
        let mut mapping = match (&self.mapping, &self.object) {
            (Some(mapping), None) => Mapping::from_json(mapping)?,
            (None, Some(object)) => Mapping::by_name(object, vec![]),
            _ => {
                let detail = "The body needs either a `mapping`, or an `object` that the rows become.";
                return Err(Problem::new("body.invalid_shape", detail).at("mapping"));
            }
        };
        if let Some(key) = &self.key {
            mapping.key = key.clone();
        }
        if mapping.parts.is_some() {
            let detail =
                "Part rows are not written by a job: their wholes may stand anywhere in a file of any size.";
            return Err(Problem::new("import.mapping", detail)
                .at("mapping.parts")
                .hint("Send files with parts to `POST /api/v1/imports`."));
        }
        if mapping.key.is_empty() && matches!(self.mode, Some(Mode::Update | Mode::Upsert)) {
            let detail = "To find the records that exist, an import needs a key.";
            return Err(Problem::new("import.mapping", detail).at("key"));
        }
        Ok(mapping)
    }

    pub fn conflicts(&self) -> ConflictMode {
        match self.mode {
            Some(Mode::Create) => ConflictMode::Refuse,
            Some(Mode::Update) => ConflictMode::Only,
            Some(Mode::Upsert) | None => ConflictMode::Merge,
        }
    }

    pub fn choice(&self, row: u64) -> Choice {
        self.choices.get(&row).copied().unwrap_or(self.duplicates)
    }

    /// Whether anybody has to look for duplicates at all.
    pub fn looks_for_duplicates(&self) -> bool {
        let other = |c: &Choice| *c != Choice::Create;
        self.mode != Some(Mode::Update) && (other(&self.duplicates) || self.choices.values().any(other))
    }
}
