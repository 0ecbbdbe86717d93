//! Sealing: every change set that is final becomes the next link of its workspace's chain.
use super::digest::{Body, Hash, START, hex};
use super::rows::{HEAD, Place, entries, head, same_zone};
use crate::{Store, problems};
use deadpool_postgres::Transaction;
use kernel::{Outcome, Timestamp, Uuid};
use std::collections::HashMap;

/// Change sets that one transaction seals.
const BATCH: i64 = 500;

/// What a call has sealed, and where the chain ends now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sealed {
    pub sets: u64,
    pub seq: i64,
    /// Hexadecimal; worth keeping outside of the database.
    pub hash: String,
}

/// Where a chain ends and up to where the log was looked at.
struct Head {
    seq: i64,
    hash: Hash,
    xid: i64,
    is_here: bool,
    /// A first look at a database, or one that has moved, is under way: it goes through the whole log in batches.
    is_looking: bool,
}

/// What is final now: sets of transactions before `horizon`. `beyond`: numbers that no transaction of this database
/// has had yet; a set that bears one came here from another server, with a backup.
struct Now {
    horizon: i64,
    beyond: i64,
    place: String,
}

/// Seals every workspace that has something to seal. Another process that is at it already is left alone.
pub async fn seal_all(store: &Store) -> Outcome<u64> {
    let sql = format!(
        "select w.id from kontor.workspaces w
         left join kontor.chain_heads h on h.workspace_id = w.id
         where h.place is distinct from ({PLACE})
            or exists (select 1 from kontor.change_sets s where s.workspace_id = w.id and s.xid >= h.xid)
         order by w.id"
    );
    let workspaces: Vec<Uuid> = store.door().await?.rows(&sql, &[]).await?.iter().map(|r| r.get(0)).collect();
    let mut sets = 0;
    for workspace in workspaces {
        let sealed = seal(store, workspace).await?;
        if sealed.sets > 0 {
            // In a log that is kept elsewhere this line is an anchor that nobody with the database alone can change.
            tracing::info!(
                workspace.id = %workspace, seq = sealed.seq, hash = %sealed.hash,
                "Sealed {} changes up to {}", sealed.sets, sealed.seq
            );
        }
        sets += sealed.sets;
    }
    Ok(sets)
}

/// The cluster and the database: in another place transactions are counted anew.
pub(super) const PLACE: &str = "select (select system_identifier from pg_control_system()) || '/' || oid from pg_database \
     where datname = current_database()";

/// In front of the place while a first look at it is under way.
const LOOKING: &str = "looking ";

/// Seals what is final in one workspace, batch by batch.
pub async fn seal(store: &Store, workspace: Uuid) -> Outcome<Sealed> {
    let mut all = Sealed::default();
    while let Some(batch) = seal_batch(store, workspace).await? {
        let sets = batch.sets;
        all = Sealed { sets: all.sets + sets, ..batch };
        if sets < BATCH as u64 {
            break;
        }
    }
    Ok(all)
}

/// `None`: another process seals this workspace.
async fn seal_batch(store: &Store, workspace: Uuid) -> Outcome<Option<Sealed>> {
    let mut door = store.door().await?;
    let transaction = door.transaction().await?;
    same_zone(&transaction).await?;
    let lock = "select pg_try_advisory_xact_lock(hashtextextended('kontor.seal ' || $1::uuid::text, 0))";
    if !transaction.query_one(lock, &[&workspace]).await.map_err(problems::plain)?.get::<_, bool>(0) {
        return Ok(None);
    }
    let now = now(&transaction).await?;
    let before = current(&transaction, workspace, &now.place).await?;
    let found = final_sets(&transaction, workspace, &before, &now).await?;
    let last = found.last().filter(|_| found.len() as i64 == BATCH).map(|(_, xid, _)| *xid);
    let sets = found.len() as u64;
    let (seq, hash) = link(&transaction, workspace, &before, found).await?;
    // The next batch begins where this one ends. After a look in several batches, in which older ones may have become
    // final, the next errand begins from the start; what is sealed is passed over.
    let xid = match last {
        Some(last) => last,
        None if before.is_looking => 0,
        None => now.horizon,
    };
    let place = match last {
        Some(_) if !before.is_here => format!("{LOOKING}{}", now.place),
        _ => now.place,
    };
    if sets > 0 || !before.is_here || before.xid == 0 {
        write_head(&transaction, workspace, seq, &hash, xid, &place).await?;
    }
    transaction.commit().await.map_err(problems::plain)?;
    Ok(Some(Sealed { sets, seq, hash: hex(&hash) }))
}

