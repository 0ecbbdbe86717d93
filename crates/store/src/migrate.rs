//! `kontor migrate`: the engine's numbered migrations, then the blueprints' tables.
use crate::sync::{self, Catalogue, Planned};
use crate::{Store, doors};
use anyhow::{Context, Result};
use meta::Library;
use refinery::Runner;
use tokio_postgres::{Client, NoTls};

mod engine {
    refinery::embed_migrations!("migrations");
}

/// Any number will do as long as every Kontor uses the same.
const LOCK: i64 = 0x6b6f_6e74_6f72;
const HISTORY: &str = "kontor.migrations";

/// Partitions of the change log that a migration makes ahead; the worker makes those that follow.
const MONTHS_AHEAD: i32 = 4;

#[derive(Debug, Clone, Copy, Default)]
pub struct MigrateOptions {
    /// Tell what would be done, and do nothing.
    pub plan_only: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MigrationReport {
    /// SQL, in the order it is (or would be) run.
    pub steps: Vec<String>,
    /// What needs a person: columns that no blueprint has, types that differ.
    pub warnings: Vec<String>,
    pub planned_only: bool,
}

impl Store {
    /// Safe to run at any time and by several processes at once; a second run finds nothing to do.
    pub async fn migrate(&self, library: &Library, options: MigrateOptions) -> Result<MigrationReport> {
        let mut client = owner(self).await?;
        lock(&client).await?;
        let mut report = MigrationReport { planned_only: options.plan_only, ..Default::default() };
        role(self, &client, &mut report).await?;
        engine_migrations(&mut client, &mut report).await?;
        leakproof(&client, &mut report).await?;
        blueprints(self, &client, library, &mut report).await?;
        partitions(&client, &mut report).await?;
        if !report.planned_only {
            doors::versions::note(&client, library).await.context("noting the blueprints' versions")?;
        }
        Ok(report)
    }

