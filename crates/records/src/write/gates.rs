//! Pipelines: allowed moves and gates. All gaps are answered at once, so that a form can show every one.
use super::{Batch, Work};
use crate::rule::Facts;
use kernel::{Outcome, Problem, Row, Value};
use meta::{Action, Field, Gate, Kind, Model, Object, Pipeline, Stage};
use policy::{Actor, Read};

/// The field that a pipeline's probabilities fill, where an object has it.
const PROBABILITY: &str = "probability";

impl Batch {
    pub(super) fn check_moves(&mut self, model: &Model, object: &Object, work: &mut Work, facts: &Facts) {
        let mut problems = vec![];
        for pipeline in moved(object, work) {
            let target = text(work, &pipeline.field);
            let Some(stage) = stage_of(pipeline, &target) else { continue };
            if work.action == Action::Update {
                problems.extend(not_allowed(pipeline, work, stage));
                problems.extend(self.not_permitted(model, object, pipeline, work));
            }
            let gaps = stage.gates.iter().filter_map(|g| gap(model, object, work, facts, stage, g));
            let gaps: Vec<_> = gaps.collect();
            match self.overridden(model, object, pipeline, work) {
                true => self.gate_passed |= !gaps.is_empty(),
                false => problems.extend(gaps),
            }
        }
        work.problems.extend(problems);
    }

    /// The right that a pipeline asks for, besides the right to change the record.
    fn not_permitted(
        &self,
        model: &Model,
        object: &Object,
        pipeline: &Pipeline,
        work: &Work,
    ) -> Option<Problem> {
        let permission = pipeline.permission.as_deref()?;
        self.held_where(model, object, permission, work).err().map(|p| p.at(&pipeline.field))
    }

    fn overridden(&self, model: &Model, object: &Object, pipeline: &Pipeline, work: &Work) -> bool {
        let reason = self.source.override_reason.as_deref().is_some_and(|r| !r.trim().is_empty());
        let right = pipeline.override_permission.as_deref();
        reason && right.is_some_and(|p| self.held_where(model, object, p, work).is_ok())
    }

    /// A right that is asked for where the record is, and where it goes.
    fn held_where(
        &self,
        model: &Model,
        object: &Object,
        permission: &str,
        work: &Work,
    ) -> Result<(), Problem> {
        let rows = work.draft.before.iter().chain([&work.draft.after]);
        let place =
            |row: &Row| row.get("location_id").and_then(Value::as_id).filter(|_| object.location_scoped);
        rows.map(place).try_for_each(|place| policy::may_in(model, &self.actor, permission, place))
    }

    /// Gates that count related records. What a source brings in from elsewhere may stand in a late stage before its
    /// related records are there; what somebody makes here may not.
    pub(super) async fn check_related_gates(
        &mut self,
        model: &Model,
        object: &Object,
        works: &mut [Work],
    ) -> Outcome<()> {
        let brought = self.source.kind.brings_history();
        for work in works.iter_mut().filter(|w| w.action == Action::Update || !brought) {
            for pipeline in moved(object, work) {
                let overridden = self.overridden(model, object, pipeline, work);
                let Some(stage) = stage_of(pipeline, &text(work, &pipeline.field)) else { continue };
                for gate in &stage.gates {
                    let Gate::Related { related, filter, min, max, message, field } = gate else { continue };
                    let enough = max.map_or(*min, |max| max.saturating_add(1)) as usize;
                    let found = self.related(model, object, work, related, filter, enough).await?;
                    // With `max` the gate asks for no more than so many, else for no fewer than `min`.
                    if (found < enough) != max.is_some() {
                        if overridden {
                            self.gate_passed = true;
                            continue;
                        }
                        let at = field.as_deref().unwrap_or(related);
                        work.problems.push(Problem::new("stage.gate", message.clone()).at(at));
                    }
                }
            }
        }
        Ok(())
    }

    /// How many related records there are, `most` at most. Counted with the system's eyes: whether the stage may be
    /// entered does not depend on what the mover may see.
    async fn related(
        &mut self,
        model: &Model,
        object: &Object,
        work: &Work,
        related: &str,
        filter: &str,
        most: usize,
    ) -> Outcome<usize> {
        // Rows of a part list are in the draft, and may not be stored yet.
        if filter.is_empty() && object.fields.get(related).is_some_and(|f| f.kind == Kind::Parts) {
            return Ok(work.draft.parts(related).count());
        }
        let Some(inverse) = object.inverses.iter().find(|i| i.name == related) else { return Ok(0) };
        self.flush().await?;
        let system = Actor::system(self.actor.workspace, "gate");
        let grant = policy::grant::<Read>(model, &system, &inverse.object)?;
        let mut pairs = query::pairs(filter);
        pairs.push((inverse.field.clone(), format!("eq.{}", work.draft.id)));
        pairs.push(("select".into(), "id".into()));
        pairs.push(("limit".into(), most.max(1).to_string()));
        let ask = query::parse(&pairs, &query::Headers::default())?;
        let plan = query::list(model, &system, &grant, &ask)?;
        Ok(self.cx.page(&plan).await?.rows)
    }
}

