//! A workspace as a whole: every row of every table that belongs to it, out as JSON and in again.
//!
//! The tables are those of the catalogue, so that none that comes later is forgotten; what is left out is named here.
//! Rows go out without the workspace's id and come in with another one, so that the same text means the same content.
use crate::{Store, problems};
use futures_util::{SinkExt, pin_mut};
use kernel::{Failure, Outcome, Problem, Uuid, new_id};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};

/// Tables of the engine that are no content: what proves who somebody is, what is under way, what counts attempts.
///
/// The chain of the change log is computed over the workspace's id and sealed in the database's own order: a restored
/// workspace gets a chain of its own.
const LEFT_OUT: [&str; 20] = [
    "seals",
    "chain_heads",
    "sessions",
    "api_keys",
    "invitations",
    "auth_log",
    "idempotency",
    "jobs",
    "imports",
    "import_uploads",
    "import_chunks",
    "import_errors",
    "import_keys",
    "import_links",
    "import_matches",
    "unchecked",
    "exports",
    "workspaces",
    "sign_in_attempts",
    // What a database has built, not what a workspace holds; another one builds its own.
    "custom_indexes",
];

const BATCH: &str = "fetch 500 from whole";

/// A table of a workspace.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// `data` or `kontor`.
    pub schema: String,
    pub name: String,
    /// Without the workspace, and without what is computed.
    columns: Vec<String>,
    key: Vec<String>,
    has_identity: bool,
}

impl Table {
    /// `data/clients`, `engine/changes`.
    pub fn path(&self) -> String {
        let folder = if self.schema == "data" { "data" } else { "engine" };
        format!("{folder}/{}", self.name)
    }
    fn full(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }
    /// What is of this database and not of the workspace. `None`: it comes by itself where a row is restored.
    fn foreign(&self, column: &str) -> Option<Option<&'static str>> {
        match (self.schema.as_str(), self.name.as_str(), column) {
            // A person's account is found by the address.
            ("kontor", "members", "user_id") => {
                Some(Some("(select u.id from kontor.users u where u.email = r.email)"))
            }
            // The transaction that wrote it.
            ("kontor", "change_sets", "xid") => Some(None),
            _ => None,
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A transaction of the owner in one workspace, in which everything is read as of one moment.
pub struct Whole {
    client: deadpool_postgres::Object,
    workspace: Uuid,
}

impl Drop for Whole {
    fn drop(&mut self) {
        use futures_util::FutureExt;
        let _sent = self.client.batch_execute("rollback").now_or_never();
    }
}

/// Begins to read a workspace.
pub async fn read(store: &Store, workspace: Uuid) -> Outcome<Whole> {
    let client = store.inner.doors.get().await.map_err(problems::no_connection)?;
    let whole = Whole { client, workspace };
    let begin = "begin isolation level repeatable read read only; set local timezone to 'UTC'; \
                 set local cursor_tuple_fraction = 1";
    whole.client.batch_execute(begin).await.map_err(problems::plain)?;
    let tenant = "select set_config('kontor.workspace', $1, true)";
    whole.client.query(tenant, &[&workspace.to_string()]).await.map_err(problems::plain)?;
    Ok(whole)
}

impl Whole {
    /// In the order of their paths.
    pub async fn tables(&self) -> Outcome<Vec<Table>> {
        let rows = self.client.query(TABLES, &[&&LEFT_OUT[..]]).await.map_err(problems::plain)?;
        Ok(rows.iter().map(table).collect())
    }

    /// The accounts behind the members: address, name and preferences; how they prove it only when it is asked for.
    pub async fn users(&self, with_passwords: bool) -> Outcome<Vec<String>> {
        let sql = "select (jsonb_build_object('email', u.email, 'name', u.name, 'image', u.image, 'timezone', u.timezone,
                          'preferences', u.preferences)
                          || case when $2 then jsonb_build_object('password_hash', u.password_hash) else '{}' end)::text
                   from kontor.users u join kontor.members m on m.user_id = u.id
                   where m.workspace_id = $1 order by u.email";
        let rows =
            self.client.query(sql, &[&self.workspace, &with_passwords]).await.map_err(problems::plain)?;
        Ok(rows.iter().map(|r| r.get(0)).collect())
    }

