//! A row on its way to be a record, and what is still open or wrong about it.
use crate::report::RowError;
use indexmap::IndexMap;
use kernel::Problem;
use records::Body;
use std::collections::HashMap;

/// A row on its way to be a record.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub file: String,
    pub row: u64,
    pub body: Body,
    pub refs: Vec<Ref>,
    /// Per lookup of the map: the columns that it names.
    pub facts: Vec<HashMap<String, String>>,
    /// Fields of records that the row refers to, for lookups: `pier.price_tier`.
    pub also: HashMap<String, String>,
    /// Field to column and text, for errors that are found later.
    pub origins: IndexMap<String, (String, String)>,
    /// Fields whose cells are wrong. The row goes on all the same, so that its other errors are found too.
    pub wrong: Vec<String>,
    pub parts: Vec<Draft>,
}

/// A reference that still has to be found.
#[derive(Debug, Clone)]
pub struct Ref {
    pub field: String,
    pub door: usize,
    pub texts: Vec<String>,
    pub list: bool,
}

impl Draft {
    /// An error about one field of the row or of one of its parts, with the column it came from. `None`: it only
    /// follows from an error that is told already.
    pub fn error(&self, mut problem: Problem) -> Option<RowError> {
        let name = problem.field.clone().unwrap_or_default();
        if let Some((part, rest)) = self.part(&name) {
            problem.field = Some(rest.to_owned()).filter(|f| !f.is_empty());
            return part.error(problem);
        }
        let root = name.split('.').next().unwrap_or("");
        let follows =
            if root.is_empty() { !self.wrong.is_empty() } else { self.wrong.iter().any(|w| w == root) };
        if follows {
            return None;
        }
        let error = RowError::because(&self.file, self.row, problem);
        Some(match self.origins.get(&name).or_else(|| self.origins.get(root)) {
            Some((column, value)) => error.column(Some(column)).value(value),
            None => error,
        })
    }

    /// `lines.2.quantity`: the third part and its field.
    fn part<'a>(&self, path: &'a str) -> Option<(&Draft, &'a str)> {
        let (_, rest) = path.split_once('.')?;
        let (index, field) = rest.split_once('.').unwrap_or((rest, ""));
        Some((self.parts.get(index.parse::<usize>().ok()?)?, field))
    }
}
