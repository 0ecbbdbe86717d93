//! A CSV file as rows: encoding, delimiter, quotes, header. Nothing here knows what the columns mean.
use crate::report::RowError;
use encoding_rs::Encoding;
use kernel::Problem;

/// How a file is written; what is `None` is found out from the file itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dialect {
    pub delimiter: Option<u8>,
    /// Any label of the WHATWG list: `utf-8`, `windows-1252`, `shift_jis`, `macintosh`.
    pub encoding: Option<String>,
}

/// A file that could be read, with the faults of single rows.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    pub file: String,
    pub header: Vec<String>,
    pub rows: Vec<SheetRow>,
    pub errors: Vec<RowError>,
    /// What was guessed or let pass, for the reader of the report.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct SheetRow {
    /// As a spreadsheet numbers it: the header is row 1, and an empty line counts.
    pub number: u64,
    pub cells: csv::StringRecord,
}

impl Sheet {
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == name)
    }
}

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads the whole file. A `Problem` means that nothing of it can be used.
pub fn read(file: &str, bytes: &[u8], dialect: &Dialect) -> Result<Sheet, Problem> {
    let mut notes = vec![];
    let text = decode(file, bytes, dialect.encoding.as_deref(), &mut notes)?;
    let (text, told) = excel_hint(&text);
    let delimiter = dialect.delimiter.or(told).unwrap_or_else(|| sniff(text));
    let marks = scan(text, delimiter);
    let mut sheet = Sheet { file: file.into(), notes, ..Default::default() };
    sheet.rows(text, delimiter, &marks)?;
    Ok(sheet)
}

impl Sheet {
    fn rows(&mut self, text: &str, delimiter: u8, marks: &[Mark]) -> Result<(), Problem> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut marks = marks.iter();
        for cells in reader.records() {
            // The text is valid UTF-8 in memory and field counts are ours to judge: nothing is left to fail.
            let cells = cells.map_err(|e| unreadable(&self.file, &e.to_string()))?;
            let mark = marks.next().copied().unwrap_or_default();
            if self.header.is_empty() {
                self.header = cells.iter().map(|c| c.trim().to_owned()).collect();
                self.judge(&mark);
            } else if cells.iter().all(|c| c.trim().is_empty()) {
                continue;
            } else if self.fits(&cells, &mark) {
                self.rows.push(SheetRow { number: mark.row, cells });
            }
        }
        if self.header.is_empty() {
            return Err(unreadable(&self.file, "it is empty, not even a header row is there"));
        }
        Ok(())
    }

    fn fits(&mut self, cells: &csv::StringRecord, mark: &Mark) -> bool {
        if !self.judge(mark) {
            return false;
        }
        if cells.len() == self.header.len() {
            return true;
        }
        let reason = format!(
            "The row has {}, the header has {}.{}",
            counted(cells.len(), "field"),
            self.header.len(),
            if cells.len() > self.header.len() {
                " Is a value with a delimiter in it not in quotes?"
            } else {
                ""
            }
        );
        self.errors.push(RowError::row(&self.file, mark.row, "import.row", reason));
        false
    }

    /// Whether the quotes of a row can be trusted.
    fn judge(&mut self, mark: &Mark) -> bool {
        match mark.fault {
            None => true,
            Some(Fault::Unclosed) => {
                let reason = "A quoted value begins in this row and never ends: a closing quote is missing.";
                self.errors.push(RowError::row(&self.file, mark.row, "import.row", reason));
                false
            }
            Some(Fault::AfterQuote) => {
                let reason =
                    "Text follows a closing quote. A quote inside a quoted value is written twice (\"\").";
                self.errors.push(RowError::row(&self.file, mark.row, "import.row", reason));
                false
            }
            Some(Fault::Stray) => {
                let row = mark.row;
                self.notes
                    .push(format!("Row {row} has a quote inside an unquoted value; it was kept as it is."));
                true
            }
        }
    }
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn unreadable(file: &str, why: &str) -> Problem {
    Problem::new("import.file", format!("`{file}` cannot be read: {why}.")).at(format!("files.{file}"))
}

