//! What is asked of an import that runs as a job.
use crate::Mapping;
use kernel::{Problem, Uuid};
use meta::Object;
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
    pub choices: BTreeMap<u64, RowChoice>,
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

impl Choice {
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Skip => "skip",
            Self::Update => "update",
            Self::Ask => "ask",
        }
    }
}

/// What somebody chose for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "A choice is create, skip, update, ask, or {\"update\": \"<id>\"}")]
pub enum RowChoice {
    Any(Choice),
    /// It changes this record, whichever it is most like.
    Record {
        update: Uuid,
    },
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

    /// A choice about duplicates where nobody looks for them would be taken for a promise.
    pub fn suits(&self, object: &Object) -> Result<(), Problem> {
        if self.duplicates == Choice::Create || duplicates::looks_for(object) {
            return Ok(());
        }
        let detail = format!("Nobody looks for duplicates of {}.", object.label_plural.to_lowercase());
        Err(Problem::new("import.mapping", detail)
            .at("duplicates")
            .hint("An object says in `[duplicates]` of its blueprint which fields tell them."))
    }

    pub fn conflicts(&self) -> ConflictMode {
        match self.mode {
            Some(Mode::Create) => ConflictMode::Refuse,
            Some(Mode::Update) => ConflictMode::Only,
            Some(Mode::Upsert) | None => ConflictMode::Merge,
        }
    }

    /// What becomes of a row that is very like a stored record.
    pub fn choice(&self, row: u64) -> Choice {
        match self.choices.get(&row) {
            None => self.duplicates,
            Some(RowChoice::Any(choice)) => *choice,
            Some(RowChoice::Record { .. }) => Choice::Update,
        }
    }

    /// The record that somebody wants this row to change.
    pub fn record(&self, row: u64) -> Option<Uuid> {
        match self.choices.get(&row) {
            Some(RowChoice::Record { update }) => Some(*update),
            _ => None,
        }
    }

    /// Whether somebody wants to do without this row, whatever it is like.
    pub fn leaves_out(&self, row: u64) -> bool {
        self.choices.get(&row) == Some(&RowChoice::Any(Choice::Skip))
    }

    /// Whether anybody has to look for duplicates at all: where they make a difference, and in a rehearsal.
    pub fn looks_for_duplicates(&self) -> bool {
        let only_new = |c: &RowChoice| *c == RowChoice::Any(Choice::Create);
        let differs = self.duplicates != Choice::Create || !self.choices.values().all(only_new);
        self.mode != Some(Mode::Update) && (self.dry_run || differs)
    }
}
