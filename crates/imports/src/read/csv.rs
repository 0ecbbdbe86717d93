//! A CSV file as rows: delimiter, quotes, header.
use super::marks::{Fault, Mark, Scanned, Scanner};
use super::text::Text;
use super::{Dialect, Reader, SheetRow, Sink, misfit, unreadable};
use crate::report::RowError;
use kernel::Problem;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Read;
use std::ops::ControlFlow;
use std::rc::Rc;

pub struct Table {
    text: Text,
    delimiter: Option<u8>,
    headless: bool,
}

impl Table {
    pub fn new(text: Text, dialect: &Dialect) -> Self {
        Self { text, delimiter: dialect.delimiter, headless: dialect.headless }
    }
}

impl Reader for Table {
    fn read(&mut self, sink: &mut dyn Sink) -> Result<(), Problem> {
        self.text.notes.drain(..).for_each(|n| sink.note(n));
        let (skipped, told) = excel_hint(&self.text.head);
        let delimiter = self.delimiter.or(told).unwrap_or_else(|| sniff(&self.text.head[skipped..]));
        let file = self.text.file.clone();
        let mut source = self.text.open()?;
        let failed = |e: std::io::Error| unreadable(&file, &e.to_string());
        std::io::copy(&mut (&mut source).take(skipped as u64), &mut std::io::sink()).map_err(failed)?;
        let rows = Rows { file: &file, sink, header: 0, headless: self.headless };
        rows.all(source, delimiter)
    }
}

struct Rows<'a> {
    file: &'a str,
    sink: &'a mut dyn Sink,
    /// Fields of the header; 0: it has not come.
    header: usize,
    headless: bool,
}

impl Rows<'_> {
    fn all(mut self, source: impl Read, delimiter: u8) -> Result<(), Problem> {
        let marks: Rc<RefCell<VecDeque<Mark>>> = Rc::default();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(64 << 10)
            .from_reader(Scanned::new(source, delimiter, marks.clone()));
        let mut cells = csv::StringRecord::new();
        loop {
            match reader.read_record(&mut cells) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => return Err(unreadable(self.file, &cause(e))),
            }
            let mark = marks.borrow_mut().pop_front().unwrap_or_default();
            if self.one(&cells, &mark).is_break() {
                return Ok(());
            }
        }
        match self.header {
            0 => Err(unreadable(self.file, "it is empty, not even a header row is there")),
            _ => Ok(()),
        }
    }

    fn one(&mut self, cells: &csv::StringRecord, mark: &Mark) -> ControlFlow<()> {
        if self.header == 0 {
            self.header = cells.len();
            let names: Vec<String> = match self.headless {
                true => (1..=cells.len()).map(|n| n.to_string()).collect(),
                false => cells.iter().map(|c| c.trim().to_owned()).collect(),
            };
            self.sink.header(names)?;
            if !self.headless {
                return self.sound(mark).map_continue(|_| ());
            }
        }
        if cells.iter().all(|c| c.trim().is_empty()) || !self.sound(mark)? {
            return ControlFlow::Continue(());
        }
        if cells.len() != self.header {
            return self.sink.fault(misfit(self.file, mark.row, cells.len(), self.header));
        }
        self.sink.row(SheetRow { number: mark.row, cells: cells.clone() })
    }

    /// Whether the quotes of a row can be trusted.
    fn sound(&mut self, mark: &Mark) -> ControlFlow<(), bool> {
        let reason = match mark.fault {
            None => return ControlFlow::Continue(true),
            Some(Fault::Unclosed) => {
                "A quoted value begins in this row and never ends: a closing quote is missing."
            }
            Some(Fault::AfterQuote) => {
                "Text follows a closing quote. A quote inside a quoted value is written twice (\"\")."
            }
            Some(Fault::Stray) => {
                let row = mark.row;
                self.sink
                    .note(format!("Row {row} has a quote inside an unquoted value; it was kept as it is."));
                return ControlFlow::Continue(true);
            }
        };
        self.sink.fault(RowError::row(self.file, mark.row, "import.row", reason)).map_continue(|()| false)
    }
}

/// The sentence of our own readers below; the `csv` crate wraps it.
fn cause(error: csv::Error) -> String {
    match error.into_kind() {
        csv::ErrorKind::Io(io) => io.to_string(),
        other => format!("{other:?}"),
    }
}

/// Excel's own first line `sep=;`: its bytes, and the delimiter.
fn excel_hint(text: &str) -> (usize, Option<u8>) {
    let Some(rest) = text.strip_prefix("sep=") else { return (0, None) };
    let Some((mark, rest)) = rest.split_once('\n') else { return (0, None) };
    match mark.trim_end_matches('\r').as_bytes() {
        [one] => (text.len() - rest.len(), Some(*one)),
        _ => (0, None),
    }
}

/// In the order in which they are preferred. Colons and carets stand in texts too, so they count only where every
/// line has as many.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
const RARE: [u8; 2] = [b'^', b':'];

/// The delimiter that splits the first lines into the same number of fields, the most of them.
fn sniff(head: &str) -> u8 {
    let sample = |d: &u8| -> (bool, usize) {
        let mut marks = VecDeque::new();
        let mut scanner = Scanner::new(*d);
        scanner.feed(head.as_bytes(), &mut marks);
        // A last line may have been cut off by the head.
        if marks.is_empty() {
            scanner.end(&mut marks);
        }
        let counts: Vec<usize> = marks.iter().take(20).map(|m| m.delimiters).collect();
        let header = counts.first().copied().unwrap_or(0);
        (header > 0 && counts.iter().all(|c| *c == header), header)
    };
    let best = DELIMITERS.iter().rev().max_by_key(|d| sample(d)).copied();
    let rare = || RARE.iter().find(|d| sample(d).0).copied();
    best.filter(|d| sample(d).1 > 0).or_else(rare).unwrap_or(b',')
}
