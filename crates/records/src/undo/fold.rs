//! Entries folded into one step for each record: what it is now, and what it is to be.
use super::now::{Taking, whole_of};
use super::{Batch, Conflict, Logged, Named};
use crate::draft::{Draft, differs};
use crate::log::{Entry, same};
use crate::write::{from_json, location_of, moved_away, outside};
use indexmap::IndexMap;
use kernel::{Row, Uuid, Value};
use meta::{Field, Kind, Object};
use serde_json::Value as Json;

/// What happens to one record.
pub(super) struct Step<'m> {
    pub object: &'m Object,
    pub id: Uuid,
    /// As it is stored.
    pub stored: Option<Row>,
    /// As it shall be; `None`: it goes.
    pub after: Option<Row>,
    /// Entries that are taken back by it.
    pub entries: usize,
}

pub(super) type Steps<'m> = IndexMap<Named, Step<'m>>;

/// The engine's own words about a record, which no conflict is about.
const STAMPS: [&str; 3] = ["updated_at", "updated_by", "version"];

impl Batch {
    pub(super) fn fold<'m>(&self, taking: &mut Taking<'m>, steps: &mut Steps<'m>, entry: &Logged) {
        let Some(object) = taking.model.objects.get(&entry.object) else { return };
        let key = (entry.object.clone(), entry.record);
        let stored = taking.rows.get(&key).cloned();
        let is_first = !steps.contains_key(&key);
        let now = match steps.get(&key) {
            Some(step) => step.after.clone(),
            None => stored.clone(),
        };
        if !self.may_touch(taking, steps, object, entry, now.as_ref()) {
            return;
        }
        let after = match (&entry.before, &entry.after, now) {
            (None, Some(after), Some(now)) if taking.ask.fields.is_empty() => {
                if !taking.may_go(steps, object, entry, after, &now) {
                    return;
                }
                taking.clean.insert(key.clone());
                None
            }
            (Some(before), None, None) if taking.ask.fields.is_empty() => {
                taking.clean.insert(key.clone());
                Some(image(object, entry.record, before))
            }
            (Some(before), Some(after), Some(now)) => {
                let stale = is_first && now.get("version").and_then(int) != entry.version;
                let (row, is_whole) = self.restored(taking, object, entry.record, before, after, &now);
                if is_whole && !stale {
                    taking.clean.insert(key.clone());
                } else {
                    taking.again.extend(whole_or_self(taking, object, entry, &now));
                }
                let Some(row) = row else { return };
                Some(row)
            }
            (Some(_), Some(_), None) => {
                taking.gone(self, object, entry.record);
                return;
            }
            // Gone since, or back since: there is nothing to take back.
            _ => return,
        };
        let row = after.as_ref().or(stored.as_ref());
        if let Some((whole, id)) = whole_of(taking.model, object, entry, row) {
            taking.stale_wholes.insert((whole.name.clone(), id));
        }
        let fresh = || Step { object, id: entry.record, stored, after: None, entries: 0 };
        let step = steps.entry(key).or_insert_with(fresh);
        step.after = after;
        step.entries += 1;
    }

    /// Part rows follow their whole; everything else was read within reach.
    fn may_touch(
        &self,
        taking: &Taking<'_>,
        steps: &Steps<'_>,
        object: &Object,
        entry: &Logged,
        now: Option<&Row>,
    ) -> bool {
        if object.part_of.is_none() {
            return true;
        }
        whole_of(taking.model, object, entry, now).is_some_and(|(whole, id)| {
            let key = (whole.name.clone(), id);
            taking.wholes.contains(&key) || steps.get(&key).is_some_and(|s| s.after.is_some())
        })
    }

    /// The row with what can be restored (`None`: nothing), and whether everything could be.
    fn restored(
        &self,
        taking: &mut Taking<'_>,
        object: &Object,
        id: Uuid,
        before: &Json,
        after: &Json,
        now: &Row,
    ) -> (Option<Row>, bool) {
        let mut row = now.clone();
        let (mut is_whole, mut any) = (true, false);
        for name in after.as_object().into_iter().flatten().map(|(name, _)| name) {
            let Some(field) = object.fields.get(name).filter(|f| !f.secret) else { continue };
            // What follows other records is computed again, not taken back.
            if STAMPS.contains(&name.as_str()) || object.derived.contains(name) {
                continue;
            }
            let left = from_json(field, &after[name]);
            let old = before.get(name).map(|json| from_json(field, json)).unwrap_or_default();
            let is_as_left = same(Some(&left), now.get(name));
            let asked = taking.ask.fields.is_empty() || taking.ask.fields.contains(name);
            if is_computed(field) {
                // Where it is not as it was left, it is computed again from what is restored.
                is_whole &= is_as_left;
            } else if !asked || !self.may_restore(taking, object, field, id, now) {
                is_whole = false;
                continue;
            } else if !is_as_left {
                is_whole = false;
                if !same(Some(&old), now.get(name)) {
                    taking.conflicts.push(Conflict::changed(object, id, field, now));
                }
            }
            if is_as_left && differs(Some(&old), now.get(name)) {
                row.insert(name.clone(), old);
                any = true;
            }
        }
        (any.then_some(row), is_whole)
    }

    /// Whether the actor could write this field of the record. A number that was given stays with its document: taken
    /// back, it would leave a gap in its series.
    fn may_restore(
        &self,
        taking: &mut Taking<'_>,
        object: &Object,
        field: &Field,
        id: Uuid,
        now: &Row,
    ) -> bool {
        if field.kind == Kind::AutoNumber {
            return false;
        }
        if self.whole {
            return true;
        }
        let Ok(grant) = policy::grant::<policy::Update>(taking.model, self.actor(), &object.name) else {
            return true;
        };
        let place = now.get("location_id").and_then(Value::as_id).filter(|_| object.location_scoped);
        let mut moves = object.pipelines.iter().filter(|p| p.field == field.name);
        let may_move = moves.all(|p| {
            let right = p.permission.as_deref();
            right.is_none_or(|r| policy::may_in(taking.model, self.actor(), r, place).is_ok())
        });
        if (field.system || grant.may_write(&field.name)) && may_move {
            return true;
        }
        if grant.may_see(&field.name) {
            let detail = format!("Your role may not change {}; it stays as it is.", field.label);
            taking
                .conflicts
                .push(Conflict { field: Some(field.name.clone()), ..Conflict::about(object, id, detail) });
        }
        false
    }

    /// The statements of one step.
    pub(super) fn step(&mut self, taking: &mut Taking<'_>, step: Step<'_>) {
        let Step { object, id, stored, after, entries } = step;
        match (stored, after) {
            (None, None) => return,
            (Some(stored), None) => {
                self.put_delete(object, id);
                self.claim(object, id, Some(&stored), None);
                self.log(Entry::deleted(object, id, &stored));
            }
            (None, Some(mut row)) => {
                let was = row.clone();
                self.stamp(object, &mut row, Some(&was));
                self.put_insert(object, &row);
                self.claim(object, id, None, Some(&row));
                self.log(Entry::created(object, id, &row));
                self.mark_rollups(object, id);
                if object.part_of.is_none() {
                    taking.back.entry(object.name.clone()).or_default().push(id);
                }
            }
            (Some(stored), Some(after)) => {
                let parts = IndexMap::new();
                let mut draft = Draft { id, object: object.name.clone(), before: Some(stored), after, parts };
                if moved_away(object, &draft) {
                    self.may_move(taking, object, &draft);
                }
                if draft.changes().is_empty() {
                    return;
                }
                self.stage(taking.model, object, &mut draft);
                self.mark_rollups(object, id);
            }
        }
        taking.restored += entries;
    }

    fn may_move(&self, taking: &mut Taking<'_>, object: &Object, draft: &Draft) {
        if self.whole {
            return;
        }
        match policy::grant::<policy::Update>(taking.model, self.actor(), &object.name) {
            Ok(grant) if grant.holds_in(location_of(draft)) => {}
            _ => taking.denied.push(outside::<policy::Update>(object)),
        }
    }
}

