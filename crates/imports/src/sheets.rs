//! The files of one import, and how their rows belong together.
use crate::draft::Draft;
use crate::map::Map;
use crate::mapping::{GroupBy, Mapping, Parts};
use crate::read::{self, Dialect, Sheet, SheetRow};
use crate::report::{Report, RowError};
use indexmap::IndexMap;
use kernel::{Problem, Problems};

/// File name to content.
pub type Files = IndexMap<String, Vec<u8>>;

pub struct Sheets {
    pub wholes: Sheet,
    /// The second file, when parts have one of their own.
    pub parts: Option<Sheet>,
}

impl Sheets {
    pub fn open(files: &Files, mapping: &Mapping) -> Result<Self, Problems> {
        let dialect = dialect(mapping).map_err(|p| vec![p])?;
        let of_parts = mapping.parts.as_ref().and_then(|p| p.file.as_deref());
        let main = match &mapping.file {
            Some(name) => name.as_str(),
            None => files.keys().map(String::as_str).find(|f| Some(*f) != of_parts).unwrap_or("rows.csv"),
        };
        let mut problems = vec![];
        let mut open = |name: &str| {
            let read = match files.get(name) {
                Some(bytes) => read::read(name, bytes, &dialect),
                None => Err(missing(files, name)),
            };
            read.map_err(|p| problems.push(p)).ok()
        };
        let wholes = open(main).map(|sheet| only(sheet, mapping));
        let parts = of_parts.map(&mut open);
        match (wholes.transpose()?, parts) {
            (Some(wholes), None) => Ok(Self { wholes, parts: None }),
            (Some(wholes), Some(Some(parts))) => Ok(Self { wholes, parts: Some(parts) }),
            _ => Err(problems),
        }
    }

    fn of_parts(&self) -> &Sheet {
        self.parts.as_ref().unwrap_or(&self.wholes)
    }
}

/// Leaves out the rows that the mapping does not ask for, and says so.
fn only(mut sheet: Sheet, mapping: &Mapping) -> Result<Sheet, Problems> {
    let before = sheet.rows.len();
    for (column, texts) in &mapping.only {
        let Some(index) = sheet.column(column) else {
            let why = format!("`{}` has no column `{column}`.", sheet.file);
            return Err(vec![Problem::new("import.mapping", why).at("mapping.only")]);
        };
        sheet.rows.retain(|row| texts.iter().any(|t| t == row.cells[index].trim()));
    }
    let left_out = before - sheet.rows.len();
    if left_out > 0 {
        sheet.notes.push(format!("{left_out} rows of `{}` were left out, as `only` asks.", sheet.file));
    }
    Ok(sheet)
}

fn missing(files: &Files, name: &str) -> Problem {
    let given: Vec<_> = files.keys().map(String::as_str).collect();
    Problem::new("import.file", format!("The file `{name}` was not given."))
        .at(format!("files.{name}"))
        .hint(format!("Given: {}.", if given.is_empty() { "none".into() } else { given.join(", ") }))
}

pub fn dialect(mapping: &Mapping) -> Result<Dialect, Problem> {
    let delimiter = match mapping.delimiter.as_deref() {
        None => None,
        Some("\\t" | "tab") => Some(b'\t'),
        Some(one) if one.len() == 1 => Some(one.as_bytes()[0]),
        Some(other) => {
            let why = format!("`{other}` is not a delimiter: it must be one ASCII character.");
            return Err(Problem::new("import.mapping", why).at("mapping.delimiter"));
        }
    };
    Ok(Dialect {
        delimiter,
        encoding: mapping.encoding.clone(),
        headless: mapping.header == Some(false),
        sheet: mapping.sheet.clone(),
    })
}

/// Both maps of an import.
pub struct Maps<'m> {
    pub wholes: Map<'m>,
    pub parts: Option<(Map<'m>, Parts)>,
}

impl<'m> Maps<'m> {
    pub fn new(mapping: &Mapping, model: &'m meta::Model, sheets: &Sheets) -> Result<Self, Problems> {
        let wholes = Map::of_wholes(mapping, model, &sheets.wholes)?;
        let Some(parts) = &mapping.parts else { return Ok(Self { wholes, parts: None }) };
        let map = Map::of_parts(mapping, parts, wholes.object, model, sheets.of_parts())?;
        let mut problems = vec![];
        for group in &parts.group_by {
            for (sheet, column) in [(&sheets.wholes, group.whole()), (sheets.of_parts(), group.part())] {
                if sheet.column(column).is_none() {
                    let why = format!("`{}` has no column `{column}`.", sheet.file);
                    problems.push(Problem::new("import.mapping", why).at("mapping.parts.group_by"));
                }
            }
        }
        if parts.group_by.is_empty() {
            let why = "Parts need the column(s) that say which whole they belong to.";
            problems.push(Problem::new("import.mapping", why).at("mapping.parts.group_by"));
        }
        if problems.is_empty() {
            Ok(Self { wholes, parts: Some((map, parts.clone())) })
        } else {
            Err(problems)
        }
    }