    /// Opens a table; `next` gives its rows in the order of its key.
    pub async fn open(&self, table: &Table) -> Outcome<()> {
        let stored: Vec<String> = (table.columns.iter())
            .filter(|c| table.foreign(c).is_none())
            .map(|c| format!("'{}', t.{}", c.replace('\'', "''"), quoted(c)))
            .collect();
        let parts: Vec<String> =
            stored.chunks(40).map(|some| format!("jsonb_build_object({})", some.join(", "))).collect();
        // A table with one row for a workspace needs no order.
        let order = match table.key.as_slice() {
            [] => String::new(),
            key => {
                let key: Vec<String> = key.iter().map(|k| format!("t.{}", quoted(k))).collect();
                format!(" order by {}", key.join(", "))
            }
        };
        // A tenant's rows are read in one go; the predicate stands beside the policy, as everywhere.
        let text = format!(
            "declare whole no scroll cursor for select ({})::text from {} t where t.workspace_id = '{}'{order}",
            parts.join(" || "),
            table.full(),
            self.workspace,
        );
        self.client.batch_execute(&text).await.map_err(problems::plain)
    }

    /// The next rows of the open table as JSON texts, each a line; none after the last, which closes it.
    pub async fn next(&self) -> Outcome<Vec<String>> {
        let rows = self.client.query(BATCH, &[]).await.map_err(problems::plain)?;
        if rows.is_empty() {
            self.client.batch_execute("close whole").await.map_err(problems::plain)?;
        }
        Ok(rows.iter().map(|r| r.get(0)).collect())
    }
}

/// Tables with a workspace, with their columns and keys.
const TABLES: &str = "
    select n.nspname::text as schema, c.relname::text as name,
           array(select a.attname::text from pg_attribute a
                 where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                   and a.attname <> 'workspace_id' order by a.attnum) as columns,
           array(select a.attname::text from pg_index i
                 join lateral unnest(i.indkey::int[]) with ordinality k(num, at) on true
                 join pg_attribute a on a.attrelid = c.oid and a.attnum = k.num
                 where i.indrelid = c.oid and i.indisprimary and a.attname <> 'workspace_id' order by k.at) as key,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attidentity = 'a') as has_identity
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('kontor', 'data')
    join pg_attribute w on w.attrelid = c.oid and w.attname = 'workspace_id' and not w.attisdropped
    where c.relkind in ('r', 'p') and not c.relispartition
      and not (n.nspname = 'kontor' and c.relname = any($1::text[]))
    order by 1, 2";

fn table(row: &Row) -> Table {
    Table {
        schema: row.get("schema"),
        name: row.get("name"),
        columns: row.get("columns"),
        key: row.get("key"),
        has_identity: row.get("has_identity"),
    }
}

/// What a workspace is called and made of: in the manifest of an export, and when it is made anew from one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub slug: String,
    pub name: String,
    pub blueprints: Vec<String>,
    pub overlay: Option<serde_json::Value>,
    pub timezone: String,
    pub currency: String,
    pub settings: serde_json::Value,
}

/// Where the lines of a table come from: a batch at a time, `None` after the last.
pub type Lines<'a> = &'a mut (dyn FnMut() -> anyhow::Result<Option<Vec<String>>> + Send);

/// A workspace that is being written, in one transaction: it is there whole, or not at all.
pub struct Restoring<'a> {
    transaction: deadpool_postgres::Transaction<'a>,
    pub workspace: Uuid,
    /// References that were left out because what they lead to came later.
    late: Vec<(Table, Vec<String>)>,
}

/// A connection to restore with.
pub struct Restore {
    client: deadpool_postgres::Object,
}

pub async fn restore(store: &Store) -> Outcome<Restore> {
    Ok(Restore { client: store.inner.doors.get().await.map_err(problems::no_connection)? })
}

