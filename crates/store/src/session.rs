//! A connection that is about to be, or is, in a transaction. Statements that are awaited together go out together.
use crate::param::Param;
use crate::{Store, problems};
use futures_util::{FutureExt, TryStreamExt, future};
use kernel::{Outcome, Uuid, Value};
use query::Statement;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Answers, Error, Item, Row};

/// Most statements that a connection keeps prepared. Beyond it the connection starts again from none: rare filters
/// of the query grammar must not fill the server's memory, and the frequent ones are prepared again at once.
const MAX_PREPARED: usize = 500;
/// Counting the prepared statements walks them all, so it is done every so many uses of a connection.
const COUNT_EVERY: usize = 32;

/// The tenant for row-level security, and the revision of its model, in one statement.
const TENANT: &str = "select set_config('kontor.workspace', $1, true), \
    (select model_revision from kontor.workspaces where id = $2 and is_active)";
/// The same for an implicit transaction, which nobody has begun as `read only`.
const TENANT_READ: &str = "select set_config('kontor.workspace', $1, true), \
    (select model_revision from kontor.workspaces where id = $2 and is_active), \
    set_config('transaction_read_only', 'on', true)";
/// The parameters of a statement that has none.
const NOTHING: [&(dyn ToSql + Sync); 0] = [];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
    /// Reads that all see the same moment.
    Snapshot,
    /// Changes the workspace's model: alone among its writers.
    Model,
}

impl Mode {
    fn begin(self) -> &'static str {
        match self {
            Self::Read => "begin read only",
            Self::Write | Self::Model => "begin",
            Self::Snapshot => "begin isolation level repeatable read read only",
        }
    }
    /// A write holds the model still: what it writes was checked by it. The lock is taken before the revision is read,
    /// or the revision would be that of before the wait. Writers queue behind a change of the model, so that one must
    /// not wait for long.
    fn lock(self) -> Option<&'static str> {
        match self {
            Self::Read | Self::Snapshot => None,
            Self::Write => Some("select pg_advisory_xact_lock_shared($1)"),
            Self::Model => Some("select set_config('lock_timeout', '3s', true), pg_advisory_xact_lock($1)"),
        }
    }
}

/// The workspace as a number for advisory locks. Two that share one wait for each other, no more.
fn model_key(workspace: Uuid) -> i64 {
    let (a, b) = workspace.as_u64_pair();
    (a ^ b) as i64
}

pub(crate) struct Session {
    client: deadpool_postgres::Object,
    /// A transaction is open, or may be.
    open: AtomicBool,
}

impl Drop for Session {
    /// Requests are cancelled in the middle, so rolling back is the guard's business. The first poll puts the
    /// message on the wire; whoever has the connection next is behind it.
    fn drop(&mut self) {
        if self.open.load(Relaxed) {
            let _sent = self.client.batch_execute("rollback").now_or_never();
        }
    }
}

impl Session {
    pub async fn new(store: &Store) -> Outcome<Session> {
        let client = store.inner.pool.get().await.map_err(problems::no_connection)?;
        let uses = deadpool_postgres::Object::metrics(&client).recycle_count;
        if uses % COUNT_EVERY == COUNT_EVERY - 1 && client.statement_cache.size() > MAX_PREPARED {
            client.statement_cache.clear();
        }
        Ok(Session { client, open: AtomicBool::new(false) })
    }

    /// Begins, sets the tenant and brings the revision of its model, in one round trip. `None`: no such workspace.
    pub async fn begin(&self, mode: Mode, workspace: Uuid) -> Result<Option<i64>, Error> {
        let opened = self.opening(mode, workspace, &[]).await?;
        opened.rows.map(|_| opened.revision)
    }

    /// `begin` and, in the same round trip, a first statement.
    pub async fn begin_with(
        &self,
        mode: Mode,
        workspace: Uuid,
        first: &Statement,
    ) -> Result<(Option<i64>, Result<Vec<Row>, Error>), Error> {
        let prepared = self.prepare(&first.text).await?;
        let opened = self.opening(mode, workspace, &[Prepared { prepared, params: &first.params }]).await?;
        Ok((opened.revision, opened.rows.map(|mut all| all.swap_remove(0))))
    }

