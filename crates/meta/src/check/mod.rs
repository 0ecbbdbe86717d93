//! Everything that the shape of a file cannot tell: names that lead nowhere, values that contradict each other.
use crate::build::Built;
use crate::fault::Fault;
use crate::library::Library;

/// Every blueprint, seen as a workspace that uses it would see it.
pub fn library(library: &Library) -> Vec<Fault> {
    let mut faults: Vec<Fault> = vec![];
    for name in library.names() {
        let built = library.built(name);
        for fault in built.faults.iter().cloned().chain(model(&built)) {
            if !faults.iter().any(|f| {
                (f.line, &f.file, &f.key, &f.detail) == (fault.line, &fault.file, &fault.key, &fault.detail)
            }) {
                faults.push(fault);
            }
        }
    }
    faults
}

pub fn model(built: &Built) -> Vec<Fault> {
    built
        .objects
        .iter()
        .filter(|(_, o)| o.source.name.is_none())
        .map(|(_, o)| o.at("name").fault("`name` is missing."))
        .collect()
}
