//! The pools, and the models by workspace.
use crate::herald::Herald;
use crate::session::{Mode, Session};
use crate::{Cx, StoreConfig, Workspace, doors, problems, raw, upgrade};
use anyhow::{Context, Result, anyhow};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use kernel::{Failure, Outcome, Problem, Uuid, Value};
use meta::{Codec, Model};
use policy::Actor;
use query::Statement;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub config: StoreConfig,
    /// As the application's role.
    pub pool: Pool,
    /// As the owner, for `doors` only.
    pub doors: Pool,
    known: RwLock<HashMap<Uuid, Known>>,
    pub herald: Herald,
    reaper: JoinHandle<()>,
}

/// What is cached of a workspace.
#[derive(Clone)]
pub(crate) struct Known {
    pub model: Arc<Model>,
    pub workspace: Arc<Workspace>,
}

/// Statements with what their rows hold, and the rows.
type First = (Statement, Vec<Codec>);
type Rows = Vec<Vec<Value>>;

impl Drop for Inner {
    fn drop(&mut self) {
        self.reaper.abort();
    }
}

impl Store {
    /// Opens the pools and checks that the database answers. It need not have been migrated yet.
    pub async fn connect(config: &StoreConfig) -> Result<Store> {
        // A door's errand cannot be tried again from here, so its connection is tried before.
        let doors = pool(config, config.owner()?, config.door_connections, RecyclingMethod::Verified)?;
        let version: i32 = {
            let client = doors.get().await.context("the database does not answer")?;
            client.query_one("select current_setting('server_version_num')::int", &[]).await?.get(0)
        };
        if version < 150_000 {
            return Err(anyhow!("PostgreSQL 15 or newer is needed, this is {}", version / 10_000));
        }
        // That a connection is in order when it comes back is `Session`'s doing; that it still stands, `mend`'s.
        let pool = pool(config, config.app()?, config.max_connections, RecyclingMethod::Fast)?;
        let reaper = tokio::spawn(close_idle(vec![pool.clone(), doors.clone()], config.idle_timeout));
        let (known, herald) = (RwLock::default(), Herald::new(doors.clone()));
        Ok(Store { inner: Arc::new(Inner { config: config.clone(), pool, doors, known, herald, reaper }) })
    }

    pub fn config(&self) -> &StoreConfig {
        &self.inner.config
    }

    /// Ends all connections; what is running finishes first.
    pub fn close(&self) {
        self.inner.pool.close();
        self.inner.doors.close();
    }

    /// A transaction in exchange for an identity. Dropping it rolls back.
    pub async fn begin(&self, actor: &Actor) -> Outcome<Cx> {
        self.open(actor, Mode::Write).await
    }

    pub async fn begin_read(&self, actor: &Actor) -> Outcome<Cx> {
        self.open(actor, Mode::Read).await
    }

    /// To change the workspace's model: no write of the workspace is under way beside it, and none begins until it ends.
    pub async fn begin_model(&self, actor: &Actor) -> Outcome<Cx> {
        self.open(actor, Mode::Model).await
    }

    async fn open(&self, actor: &Actor, mode: Mode) -> Outcome<Cx> {
        let mut retried = false;
        loop {
            let session = Session::new(self).await?;
            match session.begin(mode, actor.workspace).await {
                Ok(revision) => {
                    let known = self.at_revision(actor.workspace, revision).await?;
                    return Ok(Cx::new(session, known, actor));
                }
                Err(e) => self.mend(&session, e, &Model::default(), &mut retried).await?,
            }
        }
    }

    /// `begin` and a first statement, planned from the model, in one round trip. Where the cached model was old,
    /// the statement is planned again from the new one.
    pub async fn begin_with(
        &self,
        actor: &Actor,
        plan: impl Fn(&Model) -> Outcome<First>,
    ) -> Outcome<(Cx, Rows)> {
        let mut retried = false;
        loop {
            let known = self.known(actor.workspace).await?;
            let (first, codecs) = match plan(&known.model) {
                Ok(planned) => planned,
                Err(refused) if self.is_current(actor, &known).await? => return Err(refused),
                Err(_) => continue,
            };
            let session = Session::new(self).await?;
            match session.begin_with(Mode::Write, actor.workspace, &first).await {
                Ok((revision, _)) if revision != Some(known.model.revision) => {
                    self.at_revision(actor.workspace, revision).await?;
                }
                Ok((_, Ok(rows))) => {
                    let rows: Result<Rows> = rows.iter().map(|r| raw::values(r, &codecs)).collect();
                    return Ok((Cx::new(session, known, actor), rows?));
                }
                Ok((_, Err(e))) => self.mend(&session, e, &known.model, &mut retried).await?,
                Err(e) => self.mend(&session, e, &known.model, &mut retried).await?,
            }
        }
    }

