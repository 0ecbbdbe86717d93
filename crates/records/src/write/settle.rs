//! What a draft goes through before it may be written: defaults, facts, formulas, rules, required fields, moves, gates.
use super::body::{nested, part_object};
use super::facts::Whereabouts;
use super::{Batch, Work};
use kernel::{Outcome, Problem, Problems, Row, Uuid, Value};
use meta::{Action, Field, Kind, Model, Object};

impl Batch {
    pub(super) async fn settle(&mut self, model: &Model, object: &Object, works: &mut [Work]) -> Outcome<()> {
        self.fill_defaults(model, object, works).await?;
        let facts = self.facts(model, object, works).await?;
        let engine = self.engine.clone();
        for work in works.iter_mut() {
            self.derive(model, object, work, &facts, &engine);
            required(model, object, work);
            self.check_moves(model, object, work, &facts);
            let found = engine.rules(&object.name).flat_map(|rule| rule.check(&work.draft, &facts));
            let found: Problems = found.collect();
            work.problems.extend(found);
            if self.source.automations && work.problems.is_empty() {
                let rules = engine.rules(&object.name);
                work.effects = rules.flat_map(|rule| rule.effects(&work.draft, &facts)).collect();
            }
        }
        self.check_related_gates(model, object, works).await
    }

    /// Computes again what formulas and rules set on stored records, and asks the rules whether it may stay so.
    pub(crate) async fn settle_again(&mut self, model: &Model, object: &Object, ids: &[Uuid]) -> Outcome<()> {
        self.flush().await?;
        let statement = query::write::rows_by(object, self.actor.workspace, "id", ids, true);
        let rows = self.cx.query(&statement, &query::write::codecs(object)).await?;
        let mut parts = self.parts_of(model, object, ids).await?;
        let mut works = vec![];
        for row in rows.into_iter().map(|values| super::decode_row(object, values)) {
            let stored = super::id_of(&row).and_then(|id| parts.remove(&id)).unwrap_or_default();
            works.push(Work::unchanged(object, row, stored));
        }
        let facts = self.facts(model, object, &works).await?;
        let engine = self.engine.clone();
        let mut problems = vec![];
        for work in &mut works {
            self.derive(model, object, work, &facts, &engine);
            problems.extend(engine.rules(&object.name).flat_map(|rule| rule.check(&work.draft, &facts)));
            self.stage(model, object, &mut work.draft);
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.into()) }
    }

    /// Formulas of the parts, then the rules, then the formulas of the whole, which may look at what rules set.
    fn derive(
        &self,
        model: &Model,
        object: &Object,
        work: &mut Work,
        facts: &crate::Facts,
        engine: &crate::Engine,
    ) {
        super::gates::fill_probability(object, work);
        if work.draft.is_new() {
            super::rollups::begin(object, &mut work.draft.after);
        }
        let lists: Vec<String> = work.draft.parts.keys().cloned().collect();
        for list in &lists {
            let Some(part) = part_object(model, object, list) else { continue };
            for row in work.draft.parts_mut(list) {
                super::formula::fill(model, part, row, &|_| None);
            }
        }
        for rule in engine.rules(&object.name) {
            rule.derive(&mut work.draft, facts);
        }
        let parts = &work.draft.parts;
        let rows_of = |list: &str| {
            let rows = parts.get(list)?.iter().filter_map(|p| p.after.as_ref());
            Some(super::formula::rows(rows))
        };
        super::formula::fill(model, object, &mut work.draft.after, &rows_of);
    }

    async fn fill_defaults(&mut self, model: &Model, object: &Object, works: &mut [Work]) -> Outcome<()> {
        for work in works.iter_mut() {
            if object.location_scoped && work.action == Action::Create {
                self.place(object, work).await?;
            }
            if object.location_scoped && displaced(work) {
                work.problems.push(unplaced(object));
            }
            let location = work.draft.value("location_id").and_then(Value::as_id);
            let place = self.place_settings(model, location).await?;
            let context = meta::DefaultContext {
                now: self.at,
                timezone: place.timezone,
                member: self.actor.member,
                currency: place.currency,
            };
            if work.action == Action::Create {
                defaults(object, &mut work.draft.after, &context);
            }
            let lists: Vec<String> = work.draft.parts.keys().cloned().collect();
            for list in lists {
                let Some(part) = part_object(model, object, &list) else { continue };
                let rows = work.draft.parts.get_mut(&list).into_iter().flatten();
                for row in rows.filter(|p| p.before.is_none()).filter_map(|p| p.after.as_mut()) {
                    defaults(part, row, &context);
                }
            }
        }
        Ok(())
    }

    /// The location of a new record: as given, as chosen for the request, or the only one there is for the member.
    async fn place(&mut self, object: &Object, work: &mut Work) -> Outcome<()> {
        if work.draft.value("location_id").is_some_and(|v| !v.is_null()) {
            return Ok(());
        }
        let location = match self.actor.location {
            Some(location) => Whereabouts::Here(location),
            None => self.only_location().await?,
        };
        match location {
            Whereabouts::Nowhere => {}
            Whereabouts::Here(location) => {
                work.draft.after.insert("location_id".into(), location.into());
            }
            Whereabouts::Unsaid => {
                work.problems.push(unplaced(object));
            }
        }
        Ok(())
    }
}

/// A record that had a location would have none.
fn displaced(work: &Work) -> bool {
    let none = |row: &Row| row.get("location_id").is_none_or(Value::is_null);
    work.draft.before.as_ref().is_some_and(|before| !none(before)) && none(&work.draft.after)
}

fn unplaced(object: &Object) -> Problem {
    let detail = format!("Say which location this {} belongs to.", object.label.to_lowercase());
    let hint = "Send `location_id`, or the header `X-Location-Id`.";
    Problem::new("location.required", detail).at("location_id").hint(hint)
}

fn defaults(object: &Object, row: &mut Row, context: &meta::DefaultContext) {
    for field in object.fields.values().filter(|f| f.default.is_some()) {
        if !row.contains_key(&field.name)
            && let Some(value) = meta::default(field, context)
        {
            row.insert(field.name.clone(), value);
        }
    }
}

fn required(model: &Model, object: &Object, work: &mut Work) {
    missing(object, &work.draft.after, &mut work.problems);
    for (list, rows) in &work.draft.parts {
        let Some(part) = part_object(model, object, list) else { continue };
        for (i, row) in rows.iter().filter_map(|p| p.after.as_ref()).enumerate() {
            let mut found = vec![];
            missing(part, row, &mut found);
            work.problems.extend(found.into_iter().map(|p| nested(&format!("{list}.{i}"), p)));
        }
    }
}

fn missing(object: &Object, row: &Row, problems: &mut Problems) {
    for field in object.fields.values().filter(|f| f.required && !f.system && asked_for(f)) {
        let empty = row.get(&field.name).is_none_or(Value::is_empty);
        // A wrong value has been told already; "required" beside it would send the reader astray.
        let told = problems.iter().any(|p| p.field.as_deref() == Some(field.name.as_str()));
        if empty && !told {
            problems.push(
                Problem::new("field.required", format!("{} is required.", field.label)).at(&field.name),
            );
        }
    }
}

/// Numbers come later in the write, part lists may be empty rows of their own.
fn asked_for(field: &Field) -> bool {
    !matches!(field.kind, Kind::AutoNumber | Kind::Parts | Kind::Formula)
}
