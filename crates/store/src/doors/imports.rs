//! Uploaded files and the rows of imports whose time is over, of all workspaces.
use crate::{Store, problems};
use jiff::SignedDuration;
use kernel::{Outcome, Uuid};

/// A file that is to go.
#[derive(Debug, Clone)]
pub struct Upload {
    pub workspace: Uuid,
    pub id: Uuid,
    pub file_key: String,
}

/// At most a hundred that were uploaded longer ago than this and that no import waits for or reads.
pub async fn uploads_older_than(store: &Store, age: SignedDuration) -> Outcome<Vec<Upload>> {
    let sql = "select u.workspace_id, u.id, u.file_key from kontor.import_uploads u
               where u.created_at < now() - make_interval(secs => $1)
                 and not exists (select 1 from kontor.imports i
                                 join kontor.jobs j on j.workspace_id = i.workspace_id and j.id = i.job_id
                                 where i.workspace_id = u.workspace_id and i.upload_id = u.id
                                   and j.state in ('waiting', 'running'))
               order by u.created_at limit 100";
    let rows = store.door().await?.rows(sql, &[&age.as_secs_f64()]).await?;
    let read = |r: &tokio_postgres::Row| -> Result<Upload, tokio_postgres::Error> {
        Ok(Upload { workspace: r.try_get(0)?, id: r.try_get(1)?, file_key: r.try_get(2)? })
    };
    rows.iter().map(|r| read(r).map_err(problems::plain)).collect()
}

pub async fn forget_upload(store: &Store, upload: &Upload) -> Outcome<()> {
    let sql = "delete from kontor.import_uploads where workspace_id = $1 and id = $2";
    store.door().await?.execute(sql, &[&upload.workspace, &upload.id]).await.map(drop)
}

/// Of imports that were ordered longer ago than this and are not at work the refused rows and what they were like go,
/// and what was noted while they ran; that there was an import stays, with its counts. How many imports these were, at
/// most a hundred.
pub async fn sweep_older_than(store: &Store, age: SignedDuration) -> Outcome<u64> {
    let sql = "with old as (
                   select i.workspace_id, i.id from kontor.imports i
                   where i.swept_at is null and i.created_at < now() - make_interval(secs => $1)
                     and not exists (select 1 from kontor.jobs j where j.workspace_id = i.workspace_id
                                     and j.id = i.job_id and j.state in ('waiting', 'running'))
                   order by i.created_at limit 100 for update skip locked
               ), errors as (
                   delete from kontor.import_errors t using old
                   where t.workspace_id = old.workspace_id and t.import_id = old.id
               ), matches as (
                   delete from kontor.import_matches t using old
                   where t.workspace_id = old.workspace_id and t.import_id = old.id
               ), keys as (
                   delete from kontor.import_keys t using old
                   where t.workspace_id = old.workspace_id and t.import_id = old.id
               ), links as (
                   delete from kontor.import_links t using old
                   where t.workspace_id = old.workspace_id and t.import_id = old.id
               )
               update kontor.imports i set swept_at = now(), conflicts = null
               from old where i.workspace_id = old.workspace_id and i.id = old.id";
    store.door().await?.execute(sql, &[&age.as_secs_f64()]).await
}
