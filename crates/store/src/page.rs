//! A planned read: its statements in as few round trips as they need, its rows as one JSON array.
use crate::session::{Ask, Mode, Session};
use crate::{Planned, json, problems, raw};
use anyhow::{Context, Result};
use futures_util::{FutureExt, future};
use kernel::{Failure, Problem, Uuid, Value};
use meta::Model;
use query::{Estimate, ManyPlan, Member, Plan, Shape, Statement};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::pin::Pin;
use tokio_postgres::Row;

/// What a list answers with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// A JSON array.
    pub body: Vec<u8>,
    pub rows: usize,
    /// How many there are besides this page, where it was asked for.
    pub total: Option<i64>,
    /// Where the next page starts; absent on the last.
    pub cursor: Option<String>,
    pub offset: u64,
}

impl Page {
    /// The one record as a JSON object; a refusal when there are none or several.
    pub fn single(&self) -> Result<&[u8], Problem> {
        if self.rows == 1 {
            return Ok(&self.body[1..self.body.len() - 1]);
        }
        let detail = format!("Exactly one record was asked for, {} were found.", self.rows);
        Err(Problem::new("query.single", detail))
    }
}

/// Why a page could not be made.
pub(crate) enum PageError {
    Database(tokio_postgres::Error),
    /// Bytes that do not fit the plan's codecs.
    Bug(anyhow::Error),
}

impl PageError {
    pub fn failure(self, model: &Model) -> Failure {
        match self {
            Self::Database(e) => problems::failure(e, model),
            Self::Bug(e) => Failure::Broken(e),
        }
    }
}
impl From<tokio_postgres::Error> for PageError {
    fn from(e: tokio_postgres::Error) -> Self {
        Self::Database(e)
    }
}
impl From<anyhow::Error> for PageError {
    fn from(e: anyhow::Error) -> Self {
        Self::Bug(e)
    }
}

pub(crate) type Made<T> = Result<T, PageError>;

/// A page in a transaction of its own, with the revision of the model that the transaction saw. Without to-many
/// relations and estimates everything goes out in one write, and rows are written as they arrive.
pub(crate) async fn alone(
    session: &Session,
    workspace: Uuid,
    planned: &Planned,
) -> Made<(Option<i64>, Made<Page>)> {
    let plan = &*planned.plan;
    let rows = Ask { text: &plan.rows.text, params: &planned.params };
    let asks = std::iter::once(rows).chain(plan.count.as_ref().map(Ask::from));
    let questions = session.prepare_all(asks).await?;
    if plan.many.is_empty() && plan.estimate.is_none() {
        let mut writer = Writer::new(plan);
        let (revision, read) = session.read(workspace, &questions, |at, row| writer.take(at, row)).await?;
        return Ok((revision, read.and_then(|()| writer.page())));
    }
    let opened = session.opening(Mode::Read, workspace, &questions).await?;
    let page = match opened.rows {
        Ok(answers) => deep(session, plan, answers).await,
        Err(e) => Err(e.into()),
    };
    Ok((opened.revision, page))
}

/// A page inside a transaction that is already open.
pub(crate) async fn inside(session: &Session, plan: &Plan) -> Made<Page> {
    let questions: Vec<&Statement> = std::iter::once(&plan.rows).chain(&plan.count).collect();
    deep(session, plan, session.rows_of_all(&questions).await?).await
}

/// A page in the making.
struct Writer<'a> {
    plan: &'a Plan,
    page: Page,
    last: Option<Row>,
}

impl<'a> Writer<'a> {
    fn new(plan: &'a Plan) -> Self {
        Self { plan, page: Page { body: vec![b'['], offset: plan.offset, ..Page::default() }, last: None }
    }

    /// A row of the first question, or the count.
    fn take(&mut self, question: usize, row: Row) -> Made<()> {
        if question > 0 {
            self.page.total = Some(number(&row)?);
            return Ok(());
        }
        self.write(&row, &[])?;
        self.last = Some(row);
        Ok(())
    }

    fn write(&mut self, row: &Row, many: &[Gathered]) -> Result<()> {
        if self.page.rows > 0 {
            self.page.body.push(b',');
        }
        self.page.rows += 1;
        object(&mut self.page.body, &self.plan.shape, row, many)
    }

    fn page(self) -> Made<Page> {
        let mut page = self.page;
        page.body.push(b']');
        page.cursor = next_cursor(self.plan, page.rows, self.last.as_ref())?;
        Ok(page)
    }
}

/// The rest of a page whose rows are here: to-many relations, estimate, JSON.
async fn deep(session: &Session, plan: &Plan, answers: Vec<Vec<Row>>) -> Made<Page> {
    let mut answers = answers.into_iter();
    let mut rows = answers.next().context("a plan has rows")?;
    let total = match (&plan.estimate, answers.next()) {
        (Some(e), _) => Some(estimate(session, plan, e, rows.len()).await?),
        (None, Some(count)) => Some(one_number(&count)?),
        (None, None) => None,
    };
    let many = gather(session, &plan.many, &rows).await?;
    let mut writer = Writer::new(plan);
    for row in &rows {
        writer.write(row, &many)?;
    }
    writer.page.total = total;
    writer.last = rows.pop();
    writer.page()
}

