//! Rollups: who reads whom, and in which order they can be computed.
use crate::cel;
use crate::check::filter;
use crate::model::{Inverse, Model, Object, Rollup, Watch};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Object and field.
type Place = (String, String);

pub fn fill(model: &mut Model) {
    let read = Reading::of(model);
    let mut levels: BTreeMap<(usize, usize), (String, Vec<String>)> = BTreeMap::new();
    let mut watches: Vec<(String, Watch)> = vec![];
    for ((object, name), rollup, inverse) in &read.rollups {
        // A circle has no order; `check` tells its author.
        let Ok(level) = read.level(&(object.clone(), name.clone()), &mut vec![]) else { continue };
        let at = (level, model.objects.get_index_of(object).unwrap_or_default());
        levels.entry(at).or_insert_with(|| (object.clone(), vec![])).1.push(name.clone());
        let reads = reads(&model.objects[&inverse.object], rollup);
        let watch = Watch { object: object.clone(), rollup: name.clone(), by: inverse.field.clone(), reads };
        watches.push((inverse.object.clone(), watch));
    }
    let derived: Vec<(String, Vec<String>)> =
        model.objects.values().map(|o| (o.name.clone(), read.derived(o))).collect();
    model.rollups = levels.into_values().collect();
    for (child, watch) in watches {
        model.objects[&child].watches.push(watch);
    }
    for (object, fields) in derived {
        model.objects[&object].derived = fields;
    }
}

/// The relation that a rollup goes over: a reference of another object (or of a part) to this one.
pub fn relation<'o>(object: &'o Object, rollup: &Rollup) -> Option<&'o Inverse> {
    object.inverses.iter().find(|i| i.name == rollup.of && i.through.is_none())
}

/// Fields of the child that the value depends on, besides the reference itself.
fn reads(child: &Object, rollup: &Rollup) -> Vec<String> {
    let last = (rollup.function == crate::RollupFunction::Last).then(|| rollup.order().to_string());
    let archived = child.archivable.then(|| "archived_at".to_string());
    let paths = filter::conditions(&rollup.filter).into_iter().map(|(path, _)| path.to_string());
    let mut all: Vec<String> =
        rollup.field.iter().cloned().chain(last).chain(archived).chain(paths).collect();
    all.sort();
    all.dedup();
    all
}

/// Rollups with their relations, and what the formulas of the objects concerned use.
struct Reading<'m> {
    model: &'m Model,
    rollups: Vec<(Place, Rollup, Inverse)>,
    formulas: HashMap<Place, Vec<String>>,
}

impl<'m> Reading<'m> {
    fn of(model: &'m Model) -> Self {
        let mut rollups = vec![];
        for object in model.objects.values() {
            for field in object.fields.values() {
                let Some(rollup) = &field.rollup else { continue };
                let known = relation(object, rollup).filter(|i| model.objects.contains_key(&i.object));
                let place = (object.name.clone(), field.name.clone());
                rollups.extend(known.map(|i| (place, rollup.clone(), i.clone())));
            }
        }
        let concerned: HashSet<&str> =
            rollups.iter().flat_map(|((o, _), _, i)| [o.as_str(), i.object.as_str()]).collect();
        let mut formulas = HashMap::new();
        for object in concerned.into_iter().filter_map(|name| model.objects.get(name)) {
            for (name, expression) in cel::formulas(object, model).unwrap_or_default() {
                formulas.insert((object.name.clone(), name), expression.uses().to_vec());
            }
        }
        Self { model, rollups, formulas }
    }

    /// What a field is computed from.
    fn sources(&self, place: &Place) -> Vec<Place> {
        if let Some(uses) = self.formulas.get(place) {
            return uses.iter().map(|f| (place.0.clone(), f.clone())).collect();
        }
        let Some((_, rollup, inverse)) = self.rollups.iter().find(|(p, _, _)| p == place) else {
            return vec![];
        };
        let child = &self.model.objects[&inverse.object];
        reads(child, rollup).into_iter().map(|f| (child.name.clone(), f)).collect()
    }

    /// How many rollups stand on each other below this place; `Err`: those that run in a circle.
    fn level(&self, place: &Place, path: &mut Vec<Place>) -> Result<usize, Vec<Place>> {
        if let Some(from) = path.iter().position(|p| p == place) {
            return Err(path[from..].to_vec());
        }
        path.push(place.clone());
        let mut below = 0;
        for source in self.sources(place) {
            let own = usize::from(self.rollups.iter().any(|(p, _, _)| *p == source));
            below = below.max(self.level(&source, path)? + own);
        }
        path.pop();
        Ok(below)
    }

    fn derived(&self, object: &Object) -> Vec<String> {
        let follows = |name: &&String| self.follows(&(object.name.clone(), (*name).clone()), 0);
        object.fields.keys().filter(follows).cloned().collect()
    }

    fn follows(&self, place: &Place, depth: usize) -> bool {
        let is_rollup = |p: &Place| self.rollups.iter().any(|(other, _, _)| other == p);
        let formula = || self.formulas.get(place).into_iter().flatten();
        let own = |f: &String| (place.0.clone(), f.clone());
        is_rollup(place) || (depth < 32 && formula().any(|f| self.follows(&own(f), depth + 1)))
    }
}

/// The rollups and formulas that a rollup reads in a circle, as `object.field`; `None` when there is none.
pub fn circle(model: &Model, object: &str, field: &str) -> Option<Vec<String>> {
    let place = (object.to_string(), field.to_string());
    let circle = Reading::of(model).level(&place, &mut vec![]).err()?;
    Some(circle.into_iter().map(|(object, field)| format!("{object}.{field}")).collect())
}
