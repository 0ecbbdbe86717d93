//! Batches into a file, on a thread of their own: while one batch is written the next is read.
use crate::columns::Column;
use crate::csv::Table;
use crate::xlsx::Book;
use crate::{Format, Header};
use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use store::Batch;
use tokio::sync::mpsc::Receiver;

/// How a file is to look.
pub struct Look {
    pub format: Format,
    pub header: Header,
    pub title: String,
    pub zone: TimeZone,
    pub columns: Vec<Column>,
}

/// The file, from its start, and how many texts did not fit into a cell.
pub fn write(look: Look, mut batches: Receiver<Batch>) -> Result<(File, u64)> {
    let file = tempfile::tempfile().context("a file for the export")?;
    let (mut file, cut) = match look.format {
        Format::Csv => {
            let mut table = Table::new(file, &look.columns, look.header, look.zone)?;
            rows(&mut batches, |values| table.row(values))?;
            (table.finish()?, 0)
        }
        Format::Xlsx => {
            let mut book = Book::new(file, look.columns, look.header, &look.title, look.zone)?;
            rows(&mut batches, |values| book.row(values))?;
            book.finish()?
        }
        Format::Jsonl => (lines(file, &mut batches)?, 0),
    };
    file.rewind()?;
    Ok((file, cut))
}

fn rows(batches: &mut Receiver<Batch>, mut row: impl FnMut(&[kernel::Value]) -> Result<()>) -> Result<()> {
    let mut values = vec![];
    while let Some(batch) = batches.blocking_recv() {
        for at in 0..batch.len() {
            values.clear();
            batch.values(at, &mut values)?;
            row(&values)?;
        }
    }
    Ok(())
}

/// Each row as the list would give it.
fn lines(file: File, batches: &mut Receiver<Batch>) -> Result<File> {
    let mut to = BufWriter::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    while let Some(batch) = batches.blocking_recv() {
        for at in 0..batch.len() {
            line.clear();
            batch.json(at, &mut line)?;
            line.push(b'\n');
            to.write_all(&line)?;
        }
    }
    Ok(to.into_inner().map_err(|e| e.into_error())?)
}
