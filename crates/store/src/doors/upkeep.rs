//! What must be done now and then, whoever is signed in. Each may run on several nodes at once.
use crate::Store;
use kernel::Outcome;
use meta::Object;

/// How long an answer is kept for a repeated `Idempotency-Key`.
const ANSWERS_KEPT: &str = "24 hours";

/// Makes the change log's tables of this month and the next two. Answers with how many were missing.
pub async fn partitions(store: &Store) -> Outcome<i32> {
    // A node that does not get the lock leaves the work to the one that has it.
    let sql = "select case when pg_try_advisory_xact_lock(hashtext('kontor.partitions'))
                           then kontor.ensure_partitions(current_date, 3) else 0 end";
    let row = store.door().await?.row(sql, &[]).await?;
    Ok(row.map_or(0, |r| r.get(0)))
}

/// Answers with how many were forgotten.
pub async fn old_answers(store: &Store) -> Outcome<u64> {
    let sql = format!("delete from kontor.idempotency where at < now() - interval '{ANSWERS_KEPT}'");
    store.door().await?.execute(&sql, &[]).await
}

/// Tells the planner what an object's table holds, when very many rows have come at once: PostgreSQL's own upkeep comes
/// round a minute later, and until then plans are made for the table as it was. Left out while somebody else is at it.
pub async fn analyze(store: &Store, object: &Object) -> Outcome<()> {
    store.door().await?.execute(&format!("analyze (skip_locked) {}", object.table), &[]).await.map(drop)
}
