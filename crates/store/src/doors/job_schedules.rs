//! What comes round by itself, and when it did so last. Several nodes may look at once; one of them fires.
use crate::Store;
use kernel::{Outcome, Timestamp, Uuid};

#[derive(Debug, Clone)]
pub struct Fired {
    pub name: String,
    pub cron: String,
    pub last_fired: Timestamp,
}

/// Makes those known that are not yet. A new one counts as fired now, so that nothing runs at the first start.
pub async fn announce(store: &Store, names: &[&str], crons: &[&str]) -> Outcome<()> {
    let sql = "insert into kontor.job_schedules as s (name, cron)
               select * from unnest($1::text[], $2::text[])
               on conflict (name) do update set cron = excluded.cron where s.cron <> excluded.cron";
    store.door().await?.execute(sql, &[&names, &crons]).await.map(|_| ())
}

/// All of them, and the database's present time, by which all nodes go.
pub async fn all(store: &Store) -> Outcome<(Timestamp, Vec<Fired>)> {
    let sql = "select now(), s.name, s.cron, s.last_fired from (select 1) always
               left join kontor.job_schedules s on true order by s.name";
    let rows = store.door().await?.rows(sql, &[]).await?;
    let now = rows.first().map_or_else(Timestamp::now, |r| r.get(0));
    let fired = |r: &tokio_postgres::Row| {
        let name = r.get::<_, Option<String>>(1)?;
        Some(Fired { name, cron: r.get(2), last_fired: r.get(3) })
    };
    Ok((now, rows.iter().filter_map(fired).collect()))
}

/// Orders the job of a schedule, unless another node did so since `last_fired` was read. One that still waits or
/// runs from last time is enough.
pub async fn fire(store: &Store, seen: &Fired, queue: &str, kind: &str, attempts: u32) -> Outcome<bool> {
    let sql = "with won as (
                   update kontor.job_schedules set last_fired = now()
                   where name = $1 and last_fired = $2 returning name
               ), ordered as (
                   insert into kontor.jobs (workspace_id, id, queue, kind, once_key, max_attempts)
                   select $3, $4, $5, $6, name, $7 from won
                   on conflict (workspace_id, kind, once_key)
                       where once_key is not null and state in ('waiting', 'running') do nothing)
               select 1 from won";
    let id = kernel::new_id();
    let door = store.door().await?;
    let attempts = attempts as i32;
    let row =
        door.row(sql, &[&seen.name, &seen.last_fired, &Uuid::nil(), &id, &queue, &kind, &attempts]).await?;
    Ok(row.is_some())
}
