//! What an export holds, and how to tell that nothing of it was lost or changed.
use kernel::{Problem, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::doors::whole::About;

/// Of the layout. A reader refuses what is newer than itself.
pub const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the layout: 1.
    pub format: u32,
    /// Of Kontor.
    pub version: String,
    pub made_at: Timestamp,
    pub workspace: About,
    /// By table: `data/clients`. The checksum is over its rows in the order of their keys, without the workspace's id,
    /// so that the same content has the same one wherever it lies.
    pub tables: BTreeMap<String, Sum>,
    /// By path: everything in the export besides this page.
    pub contents: BTreeMap<String, Sum>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sum {
    /// Rows of a table, else bytes of a file.
    pub count: u64,
    pub sha256: String,
}

impl Manifest {
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|t| t.count).sum()
    }

    pub fn parse(text: &[u8]) -> Result<Self, Problem> {
        let wrong = |why: String| Problem::new("restore.invalid", why);
        #[derive(Deserialize)]
        struct Told {
            format: u32,
        }
        let told: Told = serde_json::from_slice(text)
            .map_err(|e| wrong(format!("`manifest.json` is not that of an export: {e}.")))?;
        if told.format > FORMAT {
            let why =
                format!("This export has the format {}; this Kontor reads up to {FORMAT}.", told.format);
            return Err(wrong(why).hint("Restore it with a newer version."));
        }
        serde_json::from_slice(text).map_err(|e| wrong(format!("`manifest.json` is damaged: {e}.")))
    }

    /// The tables whose rows are not the same in both.
    pub fn differing(&self, tables: &BTreeMap<String, Sum>) -> Vec<String> {
        let names = self.tables.keys().chain(tables.keys().filter(|t| !self.tables.contains_key(*t)));
        names.filter(|t| self.tables.get(*t) != tables.get(*t)).cloned().collect()
    }
}
