//! Where the rows of a CSV file begin and whether their quotes are sound: what the `csv` crate, which is lenient, does
//! not tell. It looks at the same bytes, as they pass.
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;

/// A row longer than this is a quote that was never closed.
const LONGEST: usize = 4 << 20;

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Mark {
    pub row: u64,
    pub delimiters: usize,
    pub fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
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

/// Blank lines are left out here as they are in the `csv` crate.
pub struct Scanner {
    delimiter: u8,
    mark: Mark,
    at: At,
    empty: bool,
    before: u8,
    length: usize,
}

impl Scanner {
    pub fn new(delimiter: u8) -> Self {
        let mark = Mark { row: 1, ..Default::default() };
        Self { delimiter, mark, at: At::Start, empty: true, before: 0, length: 0 }
    }

    pub fn feed(&mut self, bytes: &[u8], marks: &mut VecDeque<Mark>) {
        for &byte in bytes {
            self.byte(byte, marks);
            self.before = byte;
        }
    }

    fn byte(&mut self, b: u8, marks: &mut VecDeque<Mark>) {
        self.length += 1;
        let tail = b == b'\n' && self.before == b'\r';
        match (self.at, b) {
            (At::Quoted, b'"') => self.at = At::Closed,
            (At::Quoted, _) => {}
            _ if tail => {}
            (_, b'\n' | b'\r') => {
                let next = Mark { row: self.mark.row + 1, ..Default::default() };
                let done = std::mem::replace(&mut self.mark, next);
                if !self.empty {
                    marks.push_back(done);
                }
                (self.at, self.empty, self.length) = (At::Start, true, 0);
                return;
            }
            (_, d) if d == self.delimiter => {
                self.mark.delimiters += 1;
                self.at = At::Start;
            }
            (At::Start | At::Closed, b'"') => self.at = At::Quoted,
            (At::Closed, _) => self.fault(Fault::AfterQuote),
            (_, b'"') => self.fault(Fault::Stray),
            _ => self.at = At::Plain,
        }
        self.empty = self.empty && tail;
    }

    fn fault(&mut self, fault: Fault) {
        self.mark.fault = self.mark.fault.or(Some(fault));
        self.at = At::Plain;
    }

    /// The file has ended.
    pub fn end(&mut self, marks: &mut VecDeque<Mark>) {
        if self.at == At::Quoted {
            self.mark.fault = Some(Fault::Unclosed);
        }
        if !std::mem::replace(&mut self.empty, true) {
            marks.push_back(self.mark);
        }
    }
}

/// Shows the bytes that pass to a scanner.
pub struct Scanned<R> {
    source: R,
    scanner: Scanner,
    marks: Rc<RefCell<VecDeque<Mark>>>,
}

impl<R: Read> Scanned<R> {
    pub fn new(source: R, delimiter: u8, marks: Rc<RefCell<VecDeque<Mark>>>) -> Self {
        Self { source, scanner: Scanner::new(delimiter), marks }
    }
}

impl<R: Read> Read for Scanned<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read(out)?;
        let marks = &mut self.marks.borrow_mut();
        match got {
            0 => self.scanner.end(marks),
            got => self.scanner.feed(&out[..got], marks),
        }
        if self.scanner.length > LONGEST {
            let row = self.scanner.mark.row;
            let why = format!("row {row} is longer than 4 MB: a closing quote is missing in it");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(got)
    }
}