    /// Begins, and asks the first questions in the same round trip.
    pub async fn opening(
        &self,
        mode: Mode,
        workspace: Uuid,
        first: &[Prepared<'_>],
    ) -> Result<Opened, Error> {
        let begin = self.prepare(mode.begin()).await?;
        let tenant = self.prepare(TENANT).await?;
        let lock = match mode.lock() {
            Some(text) => Some(self.prepare(text).await?),
            None => None,
        };
        let key = model_key(workspace);
        let mut batch = self.client.batch();
        batch.push(&begin, NOTHING)?;
        if let Some(lock) = &lock {
            let params: [&(dyn ToSql + Sync); 1] = [&key];
            batch.push(lock, params)?;
        }
        push_tenant(&mut batch, &tenant, workspace)?;
        let tenant_at = 1 + usize::from(lock.is_some());
        for one in first {
            one.push(&mut batch)?;
        }
        self.open.store(true, Relaxed);
        let mut revision = None;
        let mut rows: Vec<Vec<Row>> = first.iter().map(|_| vec![]).collect();
        let ended = each_row(batch.send()?, |at, row| match at {
            at if at < tenant_at => Ok(()),
            at if at == tenant_at => row.try_get(1).map(|found| revision = Some(found)),
            at => {
                rows[at - tenant_at - 1].push(row);
                Ok::<(), Error>(())
            }
        });
        match (ended.await, revision) {
            (Ok(()), revision) => Ok(Opened { revision: revision.flatten(), rows: Ok(rows) }),
            (Err(e), Some(revision)) => Ok(Opened { revision, rows: Err(e) }),
            (Err(e), None) => Err(e),
        }
    }

    /// A whole read: tenant, questions, end, under one sync, which makes them one implicit transaction. Rows are
    /// handed over as they come, each with the number of its question. The tenant stands before the first question
    /// runs, since statements of a pipeline run one after the other, and is gone with the transaction. A failure before
    /// the tenant's own row came tells nothing about the workspace, and is the outer one.
    pub async fn read<E: From<Error>>(
        &self,
        workspace: Uuid,
        questions: &[Prepared<'_>],
        mut each: impl FnMut(usize, Row) -> Result<(), E>,
    ) -> Result<(Option<i64>, Result<(), E>), E> {
        let tenant = self.prepare(TENANT_READ).await?;
        let mut batch = self.client.batch();
        push_tenant(&mut batch, &tenant, workspace)?;
        for question in questions {
            question.push(&mut batch)?;
        }
        let mut revision = None;
        let ended = each_row(batch.send()?, |at, row| match at {
            0 => row.try_get(1).map(|r| revision = Some(r)).map_err(E::from),
            at => each(at - 1, row),
        });
        match (ended.await, revision) {
            (Err(e), None) => Err(e),
            (ended, revision) => Ok((revision.flatten(), ended)),
        }
    }

    async fn prepare(&self, text: &str) -> Result<tokio_postgres::Statement, Error> {
        self.client.prepare_cached(text).await
    }

    /// Prepared for one use: its text names something that ends with the transaction.
    pub async fn prepare_once(&self, text: &str) -> Result<tokio_postgres::Statement, Error> {
        self.client.prepare(text).await
    }

    /// Prepares what is not prepared yet, all of it in one round trip; a text that comes often is prepared once.
    pub async fn prepare_all<'a>(
        &self,
        asks: impl IntoIterator<Item = Ask<'a>>,
    ) -> Result<Vec<Prepared<'a>>, Error> {
        let asks: Vec<Ask> = asks.into_iter().collect();
        if let [ask] = *asks {
            return Ok(vec![Prepared { prepared: self.prepare(ask.text).await?, params: ask.params }]);
        }
        let mut texts: Vec<&str> = asks.iter().map(|a| a.text).collect();
        texts.sort_unstable();
        texts.dedup();
        let known = future::try_join_all(texts.iter().map(|text| self.client.prepare_cached(text))).await?;
        let prepared = |ask: Ask<'a>| {
            let at = texts.binary_search(&ask.text).expect("every text was prepared");
            Prepared { prepared: known[at].clone(), params: ask.params }
        };
        Ok(asks.into_iter().map(prepared).collect())
    }

    pub async fn collect(
        &self,
        prepared: &tokio_postgres::Statement,
        statement: &Statement,
    ) -> Result<Vec<Row>, Error> {
        self.client.query_raw(prepared, statement.params.iter().map(Param)).await?.try_collect().await
    }

    pub async fn rows(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let prepared = self.prepare(&statement.text).await?;
        self.collect(&prepared, statement).await
    }

    pub async fn execute(&self, statement: &Statement) -> Result<u64, Error> {
        let prepared = self.prepare(&statement.text).await?;
        self.client.execute_raw(&prepared, statement.params.iter().map(Param)).await
    }

    /// Several reads in one round trip.
    pub async fn rows_of_all(&self, statements: &[&Statement]) -> Result<Vec<Vec<Row>>, Error> {
        let mut batch = self.client.batch();
        for one in self.prepare_all(statements.iter().copied().map(Ask::from)).await? {
            one.push(&mut batch)?;
        }
        let mut rows: Vec<Vec<Row>> = statements.iter().map(|_| vec![]).collect();
        each_row(batch.send()?, |at, row| {
            rows[at].push(row);
            Ok::<(), Error>(())
        })
        .await?;
        Ok(rows)
    }

    /// Several writes in one round trip. The first failure ends them.
    pub async fn execute_all(&self, statements: &[Statement]) -> Result<Vec<u64>, Error> {
        let mut batch = self.client.batch();
        for one in self.prepare_all(statements.iter().map(Ask::from)).await? {
            one.push(&mut batch)?;
        }
        affected(batch.send()?).await
    }

    /// Several writes and the commit, in one round trip. Where a write fails, the commit behind it is not reached.
    pub async fn execute_all_and_commit(self, statements: &[Statement]) -> Result<Vec<u64>, Error> {
        let commit = self.prepare("commit").await?;
        let mut batch = self.client.batch();
        for one in self.prepare_all(statements.iter().map(Ask::from)).await? {
            one.push(&mut batch)?;
        }
        batch.push(&commit, NOTHING)?;
        let mut written = affected(batch.send()?).await?;
        written.pop();
        self.open.store(false, Relaxed);
        Ok(written)
    }

    /// The transaction has ended well.
    pub fn close(self) {
        self.open.store(false, Relaxed);
    }

    /// One of the few fixed statements without parameters.
    pub async fn command(&self, text: &'static str) -> Result<(), Error> {
        self.client.batch_execute(text).await
    }

    pub async fn explain(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        // Never cached: a plan is wanted for these very values, now.
        let text = format!("explain (format json) {}", statement.text);
        let prepared = self.client.prepare(&text).await?;
        self.collect(&prepared, statement).await
    }

    /// After a migration changed columns under prepared statements.
    pub fn forget_statements(&self) {
        self.client.statement_cache.clear();
    }
}

