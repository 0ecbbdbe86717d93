//! A planned read of any length: one snapshot, a cursor of the server, a batch of rows at a time.
use crate::page::{self, Gathered, PageError};
use crate::session::{Mode, Session};
use crate::{Store, Workspace, problems, raw};
use anyhow::{Context, Result};
use kernel::{Outcome, Value};
use meta::Model;
use policy::Actor;
use query::{Member, Plan, Shape, Statement};
use std::sync::Arc;
use tokio_postgres::Row;

/// Rows of a batch: enough that round trips do not count, few enough that long texts do not either.
const BATCH: &str = "fetch 500 from reading";

/// Rows under way. Dropping it ends its transaction.
pub struct Reading {
    session: Session,
    model: Arc<Model>,
    workspace: Arc<Workspace>,
    plan: Plan,
    fetch: tokio_postgres::Statement,
    total: Option<i64>,
}

/// Rows that were read together, with the rows of their to-many relations.
pub struct Batch {
    rows: Vec<Row>,
    many: Vec<Gathered>,
    shape: Arc<Shape>,
}

impl Store {
    /// Begins to read everything that the plan names, however much it is.
    pub async fn reading(&self, actor: &Actor, plan: impl Fn(&Model) -> Outcome<Plan>) -> Outcome<Reading> {
        let session = Session::new(self).await?;
        let revision = session.begin(Mode::Snapshot, actor.workspace).await.map_err(problems::plain)?;
        let known = self.at_revision(actor.workspace, revision).await?;
        let plan = plan(&known.model)?;
        let (total, fetch) = open(&session, &plan).await.map_err(|e| PageError::failure(e, &known.model))?;
        Ok(Reading { session, model: known.model, workspace: known.workspace, plan, fetch, total })
    }
}

async fn open(session: &Session, plan: &Plan) -> page::Made<(Option<i64>, tokio_postgres::Statement)> {
    let total = match &plan.count {
        Some(count) => Some(page::one_number(&session.rows(count).await?)?),
        None => None,
    };
    // All rows are wanted: without this the plan is the one that gives the first tenth soonest.
    session.command("set local cursor_tuple_fraction = 1").await?;
    let text = format!("declare reading no scroll cursor for {}", plan.rows.text);
    let declare = session.prepare_once(&text).await?;
    session.collect(&declare, &Statement { text, params: plan.rows.params.clone() }).await?;
    Ok((total, session.prepare_once(BATCH).await?))
}

impl Reading {
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }
    pub fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }
    pub fn shape(&self) -> &Shape {
        &self.plan.shape
    }
    /// How many rows there are, where the plan counts.
    pub fn total(&self) -> Option<i64> {
        self.total
    }

    /// The next rows; `None` after the last.
    pub async fn next(&mut self) -> Outcome<Option<Batch>> {
        let batch = self.batch().await.map_err(|e| e.failure(&self.model))?;
        Ok((!batch.rows.is_empty()).then_some(batch))
    }

    async fn batch(&self) -> page::Made<Batch> {
        let none = Statement { text: BATCH.into(), params: vec![] };
        let rows = self.session.collect(&self.fetch, &none).await?;
        let many = page::gather(&self.session, &self.plan.many, &rows).await?;
        Ok(Batch { rows, many, shape: Arc::new(self.plan.shape.clone()) })
    }
}

impl Batch {
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One row as the list would give it: a JSON object.
    pub fn json(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        page::object(out, &self.shape, &self.rows[row], &self.many)
    }

    /// One row as a line of a table: embedded to-one records lie flat, to-many relations are JSON texts.
    pub fn values(&self, row: usize, out: &mut Vec<Value>) -> Result<()> {
        self.flatten(&self.shape, &self.rows[row], true, out)
    }

    fn flatten(&self, shape: &Shape, row: &Row, present: bool, out: &mut Vec<Value>) -> Result<()> {
        for member in &shape.members {
            match member {
                Member::Spread { shape } => self.flatten(shape, row, present, out)?,
                Member::One { present: column, shape, .. } => {
                    let present = present && raw::bytes(row, *column)?.is_some();
                    self.flatten(shape, row, present, out)?;
                }
                _ if !present => out.push(Value::Null),
                Member::Column { column, codec, .. } => out.push(raw::value(row, *column, *codec)?),
                Member::Many { slot, .. } => {
                    let many = self.many.get(*slot).context("the plan has no such relation")?;
                    let mut text = Vec::new();
                    page::array(&mut text, many, row)?;
                    out.push(Value::Text(String::from_utf8(text)?));
                }
            }
        }
        Ok(())
    }
}