    /// A connection that died while it rested, and a statement that a migration overtook, are worth one more try.
    pub(crate) async fn mend(
        &self,
        session: &Session,
        error: tokio_postgres::Error,
        model: &Model,
        retried: &mut bool,
    ) -> Outcome<()> {
        let stale = problems::is_stale_statement(&error);
        if *retried || !(stale || problems::is_lost(&error)) {
            return Err(problems::failure(error, model));
        }
        if stale {
            session.forget_statements();
        } else {
            // Where one connection died, those beside it did too, and are about to notice.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        *retried = true;
        Ok(())
    }

    /// The model of a workspace: its blueprints and its own changes, merged.
    pub async fn model(&self, workspace: Uuid) -> Outcome<Arc<Model>> {
        Ok(self.known(workspace).await?.model)
    }

    /// What is known of a workspace besides its model. Cached like the model, by the same revision.
    pub async fn workspace(&self, workspace: Uuid) -> Outcome<Arc<Workspace>> {
        Ok(self.known(workspace).await?.workspace)
    }

    /// After a change of blueprints, overlay or settings in this process; others see the new revision by themselves.
    pub fn forget(&self, workspace: Uuid) {
        self.write_known(|known| known.remove(&workspace));
    }

    pub(crate) async fn known(&self, workspace: Uuid) -> Outcome<Known> {
        let cached = self.inner.known.read().unwrap_or_else(PoisonError::into_inner).get(&workspace).cloned();
        match cached {
            Some(known) => Ok(known),
            None => self.load(workspace).await,
        }
    }

    /// The cached model if it has the revision that the transaction saw, else a fresh one.
    pub(crate) async fn at_revision(&self, workspace: Uuid, revision: Option<i64>) -> Outcome<Known> {
        let Some(revision) = revision else { return Err(no_workspace()) };
        let known = self.known(workspace).await?;
        if known.model.revision == revision { Ok(known) } else { self.load(workspace).await }
    }

    /// Whether a refusal by the cached model stands, or another process has changed the model meanwhile.
    pub(crate) async fn is_current(&self, actor: &Actor, known: &Known) -> Outcome<bool> {
        let session = Session::new(self).await?;
        let revision = session.begin(Mode::Read, actor.workspace).await.map_err(problems::plain)?;
        if revision == Some(known.model.revision) {
            return Ok(true);
        }
        drop(session);
        self.at_revision(actor.workspace, revision).await?;
        Ok(false)
    }

    async fn load(&self, id: Uuid) -> Outcome<Known> {
        let found = doors::workspaces::by_id(self, id).await?.filter(|w| w.is_active);
        let Some(workspace) = found else {
            self.forget(id);
            return Err(no_workspace());
        };
        let mut model = upgrade::running(self, &workspace).await?;
        model.revision = workspace.model_revision;
        if model.objects.values().any(|o| o.fields.values().any(|f| o.wants_index(f))) {
            doors::indexes::fill_in(self, id, &mut model).await?;
        }
        let known = Known { model: Arc::new(model), workspace: Arc::new(workspace) };
        self.write_known(|all| all.insert(id, known.clone()));
        Ok(known)
    }

    fn write_known<T>(&self, change: impl FnOnce(&mut HashMap<Uuid, Known>) -> T) -> T {
        change(&mut self.inner.known.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn no_workspace() -> Failure {
    Problem::new("record.not_found", "This workspace does not exist, or is not active.").into()
}

fn pool(
    config: &StoreConfig,
    connect: tokio_postgres::Config,
    size: usize,
    recycling_method: RecyclingMethod,
) -> Result<Pool> {
    let manager = Manager::from_config(connect, NoTls, ManagerConfig { recycling_method });
    Pool::builder(manager)
        .max_size(size)
        .wait_timeout(Some(config.connect_timeout))
        .create_timeout(Some(config.connect_timeout))
        .runtime(Runtime::Tokio1)
        .build()
        .context("the pool of connections")
}

async fn close_idle(pools: Vec<Pool>, after: std::time::Duration) {
    let mut every = tokio::time::interval(std::time::Duration::from_secs(5).min(after));
    loop {
        every.tick().await;
        for pool in &pools {
            pool.retain(|_, metrics| metrics.last_used() < after);
        }
    }
}
