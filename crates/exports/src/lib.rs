//! What leaves a workspace: any list as CSV, XLSX or JSON lines, with its filters, columns and rights.
mod book;
mod cells;
mod columns;
mod csv;
mod list;
pub mod person;
pub mod retention;
mod run;
mod sweep;
pub mod whole;
mod write;
mod xlsx;

pub use book::{Entry, NewExport, enter, entries, entry};
pub use list::{Made, Wanted, render};
pub use run::{Exporter, KIND, asked, direct, file_name, order, order_whole, wanted};

pub use sweep::{SWEEP, Sweeper};

use kernel::Problem;

/// Rows that are given at once; more are a job.
pub const DIRECT: u64 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Xlsx,
    Jsonl,
}

impl Format {
    pub const ALL: [Format; 3] = [Format::Csv, Format::Xlsx, Format::Jsonl];

    /// Its word in addresses and bodies, and the ending of its files.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Jsonl => "jsonl",
        }
    }
    pub fn named(word: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|f| f.name() == word).ok_or_else(|| {
            Problem::new("field.unknown_option", format!("There is no export as `{word}`."))
                .at("format")
                .hint("csv, xlsx and jsonl are known.")
        })
    }
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Jsonl => "application/x-ndjson",
        }
    }
}

/// What stands above the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Header {
    /// What people call the fields.
    #[default]
    Labels,
    /// What the API calls them: `client.name`.
    Names,
}

impl Header {
    pub fn name(self) -> &'static str {
        match self {
            Header::Labels => "labels",
            Header::Names => "names",
        }
    }
    pub fn named(word: &str) -> Result<Self, Problem> {
        match word {
            "labels" => Ok(Header::Labels),
            "names" => Ok(Header::Names),
            _ => Err(Problem::new("field.unknown_option", format!("There is no header `{word}`."))
                .at("header")
                .hint("labels and names are known.")),
        }
    }
}
