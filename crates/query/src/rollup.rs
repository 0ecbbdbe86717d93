//! The statement that computes a rollup for many records at once: one row for each that has anything to count.
use crate::ask::Filter;
use crate::build::{Level, Planner, Scope, Stmt};
use crate::{Headers, Statement, pairs, parse, shape};
use kernel::{Problem, Problems, Uuid, Value};
use meta::{Codec, Field, Model, Object, Rollup, RollupFunction};
use policy::Actor;
use std::rc::Rc;

/// The largest number that a decimal of Kontor holds, and the largest whole one of a column. A sum beyond is empty,
/// as a formula is that cannot be computed.
const MOST: &str = "79228162514264337593543950335";
const MOST_WHOLE: &str = "9223372036854775807";

/// Rows of (id of the record, value). `$1` is the workspace, `$2` the records. Counted with the system's eyes: what a
/// rollup holds does not depend on who wrote last. `None`: the relation is not there (a trade leaves its object out).
pub fn rollup(
    model: &Model,
    workspace: Uuid,
    object: &Object,
    field: &Field,
    ids: &[Uuid],
) -> Result<Option<Statement>, Problems> {
    let Some(rollup) = &field.rollup else { return Ok(None) };
    let Some(inverse) = object.inverses.iter().find(|i| i.name == rollup.of && i.through.is_none()) else {
        return Ok(None);
    };
    let Some(child) = model.objects.get(&inverse.object) else { return Ok(None) };
    let filters = parse(&pairs(&rollup.filter), &Headers::default())?.filters;
    let params = vec![Value::Id(workspace), Value::Ids(ids.to_vec())];
    let asked = Asked { model, workspace, child, by: &inverse.field, field, rollup };
    asked.statement(&filters, params).map(Some).map_err(|p| vec![p])
}

struct Asked<'a> {
    model: &'a Model,
    workspace: Uuid,
    child: &'a Object,
    /// The child's reference.
    by: &'a str,
    field: &'a Field,
    rollup: &'a Rollup,
}

impl Asked<'_> {
    fn statement(&self, filters: &[Filter], params: Vec<Value>) -> Result<Statement, Problem> {
        let system = Actor::system(self.workspace, "rollup");
        let planner = Planner::new(self.model, &system, 1);
        let (child, rollup) = (self.child, self.rollup);
        let level = Level::root(child, "a", Rc::new(|_| true));
        let mut stmt = Stmt::new(params);
        let parent = shape::column(child, child.field(self.by)?, "a");
        let mut all = vec!["a.workspace_id = $1".to_string(), format!("{parent} = any($2::uuid[])")];
        all.extend(child.archivable.then(|| "a.archived_at is null".to_string()));
        for filter in filters {
            all.push(planner.filter(&mut stmt, &level, filter, &Scope::default())?);
        }
        let condition = all.join(" and ");
        let from = shape::from(child, "a");
        let text = if rollup.function == RollupFunction::Last {
            let value = shape::expr(child, read(child, rollup)?, "a").selected();
            let order = shape::column(child, child.field(rollup.order())?, "a");
            let key = shape::key(child, "a");
            format!(
                "select distinct on ({parent}) {parent} as id, {value}\nfrom {from}\nwhere {condition}\n\
                 order by {parent}, {order} desc nulls last, {key} desc"
            )
        } else {
            let value = value(child, self.field, rollup)?;
            format!("select {parent} as id, {value}\nfrom {from}\nwhere {condition}\ngroup by 1\norder by 1")
        };
        Ok(Statement { text, params: stmt.params })
    }
}

fn read<'o>(child: &'o Object, rollup: &Rollup) -> Result<&'o Field, Problem> {
    child.field(rollup.field.as_deref().unwrap_or_default())
}

fn value(child: &Object, field: &Field, rollup: &Rollup) -> Result<String, Problem> {
    let of = || Ok::<_, Problem>(shape::column(child, read(child, rollup)?, "a"));
    let whole = field.stored_kind().codec(field.many) == Codec::Int8;
    Ok(match rollup.function {
        RollupFunction::Count => "count(*)".into(),
        RollupFunction::Min => format!("min({})", of()?),
        RollupFunction::Max | RollupFunction::Last => format!("max({})", of()?),
        RollupFunction::Sum => {
            let sum = format!("sum({})", of()?);
            let (most, cast) = if whole { (MOST_WHOLE, "::bigint") } else { (MOST, "::numeric") };
            format!("case when abs({sum}) <= {most} then {sum}{cast} end")
        }
    })
}
