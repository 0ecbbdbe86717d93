//! Stored files of all workspaces that no record needs: uploads that nobody finished, and what was deleted for good.
use crate::{Store, problems};
use jiff::SignedDuration;
use kernel::{Outcome, Uuid};

/// What lies in the storage under this id.
#[derive(Debug, Clone)]
pub struct Stored {
    pub workspace: Uuid,
    pub id: Uuid,
}

/// At most a hundred uploads that were begun longer ago than this and never completed.
pub async fn abandoned(store: &Store, age: SignedDuration) -> Outcome<Vec<Stored>> {
    let sql = "select workspace_id, id from kontor.stored_files
               where completed_at is null and created_at < now() - make_interval(secs => $1)
               order by created_at, id limit 100";
    some(store, sql, age).await
}

/// At most a hundred whose record has been gone for longer than this.
pub async fn gone(store: &Store, age: SignedDuration) -> Outcome<Vec<Stored>> {
    let sql = "select workspace_id, id from kontor.stored_files
               where gone_at < now() - make_interval(secs => $1) order by gone_at, id limit 100";
    some(store, sql, age).await
}

async fn some(store: &Store, sql: &str, age: SignedDuration) -> Outcome<Vec<Stored>> {
    let rows = store.door().await?.rows(sql, &[&age.as_secs_f64()]).await?;
    let read = |r: &tokio_postgres::Row| -> Result<Stored, tokio_postgres::Error> {
        Ok(Stored { workspace: r.try_get(0)?, id: r.try_get(1)? })
    };
    rows.iter().map(|r| read(r).map_err(problems::plain)).collect()
}

/// Notes which files have no record any more. One whose deletion was taken back has one again.
pub async fn note_gone(store: &Store) -> Outcome<()> {
    let door = store.door().await?;
    // Blueprints of one's own need not have files.
    if door.rows("select 1 where to_regclass('data.files') is not null", &[]).await?.is_empty() {
        return Ok(());
    }
    let there = "exists (select 1 from data.files f where f.workspace_id = s.workspace_id and f.id = s.id)";
    let back =
        format!("update kontor.stored_files s set gone_at = null where gone_at is not null and {there}");
    door.execute(&back, &[]).await?;
    let gone = format!(
        "update kontor.stored_files s set gone_at = now()
         where completed_at is not null and gone_at is null and not {there}"
    );
    door.execute(&gone, &[]).await.map(drop)
}

/// Once its bytes are gone.
pub async fn forget(store: &Store, stored: &Stored) -> Outcome<()> {
    let sql = "delete from kontor.stored_files where workspace_id = $1 and id = $2";
    store.door().await?.execute(sql, &[&stored.workspace, &stored.id]).await.map(drop)
}
