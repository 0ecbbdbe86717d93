//! A file as pieces, read in a thread of its own: it waits when the pieces are not fetched, so that of a file of any
//! size only a few pieces are in memory.
use crate::read::{self, Dialect, SheetRow, Sink};
use crate::report::RowError;
use kernel::{Outcome, Problem};
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, spawn_blocking};

/// Rows that are written together.
pub const PIECE: usize = 1_000;
/// Pieces that wait.
const WAITING: usize = 2;

/// A file on this machine.
#[derive(Debug, Clone)]
pub struct Local {
    pub path: PathBuf,
    /// As its owner calls it.
    pub name: String,
    pub dialect: Dialect,
}

pub enum Item {
    Row(SheetRow),
    Fault(RowError),
}

pub struct Feed {
    pieces: Receiver<Vec<Item>>,
    reading: JoinHandle<Result<(), Problem>>,
}

impl Feed {
    /// From behind the first `skip` rows.
    pub fn open(local: &Local, skip: u64) -> Self {
        let (send, pieces) = channel(WAITING);
        let local = local.clone();
        let reading = spawn_blocking(move || {
            let mut sender = Pieces { send, skip, items: Vec::with_capacity(PIECE) };
            read(&local, &mut sender)?;
            let _nobody_waits = sender.send();
            Ok(())
        });
        Self { pieces, reading }
    }

    pub async fn next(&mut self) -> Option<Vec<Item>> {
        self.pieces.recv().await
    }

    /// How the reading ended, once there are no more pieces.
    pub async fn end(self) -> Outcome<()> {
        drop(self.pieces);
        Ok(self.reading.await.map_err(anyhow::Error::from)??)
    }
}

/// What a look at the whole file tells.
#[derive(Debug, Default)]
pub struct Survey {
    pub header: Vec<String>,
    pub rows: u64,
    pub notes: Vec<String>,
    /// The first rows.
    pub head: Vec<SheetRow>,
}

const HEAD: usize = 200;
/// A file may be odd in every row; its reader needs not be told of each.
const NOTES: usize = 50;

/// Reads all of it once, keeps next to nothing.
pub async fn survey(local: &Local) -> Outcome<Survey> {
    let local = local.clone();
    let looking = spawn_blocking(move || {
        let mut survey = Survey::default();
        read(&local, &mut survey).map(|()| survey)
    });
    Ok(looking.await.map_err(anyhow::Error::from)??)
}

fn read(local: &Local, sink: &mut dyn Sink) -> Result<(), Problem> {
    let file = open(&local.path, &local.name)?;
    read::open(&local.name, Box::new(BufReader::new(file)), &local.dialect)?.read(sink)
}

fn open(path: &Path, name: &str) -> Result<File, Problem> {
    File::open(path).map_err(|e| Problem::new("import.file", format!("`{name}` cannot be opened: {e}.")))
}

impl Sink for Survey {
    fn header(&mut self, header: Vec<String>) -> ControlFlow<()> {
        self.header = header;
        ControlFlow::Continue(())
    }
    fn row(&mut self, row: SheetRow) -> ControlFlow<()> {
        self.rows += 1;
        if self.head.len() < HEAD {
            self.head.push(row);
        }
        ControlFlow::Continue(())
    }
    fn fault(&mut self, _: RowError) -> ControlFlow<()> {
        self.rows += 1;
        ControlFlow::Continue(())
    }
    fn note(&mut self, note: String) {
        if self.notes.len() < NOTES {
            self.notes.push(note);
        }
    }
}

struct Pieces {
    send: Sender<Vec<Item>>,
    skip: u64,
    items: Vec<Item>,
}

impl Pieces {
    fn item(&mut self, item: Item) -> ControlFlow<()> {
        if self.skip > 0 {
            self.skip -= 1;
            return ControlFlow::Continue(());
        }
        self.items.push(item);
        if self.items.len() == PIECE { self.send() } else { ControlFlow::Continue(()) }
    }
    fn send(&mut self) -> ControlFlow<()> {
        let items = std::mem::replace(&mut self.items, Vec::with_capacity(PIECE));
        match items.is_empty() || self.send.blocking_send(items).is_ok() {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }
}

impl Sink for Pieces {
    fn header(&mut self, _: Vec<String>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    fn row(&mut self, row: SheetRow) -> ControlFlow<()> {
        self.item(Item::Row(row))
    }
    fn fault(&mut self, error: RowError) -> ControlFlow<()> {
        self.item(Item::Fault(error))
    }
    fn note(&mut self, _: String) {}
}
