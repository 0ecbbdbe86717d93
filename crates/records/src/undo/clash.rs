//! What stands in the way of restoring although nobody changed the field: a value that another record has taken since,
//! a reference to a record that is gone.
use super::fold::Steps;
use super::now::Taking;
use super::{Batch, Conflict, Named};
use crate::draft::differs;
use crate::write::{as_text, target_of};
use kernel::{Outcome, Uuid, Value};
use meta::{Codec, Field, Model, Object, Unique};
use policy::Actor;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A value that is to come back: by which step, in which field.
type Wish<'m> = (usize, &'m Field, String);

impl Batch {
    pub(super) async fn clashes<'m>(
        &mut self,
        taking: &mut Taking<'m>,
        steps: &mut Steps<'m>,
    ) -> Outcome<()> {
        self.taken(taking, steps).await?;
        self.dangling(taking, steps).await
    }

    async fn taken<'m>(&mut self, taking: &mut Taking<'m>, steps: &mut Steps<'m>) -> Outcome<()> {
        let mut wanted: HashMap<&'m str, (&'m Object, Vec<Wish<'m>>)> = HashMap::new();
        for (at, step) in steps.values().enumerate() {
            let unique = step.object.fields.values().filter(|f| f.unique == Unique::Workspace && !f.system);
            for (field, value) in unique.filter_map(|f| Some((f, as_text(changed(step, f)?)?))) {
                let (_, all) = wanted.entry(&step.object.name).or_insert((step.object, vec![]));
                all.push((at, field, value));
            }
        }
        for (object, all) in wanted.into_values() {
            for field in object.fields.values() {
                let values: Vec<_> =
                    all.iter().filter(|w| w.1.name == field.name).map(|w| w.2.clone()).collect();
                if values.is_empty() {
                    continue;
                }
                let statement = query::write::taken(object, self.actor().workspace, field, &values);
                let rows = self.query(&statement, &[Codec::Text, Codec::Uuid]).await?;
                let holders: HashMap<&str, Uuid> =
                    rows.iter().filter_map(|r| Some((r[0].as_text()?, r[1].as_id()?))).collect();
                for (at, _, value) in all.iter().filter(|w| w.1.name == field.name) {
                    let Some(holder) = holders.get(value.as_str()) else { continue };
                    // Its holder may be about to give it up in this very undo.
                    let keeps = match steps.get(&(object.name.clone(), *holder)) {
                        Some(step) => changed(step, field).is_none() && step.after.is_some(),
                        None => true,
                    };
                    if keeps {
                        let detail = format!("“{value}” has been given to another record since.");
                        give_up(taking, steps, *at, field, detail);
                    }
                }
            }
        }
        Ok(())
    }

    async fn dangling<'m>(&mut self, taking: &mut Taking<'m>, steps: &mut Steps<'m>) -> Outcome<()> {
        let model = taking.model;
        let mut wanted: BTreeMap<String, BTreeSet<Uuid>> = BTreeMap::new();
        for step in steps.values() {
            for (_, target, ids) in links(step) {
                wanted.entry(target.to_string()).or_default().extend(ids);
            }
        }
        let mut there: HashSet<Named> = HashSet::new();
        for (target, ids) in wanted {
            let found = self.still_there(model, &target, ids).await?;
            there.extend(found.into_iter().map(|id| (target.clone(), id)));
        }
        for at in 0..steps.len() {
            let missing = steps.get_index(at).map(|(_, step)| step).and_then(|step| {
                let is_missing = |target: &str, id: &Uuid| !there.contains(&(target.to_string(), *id));
                links(step).find(|(_, target, ids)| ids.iter().any(|id| is_missing(target, id)))
            });
            if let Some((field, target, _)) = missing {
                let label = model.objects.get(target).map_or(target, |o| o.label.as_str()).to_lowercase();
                let detail = format!("{}: that {label} is there no more.", field.label);
                give_up(taking, steps, at, field, detail);
            }
            // What comes back is there for those that follow it.
            if let Some((key, step)) = steps.get_index(at)
                && step.stored.is_none()
                && step.after.is_some()
            {
                there.insert(key.clone());
            }
        }
        Ok(())
    }

    /// With the system's eyes: whether a record is there does not depend on who looks.
    async fn still_there(&mut self, model: &Model, target: &str, ids: BTreeSet<Uuid>) -> Outcome<Vec<Uuid>> {
        let system = Actor::system(self.actor().workspace, "undo");
        let (Some(object), Ok(grant)) =
            (model.objects.get(target), policy::grant::<policy::Read>(model, &system, target))
        else {
            return Ok(vec![]);
        };
        let ids: Vec<_> = ids.into_iter().collect();
        let statement = query::write::present(model, object, &grant, &ids);
        let rows = self.query(&statement, &[Codec::Uuid]).await?;
        Ok(rows.iter().filter_map(|r| r[0].as_id()).collect())
    }
}

/// The field's value where the step changes it.
fn changed<'s>(step: &'s super::Step<'_>, field: &Field) -> Option<&'s Value> {
    let after = step.after.as_ref()?.get(&field.name);
    let before = step.stored.as_ref().and_then(|row| row.get(&field.name));
    if differs(before, after) { after } else { None }
}

/// References that a step sets: the field, the object and the ids that it leads to.
fn links<'s, 'm: 's>(
    step: &'s super::Step<'m>,
) -> impl Iterator<Item = (&'m Field, &'m str, Vec<Uuid>)> + use<'s, 'm> {
    step.object.fields.values().filter_map(move |field| {
        // Who made it may have left; the database holds no reference for that.
        if field.system && field.name != "location_id" {
            return None;
        }
        let ids = match changed(step, field)? {
            Value::Id(id) => vec![*id],
            Value::Ids(ids) => ids.clone(),
            _ => return None,
        };
        Some((field, target_of(field)?, ids))
    })
}

/// A field stays as it is; a record that cannot come back without it stays away.
fn give_up<'m>(taking: &mut Taking<'m>, steps: &mut Steps<'m>, at: usize, field: &Field, detail: String) {
    let Some((key, step)) = steps.get_index_mut(at) else { return };
    let mut conflict = Conflict::about(step.object, step.id, detail);
    conflict.field = Some(field.name.clone());
    match (&step.stored, &mut step.after) {
        (Some(stored), Some(after)) => {
            let now = stored.get(&field.name).cloned().unwrap_or_default();
            conflict.current = Some(now.clone());
            after.insert(field.name.clone(), now);
        }
        (_, after) => *after = None,
    }
    taking.clean.remove(key);
    taking.again.extend(step.stored.is_some().then(|| key.clone()).filter(|_| step.object.part_of.is_none()));
    taking.conflicts.push(conflict);
}