/// Small results are counted, large ones are told as the planner guesses them.
async fn estimate(session: &Session, plan: &Plan, estimate: &Estimate, on_page: usize) -> Made<i64> {
    let expected = planned_rows(&session.explain(&estimate.rows).await?)?;
    let seen = i64::try_from(plan.offset).unwrap_or(i64::MAX).saturating_add_unsigned(on_page as u64);
    let asked_for = plan.limit.and_then(|l| i64::try_from(l).ok()).unwrap_or(0);
    match &estimate.exact {
        Some(exact) if expected <= asked_for || expected < seen => {
            Ok(one_number(&session.rows(exact).await?)?)
        }
        _ => Ok(expected),
    }
}

fn planned_rows(rows: &[Row]) -> Result<i64> {
    let row = rows.first().context("explain answers with a row")?;
    let plan: serde_json::Value = serde_json::from_slice(raw::bytes(row, 0)?.context("a plan")?)?;
    let expected = plan.pointer("/0/Plan/Plan Rows").and_then(|n| n.as_f64());
    Ok(expected.context("a plan has `Plan Rows`")? as i64)
}

pub(crate) fn one_number(rows: &[Row]) -> Result<i64> {
    number(rows.first().context("a count answers with a row")?)
}

fn number(row: &Row) -> Result<i64> {
    raw::int(raw::bytes(row, 0)?.context("a count is not null")?)
}

/// A full page has a next one as far as anybody knows.
fn next_cursor(plan: &Plan, rows: usize, last: Option<&Row>) -> Result<Option<String>> {
    let full = plan.limit.is_some_and(|limit| limit > 0 && rows as u64 >= limit);
    let Some(last) = last.filter(|_| full && !plan.cursor.is_empty()) else { return Ok(None) };
    let values: Result<Vec<Value>> =
        plan.cursor.iter().zip(&plan.cursor_codecs).map(|(c, codec)| raw::value(last, *c, *codec)).collect();
    Ok(Some(query::cursor(plan, &values?)))
}

/// The rows of one to-many relation as JSON, without brackets, by the parent they belong to.
pub(crate) struct Gathered {
    parent: usize,
    by_parent: HashMap<Uuid, Vec<u8>>,
}

/// All relations of one level in one round trip, then those inside them.
pub(crate) fn gather<'a>(
    session: &'a Session,
    plans: &'a [ManyPlan],
    parents: &'a [Row],
) -> Pin<Box<dyn Future<Output = Made<Vec<Gathered>>> + Send + 'a>> {
    future::try_join_all(plans.iter().map(move |plan| gather_one(session, plan, parents))).boxed()
}

async fn gather_one(session: &Session, plan: &ManyPlan, parents: &[Row]) -> Made<Gathered> {
    let ids = distinct_ids(parents, plan.parent)?;
    let mut by_parent: HashMap<Uuid, Vec<u8>> = HashMap::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(Gathered { parent: plan.parent, by_parent });
    }
    let mut statement = plan.rows.clone();
    *statement.params.get_mut(1).context("a to-many statement takes its parents as $2")? = Value::Ids(ids);
    let rows = session.rows(&statement).await?;
    let nested = gather(session, &plan.many, &rows).await?;
    for row in &rows {
        let parent = raw::uuid(raw::bytes(row, 0)?.context("a to-many row has a parent")?)?;
        let array = match by_parent.entry(parent) {
            Entry::Occupied(e) => {
                let array = e.into_mut();
                array.push(b',');
                array
            }
            Entry::Vacant(e) => e.insert(Vec::new()),
        };
        object(array, &plan.shape, row, &nested)?;
    }
    Ok(Gathered { parent: plan.parent, by_parent })
}

fn distinct_ids(rows: &[Row], column: usize) -> Result<Vec<Uuid>> {
    let mut seen = std::collections::HashSet::with_capacity(rows.len());
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(bytes) = raw::bytes(row, column)? else { continue };
        let id = raw::uuid(bytes)?;
        if seen.insert(id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

pub(crate) fn object(out: &mut Vec<u8>, shape: &Shape, row: &Row, many: &[Gathered]) -> Result<()> {
    out.push(b'{');
    members(out, shape, row, many, &mut true)?;
    out.push(b'}');
    Ok(())
}

fn members(out: &mut Vec<u8>, shape: &Shape, row: &Row, many: &[Gathered], first: &mut bool) -> Result<()> {
    for member in &shape.members {
        if let Member::Spread { shape } = member {
            members(out, shape, row, many, first)?;
            continue;
        }
        if !std::mem::take(first) {
            out.push(b',');
        }
        match member {
            Member::Column { prefix, column, codec } => {
                out.extend_from_slice(prefix.as_bytes());
                let raw = raw::bytes(row, *column)?;
                json::write(out, *codec, row.columns()[*column].type_(), raw)
                    .with_context(|| format!("{prefix} as {codec:?}"))?;
            }
            Member::One { prefix, present, shape } => {
                out.extend_from_slice(prefix.as_bytes());
                match raw::bytes(row, *present)? {
                    Some(_) => object(out, shape, row, many)?,
                    None => out.extend_from_slice(b"null"),
                }
            }
            Member::Many { prefix, slot } => {
                out.extend_from_slice(prefix.as_bytes());
                array(out, many.get(*slot).context("the plan has no such relation")?, row)?;
            }
            Member::Spread { .. } => {}
        }
    }
    Ok(())
}

pub(crate) fn array(out: &mut Vec<u8>, many: &Gathered, row: &Row) -> Result<()> {
    let parent = raw::bytes(row, many.parent)?.map(raw::uuid).transpose()?;
    out.push(b'[');
    if let Some(rows) = parent.and_then(|p| many.by_parent.get(&p)) {
        out.extend_from_slice(rows);
    }
    out.push(b']');
    Ok(())
}
