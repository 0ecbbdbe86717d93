//! Everything that the shape of a file cannot tell: names that lead nowhere, values that contradict each other.
mod demo;
mod duplicates;
mod entities;
mod fields;
pub(crate) mod filter;
mod objects;
mod paths;
mod pipelines;
mod relations;
mod rights;
mod rollups;
mod views;

use crate::build::Built;
use crate::fault::{Fault, suggestion};
use crate::library::Library;
use crate::load::Blueprint;
use crate::model::Object;
use crate::node::At;

/// Every blueprint, seen as a workspace that uses it would see it, and all tables together.
pub fn library(library: &Library) -> Vec<Fault> {
    let mut faults: Vec<Fault> = library.tables();
    for name in library.names() {
        let Some(blueprint) = library.blueprint(name) else { continue };
        let built = library.built(name);
        let mut found = built.faults.clone();
        found.extend(model(&built));
        found.extend(own_files(&built, blueprint));
        for mut fault in found {
            if faults.iter().any(|f| same(f, &fault)) {
                continue;
            }
            if !fault.file.starts_with(&format!("{name}/")) {
                let seen_from =
                    format!("(As `{name}` sees it, with what that blueprint adds and leaves out.)");
                fault.hint = Some(fault.hint.map_or(seen_from.clone(), |h| format!("{h} {seen_from}")));
            }
            faults.push(fault);
        }
    }
    faults
}

fn same(a: &Fault, b: &Fault) -> bool {
    (a.line, &a.file, &a.key, &a.detail) == (b.line, &b.file, &b.key, &b.detail)
}

/// Every object of every blueprint together.
pub fn tables(built: &Built) -> Vec<Fault> {
    let mut check = Check { built, faults: vec![] };
    objects::plurals(&mut check);
    check.faults
}

/// One model, whoever it is for.
pub fn model(built: &Built) -> Vec<Fault> {
    let mut check = Check { built, faults: vec![] };
    objects::check(&mut check);
    fields::check(&mut check);
    relations::check(&mut check);
    pipelines::check(&mut check);
    rollups::check(&mut check);
    rights::check(&mut check);
    views::check(&mut check);
    check.faults
}

/// What only one blueprint has: sample data and the list of entities.
fn own_files(built: &Built, blueprint: &Blueprint) -> Vec<Fault> {
    let mut check = Check { built, faults: vec![] };
    demo::check(&mut check, blueprint);
    entities::check(&mut check, blueprint);
    check.faults
}

pub(crate) struct Check<'a> {
    pub built: &'a Built,
    pub faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    pub fn say(&mut self, at: &At, detail: impl Into<String>) {
        self.faults.push(at.fault(detail));
    }
    pub fn hint(&mut self, at: &At, detail: impl Into<String>, hint: Option<String>) {
        self.faults.push(at.fault_with(detail, hint));
    }
    pub fn object(&self, name: &str) -> Option<&'a Object> {
        self.built.model.objects.get(name)
    }
    /// The object of that name, or a fault. An object that the trade leaves out is passed over in silence.
    pub fn known_object(&mut self, name: &str, at: &At) -> Option<&'a Object> {
        if self.built.excluded.contains(name) {
            return None;
        }
        let found = self.object(name);
        if found.is_none() {
            let hint = suggestion(name, self.built.model.objects.keys().map(String::as_str));
            self.hint(at, format!("There is no object `{name}`."), hint);
        }
        found
    }
    /// Whether a trade left this field (or what it leads to) out.
    pub fn is_hidden(&self, object: &str, field: &str) -> bool {
        self.built.objects.get(object).is_some_and(|o| o.is_hidden(field))
    }
}
