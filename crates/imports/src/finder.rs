//! Values read from another record that a filter finds: `lookup` of a mapping.
use crate::mapping::Lookup;
use crate::names::{find, mapping_problem};
use crate::read::{Sheet, SheetRow};
use crate::template::Template;
use kernel::Problem;
use meta::{Model, Object};
use std::collections::HashMap;

/// A value to be read from the one record that fits.
pub struct Finder<'m> {
    pub field: String,
    pub object: &'m Object,
    pub filter: Vec<(String, Template)>,
    pub take: Template,
    pub columns: HashMap<String, usize>,
}

impl Finder<'_> {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.filter.iter().flat_map(|(_, t)| t.names()).chain(self.take.names())
    }
    pub fn facts(&self, row: &SheetRow) -> HashMap<String, String> {
        self.columns.iter().map(|(name, i)| (name.clone(), row.cells[*i].trim().to_owned())).collect()
    }
}

pub fn finder<'m>(
    model: &'m Model,
    sheet: &Sheet,
    field: &str,
    lookup: &Lookup,
) -> Result<Finder<'m>, Problem> {
    let object = find(model, &lookup.object)?;
    let template = |source: &str| Template::parse(source).map_err(|why| mapping_problem(&format!("{why}.")));
    let mut filter = vec![];
    for pair in lookup.filter.split('&').filter(|p| !p.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(mapping_problem(&format!("`{pair}` is not a filter like `status=eq.active`.")));
        };
        filter.push((name.to_owned(), template(value)?));
    }
    let mut finder = Finder {
        field: field.into(),
        object,
        filter,
        take: template(&lookup.take)?,
        columns: HashMap::new(),
    };
    finder.columns =
        finder.names().filter_map(|n| sheet.column(n).map(|i| (n.to_owned(), i))).collect::<HashMap<_, _>>();
    Ok(finder)
}
