//! Formats whose records name their own members: read twice, first for the columns that there are, then for the rows.
use super::{SheetRow, Sink, unreadable};
use crate::report::RowError;
use csv::StringRecord;
use indexmap::IndexSet;
use kernel::Problem;
use std::ops::ControlFlow;

/// Most different members that the records of a file may have together.
const MOST: usize = 1_000;

/// One record: member and text.
pub type Pairs = Vec<(String, String)>;

/// Who takes the records, each with its number.
pub type Take<'a> = dyn FnMut(u64, Result<Pairs, RowError>) -> ControlFlow<()> + 'a;

pub trait Records: Send {
    fn file(&self) -> &str;
    fn walk(&mut self, take: &mut Take<'_>) -> Result<(), Problem>;
}

pub fn read(records: &mut dyn Records, sink: &mut dyn Sink) -> Result<(), Problem> {
    let mut columns: IndexSet<String> = IndexSet::new();
    records.walk(&mut |_, pairs| {
        columns.extend(pairs.into_iter().flatten().map(|(name, _)| name));
        if columns.len() > MOST { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let file = records.file().to_owned();
    if columns.is_empty() {
        return Err(unreadable(&file, "it is empty: there is no record in it"));
    }
    if columns.len() > MOST {
        return Err(unreadable(&file, "its records have more than 1,000 different members; is it a table?"));
    }
    if sink.header(columns.iter().cloned().collect()).is_break() {
        return Ok(());
    }
    records.walk(&mut |number, pairs| match pairs {
        Err(fault) => sink.fault(fault),
        Ok(pairs) => {
            let mut cells = vec![""; columns.len()];
            for (name, text) in &pairs {
                // A member that appeared between the two walks is nobody's column.
                if let Some(index) = columns.get_index_of(name) {
                    cells[index] = text;
                }
            }
            sink.row(SheetRow { number, cells: StringRecord::from(cells) })
        }
    })
}