    pub fn notes(&self, sheets: &Sheets) -> Vec<String> {
        let mut notes = sheets.wholes.notes.clone();
        notes.extend(sheets.parts.iter().flat_map(|s| s.notes.clone()));
        let own = match (&self.parts, &sheets.parts) {
            // One file feeds both: a column is unmapped when neither map knows it.
            (Some((parts, _)), None) => {
                self.wholes.unmapped.iter().filter(|c| parts.unmapped.contains(c)).cloned().collect()
            }
            _ => self.wholes.unmapped.clone(),
        };
        let of_parts = match (&self.parts, &sheets.parts) {
            (Some((parts, _)), Some(_)) => parts.unmapped.clone(),
            _ => vec![],
        };
        for (sheet, unmapped) in [(&sheets.wholes, own), (sheets.of_parts(), of_parts)] {
            if !unmapped.is_empty() {
                let columns = unmapped.join(", ");
                notes.push(format!("Columns of `{}` that the mapping does not use: {columns}.", sheet.file));
            }
        }
        notes
    }
}

/// Every row as a draft, parts under their wholes. What is wrong is told in the report.
pub fn drafts(maps: &Maps<'_>, sheets: &Sheets, report: &mut Report) -> Vec<Draft> {
    for error in sheets.wholes.errors.iter().chain(sheets.parts.iter().flat_map(|s| &s.errors)) {
        report.refuse(error.clone());
    }
    match &maps.parts {
        None => plain(&maps.wholes, &sheets.wholes, report),
        Some((map, parts)) => Grouping::new(maps, map, parts, sheets).drafts(report),
    }
}

fn plain(map: &Map<'_>, sheet: &Sheet, report: &mut Report) -> Vec<Draft> {
    report.rows = (sheet.rows.len() + sheet.errors.len()) as u64;
    let mut drafts = vec![];
    for row in &sheet.rows {
        let (draft, errors) = map.draft(sheet, row);
        drafts.push(draft);
        errors.into_iter().for_each(|e| report.refuse(e));
    }
    drafts
}

struct Grouping<'a, 'm> {
    wholes: &'a Map<'m>,
    parts: &'a Map<'m>,
    sheets: &'a Sheets,
    whole_columns: Vec<usize>,
    part_columns: Vec<usize>,
    group_by: &'a [GroupBy],
}

/// Wholes while their parts are gathered, by what groups them.
type Groups = IndexMap<Vec<String>, Draft>;

impl<'a, 'm> Grouping<'a, 'm> {
    fn new(maps: &'a Maps<'m>, map: &'a Map<'m>, parts: &'a Parts, sheets: &'a Sheets) -> Self {
        let index = |sheet: &Sheet, column: &str| sheet.column(column).expect("`Maps::new` looked for it");
        Self {
            wholes: &maps.wholes,
            parts: map,
            sheets,
            whole_columns: parts.group_by.iter().map(|g| index(&sheets.wholes, g.whole())).collect(),
            part_columns: parts.group_by.iter().map(|g| index(sheets.of_parts(), g.part())).collect(),
            group_by: &parts.group_by,
        }
    }

    fn drafts(&self, report: &mut Report) -> Vec<Draft> {
        let mut groups = Groups::new();
        for row in &self.sheets.wholes.rows {
            self.whole(row, &mut groups, report);
        }
        for row in &self.sheets.of_parts().rows {
            self.part(row, &mut groups, report);
        }
        report.rows = groups.len() as u64;
        groups.into_values().collect()
    }

    fn whole(&self, row: &SheetRow, groups: &mut Groups, report: &mut Report) {
        let key = key(row, &self.whole_columns);
        let (draft, errors) = self.wholes.draft(&self.sheets.wholes, row);
        match groups.get_mut(&key) {
            None => {
                errors.into_iter().for_each(|e| report.refuse(e));
                groups.insert(key, draft);
            }
            Some(first) if self.sheets.parts.is_some() => {
                let names: Vec<_> = self.group_by.iter().map(GroupBy::whole).collect();
                let reason =
                    format!("{} {} stands in row {} already.", names.join(", "), key.join(", "), first.row);
                report.refuse(
                    RowError::row(&self.sheets.wholes.file, row.number, "field.duplicate", reason)
                        .column(names.first().copied())
                        .value(&key.join(", ")),
                );
            }
            // The same whole on every row of its parts: what it says about itself must not change from row to row.
            Some(first) => contradiction(first, &draft).into_iter().for_each(|e| report.refuse(e)),
        }
    }

    fn part(&self, row: &SheetRow, groups: &mut Groups, report: &mut Report) {
        let sheet = self.sheets.of_parts();
        let key = key(row, &self.part_columns);
        let (draft, errors) = self.parts.draft(sheet, row);
        let Some(whole) = groups.get_mut(&key) else {
            let names: Vec<_> = self.group_by.iter().map(GroupBy::part).collect();
            let reason = format!("`{}` has no row with this {}.", self.sheets.wholes.file, names.join(", "));
            let error = RowError::row(&sheet.file, row.number, "reference.not_found", reason);
            report.refuse(error.column(names.first().copied()).value(&key.join(", ")));
            return;
        };
        errors.into_iter().for_each(|e| report.refuse(e));
        whole.parts.push(draft);
    }
}

fn key(row: &SheetRow, columns: &[usize]) -> Vec<String> {
    columns.iter().map(|i| row.cells[*i].trim().to_owned()).collect()
}

fn contradiction(first: &Draft, later: &Draft) -> Option<RowError> {
    let (field, (column, value)) = later
        .origins
        .iter()
        .find(|(field, (_, value))| first.origins.get(*field).is_some_and(|(_, v)| v != value))?;
    let reason = format!("Row {} of the same record has another {field}.", first.row);
    let error = RowError {
        field: Some(field.clone()),
        ..RowError::row(&later.file, later.row, "import.row", reason)
    };
    Some(error.column(Some(column)).value(value))
}