impl Restore {
    pub async fn begin(&mut self, new: &About) -> Outcome<Restoring<'_>> {
        let transaction = self.client.transaction().await.map_err(problems::plain)?;
        let workspace = new_id();
        let sql = "insert into kontor.workspaces (id, slug, name, blueprints, overlay, timezone, currency, settings)
                   values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (slug) do nothing";
        let params: [&(dyn ToSql + Sync); 8] = [
            &workspace,
            &new.slug,
            &new.name,
            &new.blueprints,
            &new.overlay,
            &new.timezone,
            &new.currency,
            &new.settings,
        ];
        if transaction.execute(sql, &params).await.map_err(problems::plain)? == 0 {
            let detail = format!("There is already a workspace `{}`.", new.slug);
            return Err(Problem::new("field.duplicate", detail).at("slug").into());
        }
        transaction.batch_execute("set local timezone to 'UTC'").await.map_err(problems::plain)?;
        let tenant = "select set_config('kontor.workspace', $1, true)";
        transaction.query(tenant, &[&workspace.to_string()]).await.map_err(problems::plain)?;
        Ok(Restoring { transaction, workspace, late: vec![] })
    }
}

impl Restoring<'_> {
    /// The tables of this database in an order in which references lead back, as far as there is one.
    pub async fn tables(&self) -> Outcome<Vec<(Table, Vec<String>)>> {
        let rows = self.transaction.query(TABLES, &[&&LEFT_OUT[..]]).await.map_err(problems::plain)?;
        let tables: Vec<Table> = rows.iter().map(table).collect();
        let keys = self.transaction.query(FOREIGN_KEYS, &[]).await.map_err(problems::plain)?;
        Ok(in_order(tables, keys.iter().map(foreign_key).collect()))
    }

    /// Who has an account with such an address keeps it; the others get one without a password, unless one came along.
    pub async fn users(&self, lines: &[String]) -> Outcome<()> {
        let sql = "insert into kontor.users (id, email, name, image, timezone, preferences, password_hash)
                   select gen_random_uuid(), u.email, u.name, u.image, u.timezone, coalesce(u.preferences, '{}'), u.password_hash
                   from unnest($1::text[]) line, jsonb_populate_record(null::kontor.users, line::jsonb) u
                   on conflict (email) do nothing";
        self.transaction.execute(sql, &[&lines]).await.map_err(problems::plain).map(drop)
    }

    /// Writes a table. `late`: references that are filled in by `finish`.
    pub async fn load(&mut self, table: &Table, late: &[String], lines: Lines<'_>) -> Outcome<u64> {
        let made = format!("create temporary table stage_{} (line jsonb) on commit drop", self.late.len());
        let name = format!("stage_{}", self.late.len());
        self.transaction.batch_execute(&made).await.map_err(problems::plain)?;
        stage(&self.transaction, &name, lines).await?;
        let (columns, values): (Vec<String>, Vec<String>) = (table.columns.iter())
            .filter_map(|c| {
                let value = match (late.contains(c), table.foreign(c)) {
                    (true, _) => "null".to_owned(),
                    (_, Some(found)) => found?.to_owned(),
                    _ => format!("r.{}", quoted(c)),
                };
                Some((quoted(c), value))
            })
            .unzip();
        let overriding = if table.has_identity { "overriding system value " } else { "" };
        let full = table.full();
        let text = format!(
            "insert into {full} (workspace_id, {}) {overriding}\
             select $1, {} from {name} s, jsonb_populate_record(null::{full}, s.line) r",
            columns.join(", "),
            values.join(", "),
        );
        let written = self.transaction.execute(&text, &[&self.workspace]).await;
        let written = written.map_err(|e| why(e, table))?;
        if late.is_empty() {
            self.transaction.batch_execute(&format!("drop table {name}")).await.map_err(problems::plain)?;
        } else {
            self.late.push((table.clone(), late.to_vec()));
        }
        Ok(written)
    }

    /// Fills in the references that had to wait, and keeps everything.
    pub async fn finish(self) -> Outcome<Uuid> {
        for (at, (table, late)) in self.late.iter().enumerate() {
            let full = table.full();
            let sets: Vec<String> = late.iter().map(|c| format!("{0} = r.{0}", quoted(c))).collect();
            let some: Vec<String> = late.iter().map(|c| format!("r.{} is not null", quoted(c))).collect();
            let key: Vec<String> =
                table.key.iter().map(|k| format!("t.{0} = r.{0} and ", quoted(k))).collect();
            let text = format!(
                "update {full} t set {} from stage_{at} s, jsonb_populate_record(null::{full}, s.line) r \
                 where t.workspace_id = $1 and {}({})",
                sets.join(", "),
                key.concat(),
                some.join(" or "),
            );
            self.transaction.execute(&text, &[&self.workspace]).await.map_err(|e| why(e, table))?;
        }
        self.transaction.commit().await.map_err(problems::plain)?;
        Ok(self.workspace)
    }
}

