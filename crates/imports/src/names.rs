//! The names of a mapping, looked up in the model and in the header of the file.
use crate::mapping::{Mapping, Target, Targets};
use crate::read::Sheet;
use indexmap::IndexMap;
use kernel::Problem;
use meta::{Field, Kind, Model, Object};

pub fn find<'m>(model: &'m Model, name: &str) -> Result<&'m Object, Problem> {
    model.object(name).or_else(|problem| model.by_plural(name).map_err(|_| problem))
}

/// The object that values of a field are ids of.
pub fn target_of(field: &Field) -> Option<&str> {
    match field.kind {
        Kind::User => Some("member"),
        Kind::File => Some("file"),
        _ => field.reference.as_ref().map(|r| r.to.as_str()),
    }
}

pub fn writable<'m>(object: &'m Object, name: &str) -> Result<&'m Field, Problem> {
    let field = object.field(name).map_err(|p| p.hint(format!("Fields: {}.", fields(object))))?;
    // What the engine makes it makes for imports too; `location_id` alone is chosen by the caller.
    let made = field.system && name != "location_id";
    if made || matches!(field.kind, Kind::Formula | Kind::Parts) {
        let why = format!("`{}.{name}` cannot be written by a column.", object.name);
        return Err(mapping_problem(&why));
    }
    Ok(field)
}

pub fn fields(object: &Object) -> String {
    let names: Vec<_> = object.fields.values().filter(|f| !f.system).map(|f| f.name.as_str()).collect();
    names.join(", ")
}

pub fn check_member(field: &Field, member: Option<&str>) -> Result<(), Problem> {
    let known: &[&str] = match field.kind {
        Kind::Address => &["street", "street2", "city", "region", "postal_code", "country"],
        Kind::GeoPoint => &["lat", "lon"],
        _ => &[],
    };
    match member {
        Some(m) if !known.contains(&m) => {
            let hint = if known.is_empty() {
                "It has none.".into()
            } else {
                format!("Members: {}.", known.join(", "))
            };
            Err(mapping_problem(&format!("`{}` has no member `{m}`.", field.name)).hint(hint))
        }
        _ => Ok(()),
    }
}

/// Headers that are the name or the label of a field, where no mapping was written.
pub fn by_name(object: &Object, sheet: &Sheet) -> IndexMap<String, Targets> {
    let fits = |header: &str, f: &&Field| {
        f.name == header || (!f.system && f.label.to_lowercase() == header.to_lowercase())
    };
    let mut columns = IndexMap::new();
    for header in &sheet.header {
        if let Some(field) = object.fields.values().find(|f| fits(header, f)) {
            columns.insert(header.clone(), Targets(vec![Target::field(&field.name)]));
        }
    }
    columns
}

pub fn unmapped(mapping: &Mapping, columns: &IndexMap<String, Targets>, sheet: &Sheet) -> Vec<String> {
    let grouping: Vec<&str> =
        mapping.parts.iter().flat_map(|p| &p.group_by).flat_map(|g| [g.whole(), g.part()]).collect();
    let known = |header: &str| {
        columns.contains_key(header)
            || grouping.contains(&header)
            || mapping.parts.as_ref().is_some_and(|p| p.columns.contains_key(header))
            || in_templates(mapping, header)
    };
    sheet.header.iter().filter(|h| !h.is_empty() && !known(h)).cloned().collect()
}

pub fn in_templates(mapping: &Mapping, header: &str) -> bool {
    let braced = format!("{{{header}}}");
    let made = mapping.fields.values().chain(mapping.parts.iter().flat_map(|p| p.fields.values()));
    made.flat_map(|t| {
        let lookup = t.lookup.iter().flat_map(|l| [l.filter.as_str(), l.take.as_str()]);
        t.template.iter().map(String::as_str).chain(lookup)
    })
    .any(|source| source.contains(&braced))
}

pub fn no_column(sheet: &Sheet, column: &str) -> Problem {
    mapping_problem(&format!("`{}` has no column `{column}`.", sheet.file))
        .hint(format!("Columns: {}.", sheet.header.join(", ")))
}

pub fn mapping_problem(why: &str) -> Problem {
    Problem::new("import.mapping", why)
}
