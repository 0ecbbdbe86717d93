//! What an undo knows: the records as they are now, whose parts may be written, and who refers to what.
use super::{Batch, Conflict, Logged, Named, UndoAsk};
use crate::write::{decode_row, holders, id_of};
use indexmap::IndexMap;
use kernel::{Outcome, Problem, Row, Uuid, Value};
use meta::{Action, Codec, Model, Object};
use query::Statement;
use query::write::lock;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A record and the field by which it refers.
pub(super) struct Referrer {
    pub record: Named,
    pub field: String,
}

/// What an undo knows of the chunk at hand, and what came of all of it so far.
pub(super) struct Taking<'m> {
    pub model: &'m Model,
    pub ask: &'m UndoAsk,
    /// The records as they are now, locked, as far as the actor's reach goes.
    pub rows: HashMap<Named, Row>,
    /// Wholes whose parts may be written.
    pub wholes: HashSet<Named>,
    /// Who refers to a record that this change created.
    pub referrers: HashMap<Named, Vec<Referrer>>,

    pub restored: usize,
    pub conflicts: Vec<Conflict>,
    pub denied: Vec<Problem>,
    /// Records that are back: to be within reach.
    pub back: BTreeMap<String, Vec<Uuid>>,
    /// Records and wholes of which only a part is as it was.
    pub again: HashSet<Named>,
    /// Wholes whose parts were touched, and records that are wholly as they were.
    pub stale_wholes: HashSet<Named>,
    pub clean: HashSet<Named>,
}

impl<'m> Taking<'m> {
    pub fn new(model: &'m Model, ask: &'m UndoAsk) -> Self {
        Self {
            model,
            ask,
            rows: HashMap::new(),
            wholes: HashSet::new(),
            referrers: HashMap::new(),
            restored: 0,
            conflicts: vec![],
            denied: vec![],
            back: BTreeMap::new(),
            again: HashSet::new(),
            stale_wholes: HashSet::new(),
            clean: HashSet::new(),
        }
    }
}

impl Batch {
    pub(super) async fn look(&mut self, taking: &mut Taking<'_>, logged: &[Logged]) -> Outcome<()> {
        taking.rows = self.current(taking.model, logged).await?;
        self.reachable_wholes(taking, logged).await?;
        self.find_referrers(taking, logged).await
    }

    /// The records as they are now, locked, as far as the actor may do the opposite. Part rows without reach: their
    /// whole's counts.
    async fn current(&mut self, model: &Model, logged: &[Logged]) -> Outcome<HashMap<Named, Row>> {
        let mut wanted: IndexMap<(&str, Action), Vec<Uuid>> = IndexMap::new();
        for entry in logged {
            let Some(object) = model.objects.get(&entry.object) else { continue };
            wanted.entry((&object.name, entry.opposite(object))).or_default().push(entry.record);
        }
        let mut rows = HashMap::new();
        for ((name, action), mut ids) in wanted {
            ids.sort();
            ids.dedup();
            let object = &model.objects[name];
            let Some(statement) = self.lock_for(model, object, action, &ids) else { continue };
            for values in self.query(&statement, &query::write::codecs(object)).await? {
                let row = decode_row(object, values);
                if let Some(id) = id_of(&row) {
                    rows.insert((name.to_string(), id), row);
                }
            }
        }
        Ok(rows)
    }

    /// `None`: the actor has no leave, and the entries stay (`permitted` has refused where that matters).
    fn lock_for(&self, model: &Model, object: &Object, action: Action, ids: &[Uuid]) -> Option<Statement> {
        let (actor, name) = (self.actor(), &object.name);
        if self.whole || object.part_of.is_some() {
            return Some(query::write::rows_by(object, actor.workspace, "id", ids, true));
        }
        Some(match action {
            Action::Delete => {
                lock(model, object, &policy::grant::<policy::Delete>(model, actor, name).ok()?, ids)
            }
            Action::Create => {
                lock(model, object, &policy::grant::<policy::Create>(model, actor, name).ok()?, ids)
            }
            Action::Archive => {
                lock(model, object, &policy::grant::<policy::Archive>(model, actor, name).ok()?, ids)
            }
            _ => lock(model, object, &policy::grant::<policy::Update>(model, actor, name).ok()?, ids),
        })
    }

    /// Wholes within the actor's reach.
    async fn reachable_wholes(&mut self, taking: &mut Taking<'_>, logged: &[Logged]) -> Outcome<()> {
        let model = taking.model;
        let mut wanted: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
        for entry in logged {
            let Some(object) = model.objects.get(&entry.object) else { continue };
            let now = taking.rows.get(&(entry.object.clone(), entry.record));
            if let Some((whole, id)) = whole_of(model, object, entry, now) {
                wanted.entry(&whole.name).or_default().insert(id);
            }
        }
        taking.wholes.clear();
        for (name, ids) in wanted {
            if self.whole {
                taking.wholes.extend(ids.into_iter().map(|id| (name.to_string(), id)));
                continue;
            }
            let Ok(grant) = policy::grant::<policy::Update>(model, self.actor(), name) else { continue };
            let ids: Vec<_> = ids.into_iter().collect();
            let statement = query::write::present(model, &model.objects[name], &grant, &ids);
            let found = self.query(&statement, &[Codec::Uuid]).await?;
            taking.wholes.extend(found.iter().filter_map(|r| Some((name.to_string(), r[0].as_id()?))));
        }
        Ok(())
    }

    /// Records that refer to what this change created. The created ones are locked, so nobody can add another.
    async fn find_referrers(&mut self, taking: &mut Taking<'_>, logged: &[Logged]) -> Outcome<()> {
        let model = taking.model;
        let mut created: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
        for entry in logged.iter().filter(|e| e.before.is_none()) {
            created.entry(&entry.object).or_default().push(entry.record);
        }
        taking.referrers.clear();
        for (name, ids) in created {
            for (holder, field, _) in holders(model, name) {
                let statement = query::write::rows_by(holder, self.actor().workspace, &field, &ids, false);
                for values in self.query(&statement, &query::write::codecs(holder)).await? {
                    let row = decode_row(holder, values);
                    let (Some(id), Some(to)) = (id_of(&row), row.get(&field).and_then(Value::as_id)) else {
                        continue;
                    };
                    let referrers = taking.referrers.entry((name.to_string(), to)).or_default();
                    referrers.push(Referrer { record: (holder.name.clone(), id), field: field.clone() });
                }
            }
        }
        Ok(())
    }
}

/// The whole of a part row, by the row or by what the log says of it.
pub(super) fn whole_of<'m>(
    model: &'m Model,
    object: &'m Object,
    entry: &Logged,
    now: Option<&Row>,
) -> Option<(&'m Object, Uuid)> {
    object.part_of.as_ref()?;
    let (whole, field) = query::home(model, object)?;
    let said = |json: &Option<Json>| json.as_ref()?.get(&field.name)?.as_str()?.parse().ok();
    let id = now.and_then(|row| row.get(&field.name)?.as_id());
    Some((whole, id.or_else(|| said(&entry.before)).or_else(|| said(&entry.after))?))
}
