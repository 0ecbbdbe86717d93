//! A transaction of somebody, in a workspace, with the model it was begun under.
use crate::session::Session;
use crate::store::Known;
use crate::{Page, Workspace, page, problems, raw};
use anyhow::{Result, anyhow};
use kernel::{Failure, Outcome, Value};
use meta::{Codec, Model};
use policy::Actor;
use query::{Plan, Statement};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio_postgres::Row;

/// Dropping it rolls back.
pub struct Cx {
    session: Session,
    known: Known,
    actor: Actor,
    /// A statement failed, so the transaction can only be rolled back. PostgreSQL answers a `commit` of such a
    /// transaction with success, which would turn a swallowed error into lost writes.
    failed: AtomicBool,
}

impl Cx {
    pub(crate) fn new(session: Session, known: Known, actor: &Actor) -> Self {
        Self { session, known, actor: actor.clone(), failed: AtomicBool::new(false) }
    }

    /// Who began it.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    pub fn model(&self) -> &Arc<Model> {
        &self.known.model
    }

    pub fn workspace(&self) -> &Arc<Workspace> {
        &self.known.workspace
    }

    /// Rows, typed by `codecs`, one for each column.
    pub async fn query(&self, statement: &Statement, codecs: &[Codec]) -> Outcome<Vec<Vec<Value>>> {
        let rows = self.session.rows(statement).await.map_err(|e| self.failure(e))?;
        typed(&rows, codecs)
    }

    pub async fn execute(&self, statement: &Statement) -> Outcome<u64> {
        self.session.execute(statement).await.map_err(|e| self.failure(e))
    }

    /// Several reads in one round trip.
    pub async fn queries(&self, statements: &[(&Statement, &[Codec])]) -> Outcome<Vec<Vec<Vec<Value>>>> {
        let only: Vec<&Statement> = statements.iter().map(|(s, _)| *s).collect();
        let all = self.session.rows_of_all(&only).await.map_err(|e| self.failure(e))?;
        all.iter().zip(statements).map(|(rows, (_, codecs))| typed(rows, codecs)).collect()
    }

    /// Several writes in one round trip: rows affected by each.
    pub async fn pipeline(&self, statements: &[Statement]) -> Outcome<Vec<u64>> {
        self.session.execute_all(statements).await.map_err(|e| self.failure(e))
    }

    /// A planned read as JSON, inside this transaction.
    pub async fn page(&self, plan: &Plan) -> Outcome<Page> {
        page::inside(&self.session, plan).await.map_err(|e| self.page_failure(e))
    }

    /// For dry runs and for rows that may fail: what is done from here can be taken back alone.
    pub async fn savepoint(&self) -> Outcome<()> {
        self.session.command("savepoint here").await.map_err(|e| self.failure(e))
    }

    /// Back to the last `savepoint`, also after a failed statement.
    pub async fn rollback_to(&self) -> Outcome<()> {
        self.session.command("rollback to savepoint here").await.map_err(|e| self.failure(e))?;
        self.failed.store(false, Relaxed);
        Ok(())
    }

    /// What was done since the last `savepoint` stays.
    pub async fn release(&self) -> Outcome<()> {
        self.session.command("release savepoint here").await.map_err(|e| self.failure(e))
    }

    pub async fn commit(self) -> Outcome<()> {
        self.commit_with(&[]).await.map(|_| ())
    }

    /// Writes and the commit in one round trip. Nothing is kept if one of them fails.
    pub async fn commit_with(self, statements: &[Statement]) -> Outcome<Vec<u64>> {
        if self.failed.load(Relaxed) {
            return Err(
                anyhow!("a transaction was to be committed after one of its statements failed").into()
            );
        }
        let model = self.known.model;
        self.session.execute_all_and_commit(statements).await.map_err(|e| problems::failure(e, &model))
    }

    /// What the application does not want kept.
    pub async fn rollback(self) -> Outcome<()> {
        self.session.command("rollback").await.map_err(|e| problems::failure(e, &self.known.model))?;
        self.session.close();
        Ok(())
    }

    fn failure(&self, error: tokio_postgres::Error) -> Failure {
        self.failed.store(true, Relaxed);
        problems::failure(error, &self.known.model)
    }

    fn page_failure(&self, error: page::PageError) -> Failure {
        self.failed.store(true, Relaxed);
        error.failure(&self.known.model)
    }
}

fn typed(rows: &[Row], codecs: &[Codec]) -> Outcome<Vec<Vec<Value>>> {
    let rows: Result<Vec<_>> = rows.iter().map(|r| raw::values(r, codecs)).collect();
    Ok(rows?)
}
