//! Files as streams of rows, whatever their format: CSV, spreadsheets, JSON, vCard. Nothing here knows what the
//! columns mean, and nothing keeps more of a file in memory than the row at hand (old spreadsheets excepted).
mod book;
mod csv;
mod json;
mod marks;
mod pairs;
mod text;
mod vcard;

use crate::report::RowError;
use ::csv::StringRecord;
use kernel::Problem;
use std::io::{Cursor, Read, Seek};
use std::ops::ControlFlow;

/// How a file is written; what is `None` is found out from the file itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dialect {
    pub delimiter: Option<u8>,
    /// Any label of the WHATWG list: `utf-8`, `windows-1252`, `shift_jis`, `macintosh`.
    pub encoding: Option<String>,
    /// The first row is data: columns are called `1`, `2`, `3`.
    pub headless: bool,
    /// The sheet of a spreadsheet; absent: the first that has rows.
    pub sheet: Option<String>,
}

/// Bytes that can be read twice: once to find out what they are, once to read them.
pub trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

#[derive(Debug, Clone, PartialEq)]
pub struct SheetRow {
    /// As a spreadsheet numbers it: the header is row 1, and an empty line counts. Of JSON and vCard: the how manieth.
    pub number: u64,
    pub cells: StringRecord,
}

/// Who takes the rows. `Break` ends the reading.
pub trait Sink {
    /// Comes before every row.
    fn header(&mut self, header: Vec<String>) -> ControlFlow<()>;
    fn row(&mut self, row: SheetRow) -> ControlFlow<()>;
    /// A row that cannot be used.
    fn fault(&mut self, error: RowError) -> ControlFlow<()>;
    /// What was guessed or let pass, for the reader of the report.
    fn note(&mut self, note: String);
}

/// A file of a known format.
pub trait Reader: Send {
    /// Gives every row to the sink. A `Problem` means that nothing (more) of the file can be used.
    fn read(&mut self, sink: &mut dyn Sink) -> Result<(), Problem>;
}

/// Finds out what a file is, by what stands in it: its name may say anything.
pub fn open(file: &str, mut source: Box<dyn Source>, dialect: &Dialect) -> Result<Box<dyn Reader>, Problem> {
    let head = text::head(&mut source).map_err(|e| unreadable(file, &e.to_string()))?;
    if head.is_empty() {
        return Err(unreadable(file, "it is empty"));
    }
    if let Some(kind) = useless(&head) {
        return Err(unreadable(file, kind));
    }
    if book::is_book(&head) {
        return Ok(Box::new(book::Book::new(file, source, dialect)));
    }
    let text = text::Text::new(file, source, dialect.encoding.as_deref())?;
    let start = text.head.trim_start().to_ascii_lowercase();
    let ending = file.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    if start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<?xml") {
        return Err(unreadable(file, "it is a web page or XML, not a table; export it as CSV"));
    }
    if start.starts_with("begin:vcard") {
        return Ok(Box::new(vcard::Cards::new(text)));
    }
    if start.starts_with("begin:vcalendar") {
        return Err(unreadable(file, "it is a calendar; only its contacts (vCard) can be imported"));
    }
    if start.starts_with("dn:") {
        return Err(unreadable(file, "it is LDIF; export the address book as vCard or CSV"));
    }
    let json = matches!(ending.as_str(), "json" | "jsonl" | "ndjson");
    let table = matches!(ending.as_str(), "csv" | "tsv" | "txt" | "tab");
    if json || (!table && (start.starts_with('[') || start.starts_with('{'))) {
        return Ok(Box::new(json::Objects::new(text)));
    }
    Ok(Box::new(csv::Table::new(text, dialect)))
}

/// What is surely no table of any kind.
fn useless(head: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 6] = [
        (b"%PDF", "it is a PDF; export the table behind it as CSV or XLSX"),
        (b"\x1f\x8b", "it is compressed; unpack it first"),
        (b"\x89PNG", "it is a picture"),
        (b"\xff\xd8\xff", "it is a picture"),
        (b"GIF8", "it is a picture"),
        (b"\x7fELF", "it is a program"),
    ];
    MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, why)| *why)
}

/// A whole file in memory, for small ones.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    pub file: String,
    pub header: Vec<String>,
    pub rows: Vec<SheetRow>,
    pub errors: Vec<RowError>,
    pub notes: Vec<String>,
}

impl Sheet {
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == name)
    }

    /// The first `most` rows of a file.
    pub fn head(
        file: &str,
        source: Box<dyn Source>,
        dialect: &Dialect,
        most: usize,
    ) -> Result<Self, Problem> {
        let mut sheet = Head { sheet: Self { file: file.into(), ..Default::default() }, most };
        open(file, source, dialect)?.read(&mut sheet)?;
        Ok(sheet.sheet)
    }
}

/// Reads the whole file. A `Problem` means that nothing of it can be used.
pub fn read(file: &str, bytes: &[u8], dialect: &Dialect) -> Result<Sheet, Problem> {
    Sheet::head(file, Box::new(Cursor::new(bytes.to_vec())), dialect, usize::MAX)
}

struct Head {
    sheet: Sheet,
    most: usize,
}

impl Sink for Head {
    fn header(&mut self, header: Vec<String>) -> ControlFlow<()> {
        self.sheet.header = header;
        ControlFlow::Continue(())
    }
    fn row(&mut self, row: SheetRow) -> ControlFlow<()> {
        self.sheet.rows.push(row);
        if self.sheet.rows.len() < self.most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
    fn fault(&mut self, error: RowError) -> ControlFlow<()> {
        self.sheet.errors.push(error);
        ControlFlow::Continue(())
    }
    fn note(&mut self, note: String) {
        self.sheet.notes.push(note);
    }
}

fn unreadable(file: &str, why: &str) -> Problem {
    Problem::new("import.file", format!("`{file}` cannot be read: {why}.")).at(format!("files.{file}"))
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// A row that has another number of fields than the header.
fn misfit(file: &str, number: u64, fields: usize, header: usize) -> RowError {
    let more = if fields > header { " Is a value with a delimiter in it not in quotes?" } else { "" };
    let reason = format!("The row has {}, the header has {header}.{more}", counted(fields, "field"));
    RowError::row(file, number, "import.row", reason)
}