    /// Takes back the last `count` engine migrations, their data included. Blueprint tables must be gone or empty of
    /// references to them; this is for developers and for leaving a version that never went live.
    pub async fn migrate_down(&self, count: usize) -> Result<Vec<String>> {
        let mut client = owner(self).await?;
        lock(&client).await?;
        let applied = applied(&mut client).await?;
        let mut undone = vec![];
        for version in applied.into_iter().rev().take(count) {
            let (_, sql) =
                DOWN.iter().find(|(v, _)| *v == version).context("a migration without a way back")?;
            let whole = format!("begin;\n{sql};\ndelete from {HISTORY} where version = {version};\ncommit");
            client.batch_execute(&whole).await.with_context(|| format!("taking back version {version}"))?;
            undone.push(whole);
        }
        Ok(undone)
    }
}

const DOWN: &[(i32, &str)] = &[
    (1, include_str!("../down/V0001.sql")),
    (2, include_str!("../down/V0002.sql")),
    (3, include_str!("../down/V0003.sql")),
    (4, include_str!("../down/V0004.sql")),
    (5, include_str!("../down/V0005.sql")),
    (8, include_str!("../down/V0008.sql")),
    (9, include_str!("../down/V0009.sql")),
    (11, include_str!("../down/V0011.sql")),
    (12, include_str!("../down/V0012.sql")),
    (13, include_str!("../down/V0013.sql")),
    (14, include_str!("../down/V0014.sql")),
    (15, include_str!("../down/V0015.sql")),
    (17, include_str!("../down/V0017.sql")),
    (18, include_str!("../down/V0018.sql")),
    (21, include_str!("../down/V0021.sql")),
    (23, include_str!("../down/V0023.sql")),
];

/// Names everything that decides what a freshly migrated database looks like.
pub fn fingerprint(library: &Library) -> String {
    let mut text = String::new();
    for migration in runner().get_migrations() {
        text.push_str(migration.sql().unwrap_or_default());
    }
    let wanted = sync::tables(&library.union());
    for step in sync::plan(&wanted, Catalogue::default(), "kontor_app").steps {
        text.push_str(&step.sql);
    }
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// Held until the connection ends, whatever happens. Asked for again and again, because a statement that waits for it
/// would hold a snapshot, for whose end `create index concurrently` of the one that has the lock would wait.
async fn lock(client: &Client) -> Result<()> {
    while !client.query_one("select pg_try_advisory_lock($1)", &[&LOCK]).await?.get::<_, bool>(0) {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    Ok(())
}

pub(crate) async fn owner(store: &Store) -> Result<Client> {
    let (client, connection) =
        store.inner.config.owner()?.connect(NoTls).await.context("connecting as the owner")?;
    tokio::spawn(async move {
        if let Err(e) = connection.await {
            tracing::warn!(error = %e, "The connection of a migration ended");
        }
    });
    client.batch_execute("set client_min_messages = warning").await?;
    Ok(client)
}

/// The application's role belongs to the whole cluster, so databases that are migrated side by side meet here.
async fn role(store: &Store, client: &Client, report: &mut MigrationReport) -> Result<()> {
    let name = &store.inner.config.app_role;
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    let exists = client.query_opt("select 1 from pg_roles where rolname = $1", &[name]).await?.is_some();
    if !exists {
        let sql = format!("create role {quoted} nologin");
        report.steps.push(sql.clone());
        if !report.planned_only {
            unless_another_did(client, &sql).await?;
        }
    }
    if report.planned_only && !exists {
        return Ok(());
    }
    // Since PostgreSQL 16 who makes a role may administer it, and becomes it only when told so.
    let sql = "select pg_has_role($1, case when current_setting('server_version_num')::int < 160000 \
        then 'member' else 'set' end)";
    if !client.query_one(sql, &[name]).await?.get::<_, bool>(0) {
        let sql = format!("grant {quoted} to current_user");
        report.steps.push(sql.clone());
        if !report.planned_only {
            let told = "the owner of the database must be allowed to become the application's role; \
                a superuser may run";
            unless_another_did(client, &sql).await.with_context(|| format!("{told}: {sql}"))?;
        }
    }
    Ok(())
}

/// Roles have no `if not exists`, and two databases of a cluster may be migrated at once.
async fn unless_another_did(client: &Client, sql: &str) -> Result<()> {
    let tolerant = format!(
        "do $do$ begin {sql}; exception when duplicate_object or unique_violation or internal_error then null; end $do$"
    );
    Ok(client.batch_execute(&tolerant).await?)
}

fn runner() -> Runner {
    let mut runner = engine::migrations::runner();
    runner.set_migration_table_name(HISTORY);
    runner
}

async fn applied(client: &mut Client) -> Result<Vec<i32>> {
    let there = client.query_one("select to_regclass($1) is not null", &[&HISTORY]).await?;
    if !there.get::<_, bool>(0) {
        return Ok(vec![]);
    }
    let rows = client.query(&format!("select version from {HISTORY} order by version"), &[]).await?;
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

async fn engine_migrations(client: &mut Client, report: &mut MigrationReport) -> Result<()> {
    let applied = applied(client).await?;
    let runner = runner();
    let mut all: Vec<_> = runner.get_migrations().iter().collect();
    all.sort();
    let missing = all.into_iter().filter(|m| !applied.contains(&m.version()));
    let missing: Vec<String> =
        missing.map(|m| format!("-- {m}\n{}", m.sql().unwrap_or_default().trim_end())).collect();
    if missing.is_empty() {
        return Ok(());
    }
    report.steps.extend(missing);
    if !report.planned_only {
        // The history lies in a schema that the first migration would make.
        client.batch_execute("create schema if not exists kontor").await?;
        runner.run_async(client).await.context("the engine's migrations")?;
    }
    Ok(())
}

/// Under row-level security the planner uses an index only for operators that cannot tell a value of a row that the
/// policy hides (`leakproof`). `like`, the comparisons of `numeric` and the containment operators are not marked so,
/// and without them no search would ever use its index. None of these functions shows its arguments: they raise no
/// error about them and write nothing. Only a superuser can mark them; elsewhere search works and is slower.
const LEAKPROOF: &[&str] = &[
    "pg_catalog.textlike(text,text)",
    "pg_catalog.texticlike(text,text)",
    "pg_catalog.numeric_eq(numeric,numeric)",
    "pg_catalog.numeric_lt(numeric,numeric)",
    "pg_catalog.numeric_le(numeric,numeric)",
    "pg_catalog.numeric_gt(numeric,numeric)",
    "pg_catalog.numeric_ge(numeric,numeric)",
    "pg_catalog.jsonb_contains(jsonb,jsonb)",
    "pg_catalog.arraycontains(anyarray,anyarray)",
    "pg_catalog.arrayoverlap(anyarray,anyarray)",
    "pg_catalog.jsonb_object_field_text(jsonb,text)",
    "pg_catalog.jsonb_object_field(jsonb,text)",
    "kontor.as_bigint(text)",
    "kontor.as_numeric(text)",
    "kontor.as_boolean(text)",
    "kontor.as_date(text)",
    "kontor.as_timestamptz(text)",
    "kontor.as_uuid(text)",
    "kontor.as_texts(jsonb)",
    "kontor.as_uuids(jsonb)",
    "kontor.searched(text)",
];

async fn leakproof(client: &Client, report: &mut MigrationReport) -> Result<()> {
    let names: Vec<String> = LEAKPROOF.iter().map(|f| (*f).to_string()).collect();
    let sql = "select f from unnest($1::text[]) f join pg_proc p on p.oid = to_regprocedure(f) where not p.proleakproof";
    let unmarked: Vec<String> = client.query(sql, &[&names]).await?.iter().map(|r| r.get(0)).collect();
    if unmarked.is_empty() {
        return Ok(());
    }
    let superuser =
        client.query_one("select rolsuper from pg_roles where rolname = current_user", &[]).await?;
    if !superuser.get::<_, bool>(0) {
        report.warnings.push(format!(
            "Search and sorting by amounts are slower than they could be: a superuser may run, in this database, {}",
            mark(&unmarked)
        ));
        return Ok(());
    }
    let sql = mark(&unmarked);
    if !report.planned_only {
        client.batch_execute(&sql).await?;
    }
    report.steps.push(sql);
    Ok(())
}

fn mark(functions: &[String]) -> String {
    functions.iter().map(|f| format!("alter function {f} leakproof;")).collect::<Vec<_>>().join("\n")
}

async fn blueprints(
    store: &Store,
    client: &Client,
    library: &Library,
    report: &mut MigrationReport,
) -> Result<()> {
    let role = &store.inner.config.app_role;
    let found = Catalogue::read(client, role).await?;
    let wanted = sync::tables(&library.union());
    let Planned { steps, warnings } = sync::plan(&wanted, found, role);
    report.steps.extend(steps.iter().map(|s| s.sql.clone()));
    report.warnings.extend(warnings);
    if !report.planned_only {
        sync::run(client, &steps).await.context("the blueprints' tables")?;
    }
    Ok(())
}

async fn partitions(client: &Client, report: &mut MigrationReport) -> Result<()> {
    if report.planned_only {
        return Ok(());
    }
    let made = client
        .query_one("select kontor.ensure_partitions((now() at time zone 'utc')::date, $1)", &[&MONTHS_AHEAD])
        .await?
        .get::<_, i32>(0);
    if made > 0 {
        report.steps.push(format!("-- {made} partitions of the change log"));
    }
    Ok(())
}
