//! What `kontor doctor` looks at: the server, the role of the application, and the fences between workspaces.
use crate::Store;
use kernel::{Outcome, Timestamp};
use meta::{Codec, IndexState, Place};
use policy::Actor;

#[derive(Debug, Clone)]
pub struct Inspection {
    /// `15.18 (Debian 15.18-0+deb12u1)`
    pub version: String,
    pub major: i32,
    pub now: Timestamp,
    pub extensions: Vec<String>,
    /// `None`: the role does not exist.
    pub role: Option<AppRole>,
    /// Tables that the application can reach, that hold rows of workspaces, and that lack row-level security.
    pub unfenced: Vec<String>,
    /// Tables that hold rows of workspaces and are fenced.
    pub fenced: i64,
    /// Whether the change log has a table for this month and the next.
    pub log_is_ready: bool,
}

/// What the application's role could do that it should not.
#[derive(Debug, Clone)]
pub struct AppRole {
    pub is_superuser: bool,
    pub passes_row_security: bool,
    pub can_log_in: bool,
    pub owns: i64,
}

/// What should not be: references of own fields that lead to nothing, indexes that could not be built. A sentence each.
pub async fn own_fields(store: &Store) -> Outcome<Vec<String>> {
    let mut told = vec![];
    for workspace in
        super::workspaces::list(store).await?.into_iter().filter(|w| w.is_active && w.overlay.is_some())
    {
        let cx = store.begin_read(&Actor::system(workspace.id, "doctor")).await?;
        let model = cx.model().clone();
        for object in model.objects.values() {
            for field in object.fields.values().filter(|f| f.place == Place::Custom) {
                let place = format!("{}: {}.{}", workspace.slug, object.name, field.name);
                if field.index == IndexState::Failed {
                    told.push(format!("{place}: the index could not be built"));
                }
                let to =
                    field.reference.as_ref().filter(|_| !field.many).and_then(|r| model.objects.get(&r.to));
                let Some(to) = to else { continue };
                let statement = query::write::dangling(object, field, to, workspace.id);
                let rows = cx.query(&statement, &[Codec::Uuid]).await?;
                let ids: Vec<String> =
                    rows.iter().filter_map(|r| r[0].as_id()).map(|id| id.to_string()).collect();
                if !ids.is_empty() {
                    told.push(format!("{place} refers to nothing in {}", ids.join(", ")));
                }
            }
        }
    }
    Ok(told)
}

pub async fn inspect(store: &Store) -> Outcome<Inspection> {
    let app = &store.config().app_role;
    let door = store.door().await?;
    let server = "select current_setting('server_version') as version,
                         current_setting('server_version_num')::int / 10000 as major,
                         now() as now,
                         array(select extname::text from pg_extension order by 1) as extensions,
                         to_regclass('kontor.changes_' || to_char(now() at time zone 'UTC', 'YYYY_MM')) is not null
                         and to_regclass('kontor.changes_' || to_char((now() + interval '1 month') at time zone 'UTC', 'YYYY_MM'))
                             is not null as log_is_ready";
    let role = "select rolsuper, rolbypassrls, rolcanlogin, (select count(*) from pg_class c where c.relowner = r.oid) as owns
                from pg_roles r where rolname = $1";
    // Partitions are reached through their parent, whose policy applies.
    let tables = "select c.oid::regclass::text as name, c.relrowsecurity and c.relforcerowsecurity as fenced
                  from pg_class c
                  join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('kontor', 'data')
                  join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
                  join pg_roles r on r.rolname = $1
                  where c.relkind in ('r', 'p') and not c.relispartition
                    and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')
                  order by 1";
    let server = door
        .row(server, &[])
        .await?
        .ok_or_else(|| anyhow::anyhow!("the server said nothing about itself"))?;
    let role = door.row(role, &[app]).await?;
    let tables: Vec<(String, bool)> =
        door.rows(tables, &[app]).await?.iter().map(|r| (r.get("name"), r.get("fenced"))).collect();
    Ok(Inspection {
        version: server.get("version"),
        major: server.get("major"),
        now: server.get("now"),
        extensions: server.get("extensions"),
        role: role.map(|r| AppRole {
            is_superuser: r.get("rolsuper"),
            passes_row_security: r.get("rolbypassrls"),
            can_log_in: r.get("rolcanlogin"),
            owns: r.get("owns"),
        }),
        fenced: tables.iter().filter(|(_, fenced)| *fenced).count() as i64,
        unfenced: tables.into_iter().filter(|(_, fenced)| !fenced).map(|(name, _)| name).collect(),
        log_is_ready: server.get("log_is_ready"),
    })
}