/// A statement, borrowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub text: &'a str,
    pub params: &'a [Value],
}

impl<'a> From<&'a Statement> for Ask<'a> {
    fn from(statement: &'a Statement) -> Self {
        Self { text: &statement.text, params: &statement.params }
    }
}

/// A statement that the server knows, with its values.
pub(crate) struct Prepared<'a> {
    prepared: tokio_postgres::Statement,
    params: &'a [Value],
}

impl Prepared<'_> {
    fn push(&self, batch: &mut tokio_postgres::Batch<'_>) -> Result<(), Error> {
        batch.push(&self.prepared, self.params.iter().map(Param))
    }
}

/// What the first round trip of a transaction brought.
pub(crate) struct Opened {
    pub revision: Option<i64>,
    /// The rows of each question.
    pub rows: Result<Vec<Vec<Row>>, Error>,
}

fn push_tenant(
    batch: &mut tokio_postgres::Batch<'_>,
    tenant: &tokio_postgres::Statement,
    workspace: Uuid,
) -> Result<(), Error> {
    let mut text = [0; 36];
    let text: &str = workspace.hyphenated().encode_lower(&mut text);
    let params: [&(dyn ToSql + Sync); 2] = [&text, &workspace];
    batch.push(tenant, params)
}

/// Reads a pipeline's answers to the end, or to the first failure.
async fn each_row<E: From<Error>>(
    mut answers: Answers,
    mut each: impl FnMut(usize, Row) -> Result<(), E>,
) -> Result<(), E> {
    while let Some(item) = answers.next().await? {
        if let Item::Row(at, row) = item {
            each(at, row)?;
        }
    }
    Ok(())
}

/// How many rows each statement of a pipeline touched.
async fn affected(mut answers: Answers) -> Result<Vec<u64>, Error> {
    let mut all = vec![];
    while let Some(item) = answers.next().await? {
        if let Item::Done(_, rows) = item {
            all.push(rows);
        }
    }
    Ok(all)
}
