//! A connection that is about to be, or is, in a transaction. Statements that are awaited together go out together.
use crate::param::Param;
use crate::{Store, problems};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryFutureExt, TryStreamExt, future, pin_mut};
use kernel::{Outcome, Uuid};
use query::Statement;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Poll;
use tokio_postgres::{Error, Row, RowStream};

/// Most statements that a connection keeps prepared. Beyond it the connection starts again from none: rare filters
/// of the query grammar must not fill the server's memory, and the frequent ones are prepared again at once.
const MAX_PREPARED: usize = 500;
/// Counting the prepared statements walks them all, so it is done every so many uses of a connection.
const COUNT_EVERY: usize = 32;

/// The tenant for row-level security, and the revision of its model, in one statement.
const OPEN: &str = "select set_config('kontor.workspace', $1, true), \
    (select model_revision from kontor.workspaces where id = $2 and is_active)";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
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
        let opening = self.client.prepare_cached(OPEN).await?;
        self.open.store(true, Relaxed);
        let (begun, opened) =
            future::join(self.send_begin(mode), self.open_tenant(&opening, workspace)).await;
        begun?;
        opened
    }

    /// `begin` and, in the same round trip, a first statement.
    pub async fn begin_with(
        &self,
        mode: Mode,
        workspace: Uuid,
        first: &Statement,
    ) -> Result<(Option<i64>, Result<Vec<Row>, Error>), Error> {
        let opening = self.client.prepare_cached(OPEN).await?;
        let prepared = self.client.prepare_cached(&first.text).await?;
        self.open.store(true, Relaxed);
        let (begun, opened, rows) = future::join3(
            self.send_begin(mode),
            self.open_tenant(&opening, workspace),
            self.collect(&prepared, first),
        )
        .await;
        begun?;
        Ok((opened?, rows))
    }

    /// Begins a read and does `work` in the same round trip. `work` must have prepared its statements: what it
    /// sends before it waits for the first time is what travels together.
    pub async fn opening<T>(
        &self,
        workspace: Uuid,
        work: impl Future<Output = T>,
    ) -> Result<(Option<i64>, T), Error> {
        let opening = self.client.prepare_cached(OPEN).await?;
        self.open.store(true, Relaxed);
        let (begun, opened, done) =
            future::join3(self.send_begin(Mode::Read), self.open_tenant(&opening, workspace), work).await;
        begun?;
        Ok((opened?, done))
    }

    /// A whole read transaction around `work` in one round trip.
    pub async fn around<T>(
        &self,
        workspace: Uuid,
        work: impl Future<Output = T>,
    ) -> Result<(Option<i64>, T), Error> {
        let opening = self.client.prepare_cached(OPEN).await?;
        self.open.store(true, Relaxed);
        let (begun, opened, done, committed) = future::join4(
            self.send_begin(Mode::Read),
            self.open_tenant(&opening, workspace),
            work,
            self.client.batch_execute("commit"),
        )
        .await;
        begun?;
        let opened = opened?;
        committed?;
        self.open.store(false, Relaxed);
        Ok((opened, done))
    }

    async fn send_begin(&self, mode: Mode) -> Result<(), Error> {
        let text = match mode {
            Mode::Read => "begin read only",
            Mode::Write => "begin",
        };
        self.client.batch_execute(text).await
    }

    async fn open_tenant(
        &self,
        opening: &tokio_postgres::Statement,
        workspace: Uuid,
    ) -> Result<Option<i64>, Error> {
        let mut text = [0; 36];
        let text: &str = workspace.hyphenated().encode_lower(&mut text);
        let row = self.client.query_one(opening, &[&text, &workspace]).await?;
        row.try_get(1)
    }

    pub async fn prepare(&self, text: &str) -> Result<tokio_postgres::Statement, Error> {
        self.client.prepare_cached(text).await
    }

    /// Prepares what is not prepared yet, all of it in one round trip.
    async fn prepare_all(
        &self,
        statements: impl IntoIterator<Item = &Statement>,
    ) -> Result<Vec<tokio_postgres::Statement>, Error> {
        future::try_join_all(statements.into_iter().map(|s| self.client.prepare_cached(&s.text))).await
    }

    /// Rows as they come, for who need not keep them.
    pub async fn stream(
        &self,
        prepared: &tokio_postgres::Statement,
        statement: &Statement,
    ) -> Result<RowStream, Error> {
        self.client.query_raw(prepared, statement.params.iter().map(Param)).await
    }

    pub async fn collect(
        &self,
        prepared: &tokio_postgres::Statement,
        statement: &Statement,
    ) -> Result<Vec<Row>, Error> {
        self.stream(prepared, statement).await?.try_collect().await
    }

    pub async fn rows(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let prepared = self.prepare(&statement.text).await?;
        self.collect(&prepared, statement).await
    }

    async fn affected(
        &self,
        prepared: &tokio_postgres::Statement,
        statement: &Statement,
    ) -> Result<u64, Error> {
        let stream = self.stream(prepared, statement).await?;
        pin_mut!(stream);
        while stream.try_next().await?.is_some() {}
        Ok(stream.rows_affected().unwrap_or(0))
    }

    pub async fn execute(&self, statement: &Statement) -> Result<u64, Error> {
        let prepared = self.prepare(&statement.text).await?;
        self.affected(&prepared, statement).await
    }

    /// Several reads in one round trip.
    pub async fn rows_of_all(&self, statements: &[&Statement]) -> Result<Vec<Vec<Row>>, Error> {
        let prepared = self.prepare_all(statements.iter().copied()).await?;
        let running = prepared.iter().zip(statements).map(|(p, s)| self.collect(p, s).boxed());
        first_error(in_order(running.collect()).await)
    }

    /// Several writes in one round trip.
    pub async fn execute_all(&self, statements: &[Statement]) -> Result<Vec<u64>, Error> {
        let prepared = self.prepare_all(statements).await?;
        let running = prepared.iter().zip(statements).map(|(p, s)| self.affected(p, s).boxed());
        first_error(in_order(running.collect()).await)
    }

    /// Several writes and the commit, in one round trip. Where a write fails, the commit behind it rolls back.
    pub async fn execute_all_and_commit(self, statements: &[Statement]) -> Result<Vec<u64>, Error> {
        let prepared = self.prepare_all(statements).await?;
        let mut running: Vec<_> =
            prepared.iter().zip(statements).map(|(p, s)| self.affected(p, s).boxed()).collect();
        running.push(self.client.batch_execute("commit").map_ok(|()| 0).boxed());
        let mut written = first_error(in_order(running).await)?;
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

/// Starts every future before it waits for the first one, strictly in order: a commit must not overtake a write.
/// (`join_all` promises no order.) Answers come in the order of the questions, so they are awaited one by one.
async fn in_order<T>(futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut started: Vec<_> = futures.into_iter().map(future::maybe_done).collect();
    future::poll_fn(|cx| {
        for one in &mut started {
            let _waits = one.poll_unpin(cx);
        }
        Poll::Ready(())
    })
    .await;
    let mut results = Vec::with_capacity(started.len());
    for mut one in started {
        (&mut one).await;
        results.push(Pin::new(&mut one).take_output().expect("it has been awaited"));
    }
    results
}

/// In a pipeline everything behind a failure fails too; the cause is the first that is not such an echo.
pub(crate) fn first_error<T>(results: Vec<Result<T, Error>>) -> Result<Vec<T>, Error> {
    let mut done = Vec::with_capacity(results.len());
    let mut echo = None;
    for result in results {
        match result {
            Ok(value) => done.push(value),
            Err(e) if problems::is_echo(&e) => echo = echo.or(Some(e)),
            Err(e) => return Err(e),
        }
    }
    match echo {
        Some(e) => Err(e),
        None => Ok(done),
    }
}