/// BOM first, then what the mapping says, then UTF-8, then windows-1252, which accepts every byte.
fn decode(file: &str, bytes: &[u8], label: Option<&str>, notes: &mut Vec<String>) -> Result<String, Problem> {
    if let Some(kind) = binary(bytes) {
        return Err(unreadable(file, &format!("it is {kind}, not a text file; export it as CSV")));
    }
    let told = match label {
        None => None,
        Some(l) => Some(
            Encoding::for_label(l.as_bytes())
                .ok_or_else(|| unreadable(file, &format!("there is no encoding `{l}`")))?,
        ),
    };
    let by_bom = Encoding::for_bom(bytes).map(|(e, _)| e);
    let encoding = by_bom.or(told).unwrap_or(match std::str::from_utf8(bytes) {
        Ok(_) => encoding_rs::UTF_8,
        Err(_) => {
            notes.push(format!(
                "`{file}` is not UTF-8 and was read as windows-1252; name its encoding if letters look wrong."
            ));
            encoding_rs::WINDOWS_1252
        }
    });
    let (text, _, malformed) = encoding.decode(bytes);
    if malformed {
        let why = format!("some bytes are not {}; name its encoding in the mapping", encoding.name());
        return Err(unreadable(file, &why));
    }
    if text.contains('\0') {
        return Err(unreadable(file, "it has NUL characters; is it UTF-16 without a byte order mark?"));
    }
    Ok(text.into_owned())
}

fn binary(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 4] = [
        (b"PK\x03\x04", "a spreadsheet (or another zip archive)"),
        (b"\xD0\xCF\x11\xE0", "an old Excel file"),
        (b"%PDF", "a PDF"),
        (b"\x1f\x8b", "compressed"),
    ];
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, kind)| *kind)
}

/// Excel's own first line `sep=;`.
fn excel_hint(text: &str) -> (&str, Option<u8>) {
    let Some(rest) = text.strip_prefix("sep=") else { return (text, None) };
    let Some((mark, rest)) = rest.split_once('\n') else { return (text, None) };
    match mark.trim_end_matches('\r').as_bytes() {
        [one] => (rest, Some(*one)),
        _ => (text, None),
    }
}

/// The delimiter that splits the first lines into the same number of fields, the most of them.
fn sniff(text: &str) -> u8 {
    let sample = |d: &u8| -> (bool, usize) {
        let counts: Vec<usize> = scan(text, *d).iter().take(20).map(|m| m.delimiters).collect();
        let header = counts.first().copied().unwrap_or(0);
        (header > 0 && counts.iter().all(|c| *c == header), header)
    };
    let best = DELIMITERS.iter().rev().max_by_key(|d| sample(d)).copied();
    best.filter(|d| sample(d).1 > 0).unwrap_or(b',')
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Mark {
    row: u64,
    delimiters: usize,
    fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// The file ends inside quotes.
    Unclosed,
    /// `"a"b`
    AfterQuote,
    /// `a"b`: harmless, inches are written so.
    Stray,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    Start,
    Plain,
    Quoted,
    Closed,
}

/// Where rows begin and whether their quotes are sound: what the `csv` crate, which is lenient, does not tell.
/// Blank lines are left out here as they are there.
fn scan(text: &str, delimiter: u8) -> Vec<Mark> {
    let (mut marks, mut mark, mut at, mut empty) =
        (vec![], Mark { row: 1, ..Default::default() }, At::Start, true);
    let bytes = text.as_bytes();
    for (i, &b) in bytes.iter().enumerate() {
        match (at, b) {
            (At::Quoted, b'"') => at = At::Closed,
            (At::Quoted, _) => {}
            (_, b'\n') if i > 0 && bytes[i - 1] == b'\r' => {}
            (_, b'\n' | b'\r') => {
                if !empty {
                    marks.push(mark);
                }
                mark = Mark { row: mark.row + 1, ..Default::default() };
                (at, empty) = (At::Start, true);
                continue;
            }
            (_, d) if d == delimiter => {
                mark.delimiters += 1;
                at = At::Start;
            }
            (At::Start, b'"') => at = At::Quoted,
            (At::Closed, b'"') => at = At::Quoted,
            (At::Closed, _) => {
                mark.fault = mark.fault.or(Some(Fault::AfterQuote));
                at = At::Plain;
            }
            (_, b'"') => {
                mark.fault = mark.fault.or(Some(Fault::Stray));
                at = At::Plain;
            }
            _ => at = At::Plain,
        }
        empty = empty && b == b'\n' && i > 0 && bytes[i - 1] == b'\r';
    }
    if at == At::Quoted {
        mark.fault = Some(Fault::Unclosed);
    }
    if !empty {
        marks.push(mark);
    }
    marks
}
