//! Spreadsheets: XLSX cell by cell as it is unpacked; XLS, XLSB and ODS a sheet at a time, as their formats ask.
use super::{Dialect, Reader, SheetRow, Sink, Source, misfit, unreadable};
use crate::report::RowError;
use calamine::{Data, DataRef, ExcelDateTime, Reader as _, SheetVisible, Sheets};
use csv::StringRecord;
use kernel::Problem;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

/// Formats that are unpacked into memory as a whole must be smaller than this.
const LARGEST_WHOLE: u64 = 50 << 20;

/// A zip archive (XLSX, XLSB, ODS) or the container of old Excel files.
pub fn is_book(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xD0\xCF\x11\xE0")
}

pub struct Book {
    file: String,
    source: Box<dyn Source>,
    dialect: Dialect,
}

impl Book {
    pub fn new(file: &str, source: Box<dyn Source>, dialect: &Dialect) -> Self {
        Self { file: file.into(), source, dialect: dialect.clone() }
    }
}

/// calamine tries one format after the other on clones of the source; ours is only lent.
struct Lent<'a>(&'a mut dyn Source);

impl Read for Lent<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(out)
    }
}
impl Seek for Lent<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

impl Reader for Book {
    fn read(&mut self, sink: &mut dyn Sink) -> Result<(), Problem> {
        let Self { file, source, dialect } = self;
        let broken = |why: String| unreadable(file, &why);
        let size = source.seek(SeekFrom::End(0)).map_err(|e| broken(e.to_string()))?;
        source.seek(SeekFrom::Start(0)).map_err(|e| broken(e.to_string()))?;
        let mut start = [0; 4];
        source.read_exact(&mut start).map_err(|e| broken(e.to_string()))?;
        source.seek(SeekFrom::Start(0)).map_err(|e| broken(e.to_string()))?;
        if start.starts_with(b"PK")
            && let Ok(mut book) = calamine::Xlsx::new(BufReader::new(Lent(source.as_mut())))
        {
            let visible: Vec<String> = shown(book.sheets_metadata());
            let (name, note) = choose(file, &visible, dialect.sheet.as_deref(), |_| true)?;
            note.into_iter().for_each(|n| sink.note(n));
            let mut cells = book.worksheet_cells_reader(&name).map_err(|e| broken(e.to_string()))?;
            let mut rows = Rows::new(file, sink, dialect.headless);
            while let Some(cell) = cells.next_cell().map_err(|e| broken(e.to_string()))? {
                let (row, column) = cell.get_position();
                if rows.cell(row, column, text(cell.get_value())).is_break() {
                    return rows.stopped();
                }
            }
            return rows.end();
        }
        if size > LARGEST_WHOLE {
            return Err(broken("spreadsheets of this kind may have 50 MB; save it as XLSX or CSV".into()));
        }
        let mut bytes = vec![];
        source.seek(SeekFrom::Start(0)).map_err(|e| broken(e.to_string()))?;
        source.read_to_end(&mut bytes).map_err(|e| broken(e.to_string()))?;
        let mut book: Sheets<Cursor<Vec<u8>>> = calamine::open_workbook_auto_from_rs(Cursor::new(bytes))
            .map_err(|_| broken("it is an archive or a document, not a spreadsheet".into()))?;
        whole(file, &mut book, dialect, sink)
    }
}

fn whole(
    file: &str,
    book: &mut Sheets<Cursor<Vec<u8>>>,
    dialect: &Dialect,
    sink: &mut dyn Sink,
) -> Result<(), Problem> {
    let visible = shown(book.sheets_metadata());
    let mut filled = |name: &str| book.worksheet_range(name).is_ok_and(|r| !r.is_empty());
    let (name, note) = choose(file, &visible, dialect.sheet.as_deref(), &mut filled)?;
    note.into_iter().for_each(|n| sink.note(n));
    let range = book.worksheet_range(&name).map_err(|e| unreadable(file, &e.to_string()))?;
    let (top, left) = range.start().unwrap_or_default();
    let mut rows = Rows::new(file, sink, dialect.headless);
    for (row, column, value) in range.used_cells() {
        let cell = text(&borrowed(value));
        if rows.cell(top + row as u32, left + column as u32, cell).is_break() {
            return rows.stopped();
        }
    }
    rows.end()
}

fn shown(sheets: &[calamine::Sheet]) -> Vec<String> {
    sheets.iter().filter(|s| s.visible == SheetVisible::Visible).map(|s| s.name.clone()).collect()
}

