//! Sample workspaces whose making was interrupted.
use crate::Store;
use kernel::{Outcome, Uuid};

/// Frees its slug and switches it off. Its rows stay: taking them out table by table is not worth a door of its own.
pub async fn put_aside(store: &Store, workspace: Uuid) -> Outcome<()> {
    let sql = "update kontor.workspaces
               set slug = left(slug, 40) || '-unfinished-' || extract(epoch from now())::bigint, is_active = false,
                   settings = settings || '{\"sample\": \"put aside\"}', model_revision = model_revision + 1
               where id = $1";
    store.door().await?.execute(sql, &[&workspace]).await?;
    store.forget(workspace);
    Ok(())
}
