//! Whole databases of a cluster: made for an installation of its own, and by the dozen for tests.
mod snapshot;

pub use snapshot::{Snapshot, TableSum};

use anyhow::{Context, Result};
use tokio_postgres::{Client, NoTls};

/// Connected to a database that always exists (`postgres`), as somebody who may create others.
pub struct Databases {
    client: Client,
}

impl Databases {
    pub async fn connect(url: &str) -> Result<Databases> {
        let client = connect(url).await?;
        client.batch_execute("set client_min_messages = warning").await?;
        Ok(Databases { client })
    }

    pub async fn exists(&self, name: &str) -> Result<bool> {
        Ok(self.client.query_opt("select 1 from pg_database where datname = $1", &[&name]).await?.is_some())
    }

    /// Names that begin like this, oldest first.
    pub async fn named_like(&self, prefix: &str) -> Result<Vec<String>> {
        let sql = "select datname::text from pg_database where starts_with(datname::text, $1) order by oid";
        Ok(self.client.query(sql, &[&prefix]).await?.iter().map(|r| r.get(0)).collect())
    }

    pub async fn create(&self, name: &str) -> Result<()> {
        self.run(format!("create database {}", quote(name))).await
    }

    /// A copy, in the state that `template` has. Nobody may be connected to the template.
    pub async fn create_from(&self, name: &str, template: &str) -> Result<()> {
        self.run(format!("create database {} template {}", quote(name), quote(template))).await
    }

    pub async fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.run(format!("alter database {} rename to {}", quote(from), quote(to))).await
    }

    /// With everything in it, and whoever is connected.
    pub async fn drop(&self, name: &str) -> Result<()> {
        self.run(format!("drop database if exists {} with (force)", quote(name))).await
    }

    /// Held until this connection ends; others who ask for the same key wait.
    pub async fn lock(&self, key: i64) -> Result<()> {
        self.client.execute("select pg_advisory_lock($1)", &[&key]).await?;
        Ok(())
    }

    async fn run(&self, sql: String) -> Result<()> {
        self.client.batch_execute(&sql).await.context(sql)
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("connecting to the cluster")?;
    tokio::spawn(async move {
        if let Err(e) = connection.await {
            tracing::warn!(error = %e, "The connection to the cluster ended");
        }
    });
    Ok(client)
}

/// A table, view or schema that somebody has made in this database; `None`: it is as `create database` made it.
pub async fn anything_in(url: &str) -> Result<Option<String>> {
    let client = connect(url).await?;
    let found = "select format('the schema %s', nspname) from pg_namespace
          where nspname not in ('public', 'information_schema') and not starts_with(nspname, 'pg_')
        union all select format('%s.%s', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = 'public' limit 1";
    Ok(client.query_opt(found, &[]).await?.map(|row| row.get(0)))
}

/// Of `roles` those that the server does not have.
pub async fn missing_roles(url: &str, roles: &[String]) -> Result<Vec<String>> {
    let client = connect(url).await?;
    let sql = "select r from unnest($1::text[]) r where r not in (select rolname from pg_roles)";
    Ok(client.query(sql, &[&roles]).await?.iter().map(|row| row.get(0)).collect())
}

/// The major version of the server: 15, 16, ...
pub async fn major(url: &str) -> Result<u32> {
    let client = connect(url).await?;
    let number: i32 =
        client.query_one("select current_setting('server_version_num')::int / 10000", &[]).await?.get(0);
    Ok(number.unsigned_abs())
}

/// The application's role, which the rights in a backup name; it belongs to the cluster and so is in no backup.
pub async fn ensure_app_role(url: &str, role: &str) -> Result<()> {
    let client = connect(url).await?;
    if client.query_opt("select 1 from pg_roles where rolname = $1", &[&role]).await?.is_some() {
        return Ok(());
    }
    let sql = format!("create role {} nologin", quote(role));
    match client.batch_execute(&sql).await {
        // Another restore beside this one was quicker.
        Err(e) if e.code() == Some(&tokio_postgres::error::SqlState::DUPLICATE_OBJECT) => Ok(()),
        other => other.context(sql),
    }
}

/// The same server and user, another database.
pub fn at(url: &str, database: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let authority = address.find("://").map_or(0, |i| i + 3);
    let end = address[authority..].find('/').map_or(address.len(), |i| authority + i);
    let query = query.map(|q| format!("?{q}")).unwrap_or_default();
    format!("{}/{database}{query}", &address[..end])
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::at;

    #[test]
    fn another_database_of_the_same_server_keeps_everything_else() {
        assert_eq!(
            at("postgres://a:b@host:5432/one?sslmode=disable", "two"),
            "postgres://a:b@host:5432/two?sslmode=disable"
        );
        assert_eq!(at("postgres://host", "two"), "postgres://host/two");
    }
}