/// Pipelines whose stage this draft changes (or sets, for a new record).
fn moved<'o>(object: &'o Object, work: &Work) -> Vec<&'o Pipeline> {
    let governs = |p: &&Pipeline| match &p.selector {
        None => true,
        Some(selector) => text(work, selector) == p.name,
    };
    object.pipelines.iter().filter(governs).filter(|p| work.draft.changed(&p.field)).collect()
}

/// A stage brings its probability along, unless the caller gave another.
pub(super) fn fill_probability(object: &Object, work: &mut Work) {
    let Some(field) = object.fields.get(PROBABILITY) else { return };
    let by_default = work.draft.is_new() && is_default(field, work.draft.value(PROBABILITY));
    if work.draft.changed(PROBABILITY) && !by_default {
        return;
    }
    if let Some(probability) = entered(object, work).iter().find_map(|s| s.probability) {
        work.draft.after.insert(PROBABILITY.into(), Value::Decimal(probability.into()));
    }
}

fn is_default(field: &Field, value: Option<&Value>) -> bool {
    let Some(meta::DefaultValue::Fixed(json)) = &field.default else { return false };
    meta::parse(field, json).ok().as_ref() == value
}

/// The stages being entered.
pub(super) fn entered<'o>(object: &'o Object, work: &Work) -> Vec<&'o Stage> {
    moved(object, work).into_iter().filter_map(|p| stage_of(p, &text(work, &p.field))).collect()
}

fn stage_of<'p>(pipeline: &'p Pipeline, name: &str) -> Option<&'p Stage> {
    pipeline.stages.iter().find(|s| s.name == name)
}

fn not_allowed(pipeline: &Pipeline, work: &Work, target: &Stage) -> Option<Problem> {
    let before = work.draft.before.as_ref()?.get(&pipeline.field)?.as_text()?.to_string();
    let from = stage_of(pipeline, &before)?;
    let allowed = from.to.as_ref()?;
    if allowed.contains(&target.name) {
        return None;
    }
    let label = |name: &String| stage_of(pipeline, name).map_or(name.clone(), |s| format!("“{}”", s.label));
    let next = match &allowed[..] {
        [] => "It is the last stage.".to_string(),
        all => format!("From here it can go to {}.", all.iter().map(label).collect::<Vec<_>>().join(", ")),
    };
    let detail = format!("“{}” cannot be moved to “{}”. {next}", from.label, target.label);
    let extra = serde_json::json!({ "from": before, "allowed": allowed });
    Some(Problem::new("stage.not_allowed", detail).at(&pipeline.field).with(extra))
}

fn gap(
    model: &Model,
    object: &Object,
    work: &Work,
    facts: &Facts,
    stage: &Stage,
    gate: &Gate,
) -> Option<Problem> {
    let value = |path: &str| value_at(object, work, facts, path);
    let in_cel = |path: &str| match object.fields.get(path).filter(|f| f.kind == Kind::Parts) {
        Some(_) => super::formula::rows(work.draft.parts(path)),
        None => value(path),
    };
    match gate {
        Gate::Filled { filled } => value(filled).is_empty().then(|| {
            let label = object.fields.get(filled).map_or(filled.as_str(), |f| f.label.as_str());
            Problem::new("stage.gate", format!("“{}” needs {label}.", stage.label)).at(filled)
        }),
        Gate::AnyFilled { any_filled, message } => {
            any_filled.iter().all(|path| value(path).is_empty()).then(|| {
                Problem::new("stage.gate", message.clone()).at(any_filled.first().map_or("", |f| f.as_str()))
            })
        }
        Gate::When { when, message, field } => {
            let holds = super::formula::compiled(model, object, when).and_then(|e| e.evaluate(&in_cel).ok());
            // A condition over missing values does not hold.
            (holds != Some(Value::Bool(true))).then(|| {
                let problem = Problem::new("stage.gate", message.clone());
                match field {
                    Some(field) => problem.at(field),
                    None => problem,
                }
            })
        }
        Gate::Related { .. } => None,
    }
}

/// `amount`, or one hop along a reference: `client.email`. A part list counts as filled when it has rows.
fn value_at(object: &Object, work: &Work, facts: &Facts, path: &str) -> Value {
    match path.split_once('.') {
        None if object.fields.get(path).is_some_and(|f: &Field| f.kind == Kind::Parts) => {
            if work.draft.parts(path).next().is_some() { Value::Bool(true) } else { Value::Null }
        }
        None => work.draft.value(path).cloned().unwrap_or_default(),
        Some((hop, field)) => {
            let found = reference_of(object, hop).and_then(|(name, to)| {
                let id = work.draft.value(&name)?.as_id()?;
                facts.row(&to, id)?.get(field).cloned()
            });
            found.unwrap_or_default()
        }
    }
}

/// The reference field that is embedded as `hop`, and the object it leads to.
pub(super) fn reference_of(object: &Object, hop: &str) -> Option<(String, String)> {
    let field = object.fields.values().find(|f| f.reference.as_ref().is_some_and(|r| r.embed == hop))?;
    Some((field.name.clone(), field.reference.as_ref()?.to.clone()))
}

fn text(work: &Work, field: &str) -> String {
    work.draft.value(field).and_then(Value::as_text).unwrap_or_default().to_string()
}
