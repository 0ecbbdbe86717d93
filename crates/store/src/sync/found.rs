//! What the catalogue of PostgreSQL has of our two schemas.
use anyhow::Result;
use meta::OnDelete;
use std::collections::{BTreeMap, HashMap};
use tokio_postgres::Client;

#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    /// By schema-qualified name.
    pub tables: HashMap<String, FoundTable>,
    /// Where the trigram operators live: the extension may be in any schema.
    pub trigrams: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct FoundTable {
    pub columns: BTreeMap<String, FoundColumn>,
    pub indexes: HashMap<String, FoundIndex>,
    pub references: HashMap<String, FoundReference>,
    pub has_rows_fenced: bool,
    pub is_granted: bool,
}

#[derive(Debug, Default)]
pub(crate) struct FoundColumn {
    pub ty: String,
    pub generated: bool,
    pub comment: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct FoundIndex {
    /// Empty for expressions.
    pub columns: Vec<String>,
    pub unique: bool,
    pub partial: bool,
    /// Left behind by an index build that was broken off.
    pub invalid: bool,
    /// Of a constraint (primary key, unique): altered through it.
    pub of_constraint: bool,
}

#[derive(Debug)]
pub(crate) struct FoundReference {
    pub to: String,
    pub on_delete: Option<OnDelete>,
    pub validated: bool,
}

impl Catalogue {
    pub async fn read(client: &Client, app_role: &str) -> Result<Catalogue> {
        let mut catalogue = Catalogue { tables: HashMap::new(), trigrams: trigrams(client).await? };
        catalogue.tables(client, app_role).await?;
        catalogue.columns(client).await?;
        catalogue.indexes(client).await?;
        catalogue.references(client).await?;
        Ok(catalogue)
    }

    async fn tables(&mut self, client: &Client, app_role: &str) -> Result<()> {
        let sql = "select n.nspname || '.' || c.relname,
                c.relrowsecurity and c.relforcerowsecurity
                    and (select count(*) from pg_policy p
                        where p.polrelid = c.oid and p.polname in ('tenant', 'doors')) = 2,
                coalesce((select has_table_privilege(r.oid, c.oid, 'select') and (n.nspname <> 'data'
                    or has_table_privilege(r.oid, c.oid, 'insert') and has_table_privilege(r.oid, c.oid, 'update')
                    and has_table_privilege(r.oid, c.oid, 'delete')) from pg_roles r where r.rolname = $1), false)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname in ('kontor', 'data') and c.relkind in ('r', 'p') and not c.relispartition";
        for row in client.query(sql, &[&app_role]).await? {
            let table =
                FoundTable { has_rows_fenced: row.get(1), is_granted: row.get(2), ..Default::default() };
            self.tables.insert(row.get(0), table);
        }
        Ok(())
    }

    async fn columns(&mut self, client: &Client) -> Result<()> {
        let sql = "select n.nspname || '.' || c.relname, a.attname::text, format_type(a.atttypid, a.atttypmod),
                a.attgenerated <> '', col_description(c.oid, a.attnum)
            from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            where n.nspname in ('kontor', 'data') and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped";
        for row in client.query(sql, &[]).await? {
            if let Some(table) = self.tables.get_mut(row.get::<_, &str>(0)) {
                let column =
                    FoundColumn { ty: short(row.get(2)), generated: row.get(3), comment: row.get(4) };
                table.columns.insert(row.get(1), column);
            }
        }
        Ok(())
    }

    async fn indexes(&mut self, client: &Client) -> Result<()> {
        let sql = "select n.nspname || '.' || t.relname, c.relname::text,
                array(select coalesce(a.attname::text, '') from unnest(i.indkey::int2[]) with ordinality k(num, pos)
                    left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.num order by k.pos),
                i.indisunique, i.indpred is not null, not i.indisvalid,
                exists (select 1 from pg_constraint o where o.conindid = i.indexrelid and o.contype in ('p', 'u'))
            from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
                join pg_namespace n on n.oid = t.relnamespace
            where n.nspname in ('kontor', 'data')";
        for row in client.query(sql, &[]).await? {
            if let Some(table) = self.tables.get_mut(row.get::<_, &str>(0)) {
                let index = FoundIndex {
                    columns: row.get(2),
                    unique: row.get(3),
                    partial: row.get(4),
                    invalid: row.get(5),
                    of_constraint: row.get(6),
                };
                table.indexes.insert(row.get(1), index);
            }
        }
        Ok(())
    }

    async fn references(&mut self, client: &Client) -> Result<()> {
        let sql = "select n.nspname || '.' || t.relname, o.conname::text, fn.nspname || '.' || ft.relname,
                o.confdeltype::text, o.convalidated
            from pg_constraint o join pg_class t on t.oid = o.conrelid join pg_namespace n on n.oid = t.relnamespace
                join pg_class ft on ft.oid = o.confrelid join pg_namespace fn on fn.oid = ft.relnamespace
            where o.contype = 'f' and n.nspname in ('kontor', 'data')";
        for row in client.query(sql, &[]).await? {
            if let Some(table) = self.tables.get_mut(row.get::<_, &str>(0)) {
                let on_delete = match row.get::<_, &str>(3) {
                    "a" => Some(OnDelete::Restrict),
                    "c" => Some(OnDelete::Cascade),
                    "n" => Some(OnDelete::SetNull),
                    _ => None,
                };
                let reference = FoundReference { to: row.get(2), on_delete, validated: row.get(4) };
                table.references.insert(row.get(1), reference);
            }
        }
        Ok(())
    }
}

/// `format_type` spells types out, blueprints do not.
fn short(ty: &str) -> String {
    match ty {
        "timestamp with time zone" => "timestamptz".into(),
        other => other.into(),
    }
}

async fn trigrams(client: &Client) -> Result<Option<String>> {
    let sql = "select quote_ident(n.nspname) from pg_opclass o join pg_namespace n on n.oid = o.opcnamespace
        where o.opcname = 'gin_trgm_ops'";
    Ok(client.query_opt(sql, &[]).await?.map(|row| row.get(0)))
}
