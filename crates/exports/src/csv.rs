//! CSV (RFC 4180): commas, CRLF, UTF-8, and no cell that a spreadsheet would run.
use crate::Header;
use crate::cells;
use crate::columns::Column;
use ::csv::{Terminator, Writer, WriterBuilder};
use anyhow::Result;
use jiff::tz::TimeZone;
use kernel::Value;
use std::borrow::Cow;
use std::fs::File;
use std::io::BufWriter;

pub struct Table {
    writer: Writer<BufWriter<File>>,
    zone: TimeZone,
}

impl Table {
    pub fn new(file: File, columns: &[Column], header: Header, zone: TimeZone) -> Result<Self> {
        let to = BufWriter::with_capacity(1 << 16, file);
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(to);
        for column in columns {
            let name = match header {
                Header::Labels => &column.label,
                Header::Names => &column.name,
            };
            writer.write_field(guarded(name).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(Self { writer, zone })
    }

    pub fn row(&mut self, values: &[Value]) -> Result<()> {
        for value in values {
            let text = cells::text(value, &self.zone);
            let cell = if cells::is_typed(value) { Cow::Borrowed(text.as_str()) } else { guarded(&text) };
            self.writer.write_field(cell.as_bytes())?;
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    pub fn finish(self) -> Result<File> {
        let buffered = self.writer.into_inner().map_err(|e| anyhow::anyhow!("{}", e.error()))?;
        Ok(buffered.into_inner().map_err(|e| e.into_error())?)
    }
}

/// OWASP, "CSV Injection": a text that begins like a formula gets an apostrophe in front, which spreadsheets read as
/// "this is text". Numbers are no texts and stay as they are. The wide forms are what some of them fold first.
pub fn guarded(text: &str) -> Cow<'_, str> {
    let begins = |c| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    // Blanks in front are dropped by some spreadsheets before they look.
    match text.trim_start_matches([' ', '\u{feff}', '\u{a0}', '\u{3000}']).starts_with(begins) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_becomes_text() {
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "  =1", "\u{feff}=1"] {
            assert_eq!(guarded(evil), format!("'{evil}"));
        }
        for plain in ["", "a=b", "1-2", "Ada", "'=1", "#", "ä@b"] {
            assert_eq!(guarded(plain), plain);
        }
    }

    #[test]
    fn nothing_of_the_shared_lists_of_injections_begins_like_a_formula_afterwards() {
        let folder =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/naughty-strings/csv-injection");
        let Ok(files) = std::fs::read_dir(folder) else {
            eprintln!("{folder} is not there: nothing was compared");
            return;
        };
        let mut seen = 0;
        for file in files.flatten() {
            let bytes = std::fs::read(file.path()).expect("a file that can be read");
            for line in String::from_utf8_lossy(&bytes).lines() {
                let safe = guarded(line);
                assert!(!safe.trim_start().starts_with(['=', '+', '-', '@']), "{line:?}");
                seen += 1;
            }
        }
        assert!(seen > 10, "only {seen} lines were found");
    }
}