/// The sheet that is meant, and what is to be said about the others.
fn choose(
    file: &str,
    sheets: &[String],
    told: Option<&str>,
    mut filled: impl FnMut(&str) -> bool,
) -> Result<(String, Option<String>), Problem> {
    if let Some(told) = told {
        return match sheets.iter().find(|s| *s == told) {
            Some(name) => Ok((name.clone(), None)),
            None => Err(unreadable(file, &format!("it has no sheet `{told}`"))
                .hint(format!("Sheets: {}.", sheets.join(", ")))),
        };
    }
    let name =
        sheets.iter().find(|s| filled(s)).ok_or_else(|| unreadable(file, "none of its sheets has a row"))?;
    let note = (sheets.len() > 1).then(|| {
        let all = sheets.join(", ");
        format!("`{file}` has several sheets ({all}); `{name}` was read. Name another by `sheet`.")
    });
    Ok((name.clone(), note))
}

/// A cell as the text that a CSV export in its most exact form would have, or the error that stands in it.
fn text(value: &DataRef<'_>) -> Result<String, String> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::String(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_owned(),
        DataRef::Int(i) => i.to_string(),
        DataRef::Float(f) => f.to_string(),
        DataRef::Bool(b) => b.to_string(),
        DataRef::DateTime(at) => moment(*at),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::Error(e) => return Err(format!("A cell of the row has the error {e}.")),
    })
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Empty => DataRef::Empty,
        Data::String(s) => DataRef::SharedString(s),
        Data::Int(i) => DataRef::Int(*i),
        Data::Float(f) => DataRef::Float(*f),
        Data::Bool(b) => DataRef::Bool(*b),
        Data::DateTime(at) => DataRef::DateTime(*at),
        Data::DateTimeIso(s) => DataRef::DateTimeIso(s.clone()),
        Data::DurationIso(s) => DataRef::DurationIso(s.clone()),
        Data::Error(e) => DataRef::Error(e.clone()),
    }
}

/// A day, a day with a time, or a length of time as hours: what the cell's number means.
fn moment(at: ExcelDateTime) -> String {
    if at.is_duration() {
        let seconds = (at.as_f64() * 86_400.0).round() as i64;
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        (.., 0) => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
}

/// Cells in the order of the sheet, gathered to rows.
struct Rows<'a> {
    file: &'a str,
    sink: &'a mut dyn Sink,
    headless: bool,
    header: usize,
    row: u32,
    cells: Vec<String>,
    error: Option<String>,
    /// A cell stood above one that came before it: two rows would have one number.
    backwards: bool,
}

impl<'a> Rows<'a> {
    fn new(file: &'a str, sink: &'a mut dyn Sink, headless: bool) -> Self {
        Self { file, sink, headless, header: 0, row: 0, cells: vec![], error: None, backwards: false }
    }

    fn cell(&mut self, row: u32, column: u32, text: Result<String, String>) -> ControlFlow<()> {
        if row < self.row {
            self.backwards = true;
            return ControlFlow::Break(());
        }
        if row != self.row {
            self.finish()?;
            self.row = row;
        }
        let column = column as usize;
        match text {
            Ok(text) if !text.is_empty() => {
                if self.cells.len() <= column {
                    self.cells.resize(column + 1, String::new());
                }
                self.cells[column] = text;
            }
            Ok(_) => {}
            Err(why) => self.error = Some(why),
        }
        ControlFlow::Continue(())
    }

    fn finish(&mut self) -> ControlFlow<()> {
        let mut cells = std::mem::take(&mut self.cells);
        let number = u64::from(self.row) + 1;
        if let Some(why) = self.error.take() {
            return self.sink.fault(RowError::row(self.file, number, "import.row", why));
        }
        if cells.iter().all(|c| c.trim().is_empty()) {
            return ControlFlow::Continue(());
        }
        if self.header == 0 {
            self.header = cells.len();
            let named = || cells.iter().map(|c| c.trim().to_owned()).collect();
            let numbered = || (1..=cells.len()).map(|n| n.to_string()).collect();
            self.sink.header(if self.headless { numbered() } else { named() })?;
            if !self.headless {
                return ControlFlow::Continue(());
            }
        }
        // Empty cells at the end of a row are not stored.
        if cells.len() > self.header {
            return self.sink.fault(misfit(self.file, number, cells.len(), self.header));
        }
        cells.resize(self.header, String::new());
        self.sink.row(SheetRow { number, cells: StringRecord::from(cells) })
    }

    /// Nobody wants more of it, or no more can be made of it.
    fn stopped(self) -> Result<(), Problem> {
        if self.backwards {
            return Err(unreadable(self.file, "its rows do not stand in their order"));
        }
        Ok(())
    }

    fn end(mut self) -> Result<(), Problem> {
        if self.finish().is_continue() && self.header == 0 {
            return Err(unreadable(self.file, "the sheet has no row"));
        }
        Ok(())
    }
}