async fn now(transaction: &Transaction<'_>) -> Outcome<Now> {
    let sql = format!(
        "select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint, ({PLACE}) from pg_current_snapshot() s"
    );
    let row = transaction.query_one(&sql, &[]).await.map_err(problems::plain)?;
    Ok(Now { horizon: row.get(0), beyond: row.get(1), place: row.get(2) })
}

async fn current(transaction: &Transaction<'_>, workspace: Uuid, place: &str) -> Outcome<Head> {
    let sql = "select seq, hash, xid, place from kontor.chain_heads where workspace_id = $1";
    let row = transaction.query_opt(sql, &[&workspace]).await.map_err(problems::plain)?;
    let Some(row) = row else {
        return Ok(Head { seq: 0, hash: START, xid: 0, is_here: false, is_looking: false });
    };
    let hash: Vec<u8> = row.get(1);
    let hash = hash.try_into().map_err(|_| anyhow::anyhow!("the chain's head holds no hash"))?;
    let stored: &str = row.get(3);
    let is_looking = stored.strip_prefix(LOOKING) == Some(place);
    Ok(Head { seq: row.get(0), hash, xid: row.get(2), is_here: stored == place, is_looking })
}

/// Sets that are final and have no seal, oldest transaction first.
async fn final_sets(
    transaction: &Transaction<'_>,
    workspace: Uuid,
    before: &Head,
    now: &Now,
) -> Outcome<Vec<(Place, i64, Body)>> {
    // Where the database has moved, everything is looked at once more: numbers from elsewhere say nothing here.
    let (from, beyond) = match (before.is_here, before.is_looking) {
        (true, _) => (before.xid, i64::MAX),
        (false, true) => (before.xid, now.beyond),
        (false, false) => (0, now.beyond),
    };
    let sql = format!(
        "select {HEAD} from kontor.change_sets s
         where s.workspace_id = $1 and s.xid >= $2 and (s.xid < $3 or s.xid >= $4)
           and not exists (select 1 from kontor.seals k where k.workspace_id = $1 and k.change_set_id = s.id)
         order by s.xid, s.id limit {BATCH}"
    );
    let rows = transaction
        .query(&sql, &[&workspace, &from, &now.horizon, &beyond])
        .await
        .map_err(problems::plain)?;
    Ok(rows.iter().map(head).collect())
}

/// Computes the links and writes them; where the chain ends then.
async fn link(
    transaction: &Transaction<'_>,
    workspace: Uuid,
    before: &Head,
    found: Vec<(Place, i64, Body)>,
) -> Outcome<(i64, Hash)> {
    let places: Vec<Place> = found.iter().map(|(place, ..)| *place).collect();
    let mut bodies: HashMap<Uuid, Body> =
        found.into_iter().map(|(place, _, body)| (place.id, body)).collect();
    entries(transaction, workspace, &places, &mut bodies).await?;
    let (mut seq, mut hash) = (before.seq, before.hash);
    let (mut seqs, mut ids, mut ats) = (vec![], vec![], vec![]);
    let (mut counts, mut previous, mut hashes) = (vec![], vec![], vec![]);
    for place in &places {
        // The same id twice in one batch: the second has no seal of its own, and `verify` names it.
        let Some(body) = bodies.remove(&place.id) else { continue };
        seq += 1;
        counts.push(body.entries);
        previous.push(hash.to_vec());
        hash = body.link(seq, &hash);
        hashes.push(hash.to_vec());
        seqs.push(seq);
        ids.push(place.id);
        ats.push(place.at);
    }
    let sql = "insert into kontor.seals (workspace_id, seq, change_set_id, at, changes, prev_hash, hash)
               select $1, * from unnest($2::bigint[], $3::uuid[], $4::timestamptz[], $5::integer[], $6::bytea[], $7::bytea[])";
    write(transaction, sql, &[&workspace, &seqs, &ids, &ats, &counts, &previous, &hashes]).await?;
    Ok((seq, hash))
}

async fn write_head(
    transaction: &Transaction<'_>,
    workspace: Uuid,
    seq: i64,
    hash: &Hash,
    xid: i64,
    place: &str,
) -> Outcome<()> {
    let sql = "insert into kontor.chain_heads (workspace_id, seq, hash, xid, place, sealed_at)
               values ($1, $2, $3, $4, $5, $6)
               on conflict (workspace_id) do update set seq = excluded.seq, hash = excluded.hash, xid = excluded.xid,
                   place = excluded.place, sealed_at = excluded.sealed_at";
    let now = Timestamp::now();
    write(transaction, sql, &[&workspace, &seq, &hash.as_slice(), &xid, &place, &now]).await
}

async fn write(
    transaction: &Transaction<'_>,
    sql: &str,
    params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Outcome<()> {
    let statement = transaction.prepare_cached(sql).await.map_err(problems::plain)?;
    transaction.execute(&statement, params).await.map_err(problems::plain)?;
    Ok(())
}