impl Taking<'_> {
    /// Whether a created record may go: nobody has changed it, nor hung something on it, since.
    fn may_go(
        &mut self,
        steps: &Steps<'_>,
        object: &Object,
        entry: &Logged,
        after: &Json,
        now: &Row,
    ) -> bool {
        let left = after.as_object().into_iter().flatten();
        // A formula follows what it reads, also one that was added since.
        let computed = |name: &String| object.fields.get(name).is_some_and(|f| f.formula.is_some());
        let own = |name: &String| !object.derived.contains(name) && !computed(name);
        let moved = left.filter(|(name, _)| own(name)).filter_map(|(name, json)| {
            let field =
                object.fields.get(name).filter(|f| !f.secret && !STAMPS.contains(&f.name.as_str()))?;
            (!same(Some(&from_json(field, json)), now.get(name))).then_some(field)
        });
        let filled = object.fields.values().filter(|f| {
            let empty_then = after.get(&f.name).is_none_or(Json::is_null);
            empty_then && !f.secret && own(&f.name) && now.get(&f.name).is_some_and(|v| !v.is_null())
        });
        let changed: Vec<&Field> = moved.chain(filled).collect();
        self.conflicts.extend(changed.iter().map(|f| Conflict::changed(object, entry.record, f, now)));
        if !changed.is_empty() {
            return false;
        }
        let held = self.held(steps, object, entry.record);
        let is_free = held.is_none();
        self.conflicts.extend(held);
        is_free
    }

    /// Why a created record stays: somebody has hung something on it since.
    fn held(&self, steps: &Steps<'_>, object: &Object, id: Uuid) -> Option<Conflict> {
        let referrers = self.referrers.get(&(object.name.clone(), id))?;
        let still = |r: &&super::now::Referrer| match steps.get(&r.record) {
            None => true,
            Some(step) => {
                step.after.as_ref().is_some_and(|row| row.get(&r.field).and_then(Value::as_id) == Some(id))
            }
        };
        let (holder, _) = &referrers.iter().find(still)?.record;
        let holder = &self.model.objects.get(holder)?.label_plural;
        let detail = format!("{holder} refer to this {} since; it stays.", object.label.to_lowercase());
        Some(Conflict::about(object, id, detail))
    }

    /// A changed record that is there no more. Who does not reach everything may just not see it.
    fn gone(&mut self, batch: &Batch, object: &Object, id: Uuid) {
        let grant = policy::grant::<policy::Read>(self.model, batch.actor(), &object.name);
        if grant.is_ok_and(|g| g.is_unbounded()) {
            let detail = format!("This {} was deleted since.", object.label.to_lowercase());
            self.conflicts.push(Conflict::about(object, id, detail));
        }
    }
}

/// A record as the log holds it.
fn image(object: &Object, id: Uuid, before: &Json) -> Row {
    let fields = object.fields.values();
    let mut row: Row =
        fields.filter_map(|f| Some((f.name.clone(), from_json(f, before.get(&f.name)?)))).collect();
    row.insert("id".into(), id.into());
    row
}

/// Set by formulas and rules, never by people.
fn is_computed(field: &Field) -> bool {
    field.formula.is_some() || field.read_only && !field.system && field.kind != Kind::AutoNumber
}

fn whole_or_self(taking: &Taking<'_>, object: &Object, entry: &Logged, now: &Row) -> Option<Named> {
    match whole_of(taking.model, object, entry, Some(now)) {
        Some((whole, id)) => Some((whole.name.clone(), id)),
        None => Some((object.name.clone(), entry.record)),
    }
}

fn int(value: &Value) -> Option<i64> {
    if let Value::Int(i) = value { Some(*i) } else { None }
}
