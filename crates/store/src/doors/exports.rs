//! Files of exports whose time is over, of all workspaces.
use crate::{Store, problems};
use jiff::SignedDuration;
use kernel::{Outcome, Uuid};

/// A file that is to go.
#[derive(Debug, Clone)]
pub struct Kept {
    pub workspace: Uuid,
    pub id: Uuid,
    pub file_key: String,
}

/// At most a hundred whose export finished longer ago than this.
pub async fn older_than(store: &Store, age: SignedDuration) -> Outcome<Vec<Kept>> {
    let sql = "select workspace_id, id, file_key from kontor.exports
               where finished_at < now() - make_interval(secs => $1) and file_key is not null
               order by finished_at limit 100";
    let rows = store.door().await?.rows(sql, &[&age.as_secs_f64()]).await?;
    let read = |r: &tokio_postgres::Row| -> Result<Kept, tokio_postgres::Error> {
        Ok(Kept { workspace: r.try_get(0)?, id: r.try_get(1)?, file_key: r.try_get(2)? })
    };
    rows.iter().map(|r| read(r).map_err(problems::plain)).collect()
}

/// That there was an export stays, by whom and when; what was searched for goes.
pub async fn forget(store: &Store, export: &Kept) -> Outcome<()> {
    let sql = "update kontor.exports set file_key = null, query = '' where workspace_id = $1 and id = $2";
    store.door().await?.execute(sql, &[&export.workspace, &export.id]).await.map(drop)
}
