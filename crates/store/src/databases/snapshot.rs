//! One moment of a whole database, which several connections can look at, and checksums of what it holds.
use super::{connect, quote};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio_postgres::Client;

/// Rows of a table, and a checksum in which their order does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    pub rows: u64,
    pub sum: String,
}

/// A transaction that is kept open for its moment.
pub struct Snapshot {
    client: Client,
    id: String,
}

/// Texts of values depend on these.
const FORM: &str =
    "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'iso_8601';
    set local extra_float_digits = 1; set local bytea_output = 'hex'; set local search_path = pg_catalog";

impl Snapshot {
    /// As the owner, who sees every row.
    pub async fn open(url: &str) -> Result<Snapshot> {
        let client = connect(url).await?;
        client.batch_execute("begin isolation level repeatable read, read only").await?;
        client.batch_execute(FORM).await?;
        let id = client.query_one("select pg_export_snapshot()", &[]).await?.get(0);
        Ok(Snapshot { client, id })
    }

    /// What `pg_dump --snapshot` asks for.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Every table of Kontor, by its name with the schema. Reads all of it.
    pub async fn sums(&self) -> Result<BTreeMap<String, TableSum>> {
        let tables = "select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
                      where n.nspname in ('kontor', 'data') and c.relkind in ('r', 'p') and not c.relispartition
                      order by 1, 2";
        let mut sums = BTreeMap::new();
        for row in self.client.query(tables, &[]).await? {
            let (schema, table): (String, String) = (row.get(0), row.get(1));
            let sql = format!(
                "select count(*), coalesce(sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint), 0)::text
                 from {}.{} t",
                quote(&schema),
                quote(&table)
            );
            let sum = self.client.query_one(&sql, &[]).await.with_context(|| format!("{schema}.{table}"))?;
            let rows: i64 = sum.get(0);
            sums.insert(format!("{schema}.{table}"), TableSum { rows: rows.unsigned_abs(), sum: sum.get(1) });
        }
        Ok(sums)
    }

    /// Who owns tables of Kontor: roles that a backup names, and that belong to the server and are in no backup.
    pub async fn owners(&self) -> Result<Vec<String>> {
        let sql = "select distinct pg_get_userbyid(c.relowner)::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
                   where n.nspname in ('kontor', 'data') order by 1";
        Ok(self.client.query(sql, &[]).await?.iter().map(|row| row.get(0)).collect())
    }

    pub async fn close(self) -> Result<()> {
        self.client.batch_execute("rollback").await?;
        Ok(())
    }
}
