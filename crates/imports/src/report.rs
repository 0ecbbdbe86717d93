//! What an import did, or why it did nothing.
use kernel::{Problem, Uuid};
use serde::{Deserialize, Serialize};

/// Errors that a report carries in full; the total is always told.
pub const SHOWN: usize = 1_000;
/// Characters of a wrong value that a report repeats.
const VALUE: usize = 200;

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    pub object: String,
    pub dry_run: bool,
    /// Records that the file describes: its rows, or the wholes that its rows were grouped into.
    pub rows: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// All errors there are; `errors` holds the first 1,000 of them.
    pub errors_total: u64,
    pub errors: Vec<RowError>,
    /// What was guessed or let pass: encoding, columns that the mapping does not name.
    pub notes: Vec<String>,
    /// The one entry of the change log, which can be undone as a whole; null when nothing changed.
    pub change_set: Option<Uuid>,
}

/// One wrong cell, or one wrong row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RowError {
    pub file: String,
    /// As a spreadsheet numbers it: the header is row 1.
    pub row: u64,
    pub column: Option<String>,
    pub field: Option<String>,
    pub value: Option<String>,
    pub code: String,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl RowError {
    pub fn row(file: &str, row: u64, code: &'static str, reason: impl Into<String>) -> Self {
        Self { file: file.into(), row, code: code.into(), reason: reason.into(), ..Default::default() }
    }
    pub fn column(mut self, column: Option<&str>) -> Self {
        self.column = column.map(Into::into);
        self
    }
    pub fn field(mut self, field: &str) -> Self {
        self.field = Some(field.into());
        self
    }
    pub fn value(mut self, value: &str) -> Self {
        let short: String = value.chars().take(VALUE).collect();
        self.value = Some(if short.len() < value.len() { format!("{short}...") } else { short });
        self
    }
    pub fn because(file: &str, row: u64, problem: Problem) -> Self {
        Self {
            file: file.into(),
            row,
            field: problem.field,
            code: problem.code.into(),
            reason: problem.detail,
            hint: problem.hint,
            ..Default::default()
        }
    }
}

impl Report {
    pub fn refuse(&mut self, error: RowError) {
        self.errors_total += 1;
        if self.errors.len() < SHOWN {
            self.errors.push(error);
        }
    }
    pub fn is_clean(&self) -> bool {
        self.errors_total == 0
    }
}