/// What the database refuses is told: the file is somebody's, and may have been changed by hand.
fn why(error: tokio_postgres::Error, table: &Table) -> Failure {
    let told = error.as_db_error().map(|e| {
        let detail = e.detail().map(|d| format!(" {d}")).unwrap_or_default();
        format!("{}.{detail}", e.message())
    });
    match told {
        Some(told) => {
            Problem::new("restore.invalid", format!("`{}` cannot be restored: {told}", table.path())).into()
        }
        None => problems::plain(error),
    }
}

async fn stage(transaction: &Transaction<'_>, name: &str, lines: Lines<'_>) -> Outcome<()> {
    let copy = format!("copy {name} (line) from stdin");
    let sink = transaction.copy_in(&copy).await.map_err(problems::plain)?;
    pin_mut!(sink);
    while let Some(batch) = lines()? {
        let mut text = String::with_capacity(batch.iter().map(|l| l.len() + 16).sum());
        for line in batch {
            // The only letter of JSON on one line that COPY reads as its own.
            text.push_str(&line.replace('\\', "\\\\"));
            text.push('\n');
        }
        sink.send(bytes::Bytes::from(text)).await.map_err(problems::plain)?;
    }
    let _rows = sink.finish().await.map_err(|e| match e.as_db_error() {
        Some(told) => {
            Problem::new("restore.invalid", format!("A line is not JSON: {}.", told.message())).into()
        }
        None => problems::plain(e),
    })?;
    Ok(())
}

const FOREIGN_KEYS: &str = "
    select n.nspname || '.' || c.relname as from_table, tn.nspname || '.' || t.relname as to_table,
           array(select a.attname::text from unnest(k.conkey) with ordinality as u(num, at)
                 join pg_attribute a on a.attrelid = c.oid and a.attnum = u.num
                 where a.attname <> 'workspace_id' order by u.at) as columns,
           not exists (select from unnest(k.conkey) as u(num)
                       join pg_attribute a on a.attrelid = c.oid and a.attnum = u.num
                       where a.attname <> 'workspace_id' and a.attnotnull) as can_wait
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_class t on t.oid = k.confrelid join pg_namespace tn on tn.oid = t.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and n.nspname in ('kontor', 'data')";

struct ForeignKey {
    from: String,
    to: String,
    columns: Vec<String>,
    /// Its columns may be null for a while.
    can_wait: bool,
}

fn foreign_key(row: &Row) -> ForeignKey {
    ForeignKey {
        from: row.get("from_table"),
        to: row.get("to_table"),
        columns: row.get("columns"),
        can_wait: row.get("can_wait"),
    }
}

/// Each table after those that it refers to; where that goes round in a circle, with the columns that wait.
/// References to the own table need no order: they are looked at when all rows of the statement are there.
fn in_order(tables: Vec<Table>, keys: Vec<ForeignKey>) -> Vec<(Table, Vec<String>)> {
    let name = |t: &Table| format!("{}.{}", t.schema, t.name);
    let known: HashSet<String> = tables.iter().map(name).collect();
    let mut needs: HashMap<String, Vec<&ForeignKey>> = HashMap::new();
    for key in keys.iter().filter(|k| k.from != k.to && known.contains(&k.to)) {
        needs.entry(key.from.clone()).or_default().push(key);
    }
    let mut placed: HashSet<String> = HashSet::new();
    let mut left = tables;
    let mut ordered = vec![];
    while !left.is_empty() {
        let missing = |t: &Table| -> Vec<&ForeignKey> {
            let all = needs.get(&name(t)).into_iter().flatten().copied();
            all.filter(|k| !placed.contains(&k.to)).collect()
        };
        // Everything there; else the one that waits for least, and can.
        let cost = |t: &Table| {
            let missing = missing(t);
            let stuck = missing.iter().filter(|k| !k.can_wait).count();
            (stuck, missing.len())
        };
        let at = (0..left.len()).min_by_key(|at| cost(&left[*at])).unwrap_or_default();
        let late = missing(&left[at]).iter().flat_map(|k| k.columns.clone()).collect();
        let table = left.remove(at);
        placed.insert(name(&table));
        ordered.push((table, late));
    }
    ordered
}
