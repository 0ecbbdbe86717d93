//! XLSX, row by row: typed cells, texts as texts and never as formulas. Rows go to disk as they come.
use crate::Header;
use crate::cells;
use crate::columns::Column;
use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use kernel::{Date, Decimal, Value};
use meta::Kind;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use std::fs::File;
use std::io::BufWriter;

/// What the format allows in a sheet and in a cell.
const ROWS: u32 = 1_048_576;
const LETTERS: usize = 32_767;
/// Digits that a cell's number, a binary float, holds for certain.
const DIGITS: usize = 15;
/// Excel's day 0. It takes 1900 for a leap year, so that days before March 1900 are told as texts.
const FIRST: Date = Date::constant(1900, 3, 1);
const DAY_0: Date = Date::constant(1899, 12, 30);

pub struct Book {
    book: Workbook,
    file: File,
    columns: Vec<Column>,
    header: Header,
    title: String,
    zone: TimeZone,
    formats: Formats,
    sheets: usize,
    row: u32,
    /// Cells whose text was longer than a cell may be.
    pub cut: u64,
}

/// Dates and moments by the built-in formats, which follow the language of whoever opens the file.
struct Formats {
    head: Format,
    date: Format,
    time: Format,
    money: Format,
}

impl Book {
    pub fn new(
        file: File,
        columns: Vec<Column>,
        header: Header,
        title: &str,
        zone: TimeZone,
    ) -> Result<Self> {
        let formats = Formats {
            head: Format::new().set_bold(),
            date: Format::new().set_num_format_index(14),
            time: Format::new().set_num_format_index(22),
            money: Format::new().set_num_format("#,##0.00"),
        };
        let title = sheet_name(title);
        let mut book = Self {
            book: Workbook::new(),
            file,
            columns,
            header,
            title,
            zone,
            formats,
            sheets: 0,
            row: 0,
            cut: 0,
        };
        book.next_sheet()?;
        Ok(book)
    }

    fn next_sheet(&mut self) -> Result<()> {
        self.sheets += 1;
        let name = match self.sheets {
            1 => self.title.clone(),
            n => format!("{} ({n})", self.title),
        };
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        for (at, column) in self.columns.iter().enumerate() {
            let at = u16::try_from(at).context("more columns than a sheet has")?;
            sheet.set_column_width(at, width(column))?;
        }
        for (at, column) in self.columns.iter().enumerate() {
            let name = match self.header {
                Header::Labels => &column.label,
                Header::Names => &column.name,
            };
            sheet.write_string_with_format(0, at as u16, name.as_str(), &self.formats.head)?;
        }
        self.row = 1;
        Ok(())
    }

    pub fn row(&mut self, values: &[Value]) -> Result<()> {
        if self.row == ROWS {
            self.next_sheet()?;
        }
        let sheet = self.book.worksheet_from_index(self.sheets - 1)?;
        for (at, value) in values.iter().enumerate() {
            let kind = self.columns.get(at).and_then(|c| c.kind);
            let place = (self.row, at as u16);
            self.cut += u64::from(cell(sheet, place, value, kind, &self.formats, &self.zone)?);
        }
        self.row += 1;
        Ok(())
    }

    pub fn finish(mut self) -> Result<(File, u64)> {
        let mut to = BufWriter::with_capacity(1 << 16, self.file);
        self.book.save_to_writer(&mut to)?;
        Ok((to.into_inner().map_err(|e| e.into_error())?, self.cut))
    }
}

/// Answers whether the text had to be cut.
fn cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: &Value,
    kind: Option<Kind>,
    formats: &Formats,
    zone: &TimeZone,
) -> Result<bool> {
    match value {
        Value::Null => {}
        Value::Bool(b) => {
            sheet.write_boolean(row, column, *b)?;
        }
        Value::Int(i) if i.unsigned_abs() < 10_u64.pow(DIGITS as u32) => {
            sheet.write_number(row, column, *i as f64)?;
        }
        Value::Decimal(d) => match exact(d) {
            Some(number) if kind == Some(Kind::Money) => {
                sheet.write_number_with_format(row, column, number, &formats.money)?;
            }
            Some(number) => {
                sheet.write_number(row, column, number)?;
            }
            None => {
                sheet.write_string(row, column, d.to_string())?;
            }
        },
        Value::Date(day) if *day >= FIRST => {
            sheet.write_number_with_format(row, column, serial(*day), &formats.date)?;
        }
        Value::Time(at) if at.to_zoned(zone.clone()).date() >= FIRST => {
            let there = at.to_zoned(zone.clone()).datetime();
            let seconds = f64::from(there.hour()) * 3600.0
                + f64::from(there.minute()) * 60.0
                + f64::from(there.second());
            let number = serial(there.date()) + seconds / 86_400.0;
            sheet.write_number_with_format(row, column, number, &formats.time)?;
        }
        other => {
            let text = cells::text(other, zone);
            let (text, cut) = fitting(&text);
            sheet.write_string(row, column, text)?;
            return Ok(cut);
        }
    }
    Ok(false)
}

/// The number, where a float holds all its digits.
fn exact(d: &Decimal) -> Option<f64> {
    let digits = d.normalize().mantissa().unsigned_abs().to_string().len();
    (digits <= DIGITS).then(|| d.to_f64()).flatten()
}

fn serial(day: Date) -> f64 {
    DAY_0.until(day).map_or(0.0, |span| f64::from(span.get_days()))
}

/// A cell counts letters in UTF-16.
fn fitting(text: &str) -> (&str, bool) {
    if text.len() <= LETTERS {
        return (text, false);
    }
    let mut left = LETTERS;
    for (at, c) in text.char_indices() {
        if c.len_utf16() > left {
            return (&text[..at], true);
        }
        left -= c.len_utf16();
    }
    (text, false)
}

fn width(column: &Column) -> f64 {
    match column.kind {
        Some(Kind::DateTime | Kind::Url) => 20.0,
        Some(Kind::LongText | Kind::RichText | Kind::Address) => 40.0,
        Some(Kind::Text | Kind::Email) => 26.0,
        _ => 14.0,
    }
}

/// At most 31 letters, without those that sheets do not take, and with room for a number behind.
fn sheet_name(title: &str) -> String {
    let plain: String =
        title.chars().filter(|c| !"[]:*?/\\'".contains(*c) && !c.is_control()).take(26).collect();
    match plain.trim() {
        "" => "Export".into(),
        plain => plain.into(),
    }
}
