//! What the engine is made of in this binary: the rules of all trades, the works of all rooms, what comes round.
use crate::upkeep;
use anyhow::{Result, bail};
use backups::Backups;
use files::Files;
use identity::Identity;
use imports::Imports;
use jobs::{Schedule, Work, Worker};
use kernel::Shape;
use meta::Library;
use records::{Engine, Rule};
use std::sync::Arc;

pub fn rules() -> Vec<Box<dyn Rule>> {
    vec![Box::new(billing::Totals)]
}

/// Every kind of job that this binary can do.
pub fn works(engine: &Engine, identity: &Identity, files: &Files) -> Vec<Arc<dyn Work>> {
    let mut works = upkeep::works(engine.store());
    works.extend(Imports::new(engine.clone(), identity.clone(), files.clone()).works());
    works.push(Arc::new(imports::Sweeper::new(engine.store(), files)));
    works.push(Arc::new(exports::Exporter::new(engine, identity, files)));
    works.push(Arc::new(exports::Sweeper::new(engine.store(), files)));
    works.push(Arc::new(files::uploads::Sweeper::new(engine.store(), files)));
    works.push(Arc::new(exports::person::Forgetter::new(engine, files)));
    works.push(Arc::new(exports::retention::Sweeper(engine.clone())));
    works.extend(duplicates::works(engine, identity));
    works.extend(notices::works(engine, identity));
    works.push(Arc::new(records::IndexBuild::new(engine.store().clone())));
    works.push(Arc::new(records::ComputedFill::new(engine.clone())));
    works.push(Arc::new(records::ModelPurge::new(engine.clone())));
    works
}

/// A worker with all of it. It does nothing until it is run. Backups are taken where PostgreSQL's programs are.
pub fn worker(engine: &Engine, identity: &Identity, files: &Files, backups: Option<&Backups>) -> Worker {
    let mut works = works(engine, identity, files);
    let mut schedules: Vec<Schedule> = upkeep::SCHEDULES.to_vec();
    schedules.extend([
        exports::SWEEP,
        imports::SWEEP,
        files::uploads::SWEEP,
        exports::retention::SWEEP,
        duplicates::SCAN_ALL,
    ]);
    if let Some(backups) = backups {
        works.extend(backups::works(backups));
        schedules.extend(backups::SCHEDULES);
    }
    Worker::new(engine.store().clone(), works).schedules(schedules)
}

fn keys() -> Vec<&'static [(&'static str, &'static str, Shape)]> {
    billing::keys()
}

/// Stops a start where Rust and a blueprint disagree about a field.
pub fn check_keys(library: &Library) -> Result<()> {
    for name in library.names() {
        let model = library.model(&[name], None).map_err(|faults| anyhow::anyhow!("{}", faults[0]))?;
        for keys in keys() {
            if let Err(problem) = model.check_keys(keys) {
                bail!("The code does not fit the blueprint `{name}`: {problem}");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_know_the_fields_of_every_shipped_blueprint() {
        check_keys(Library::shipped()).expect("they agree");
    }
}
