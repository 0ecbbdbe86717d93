//! Verifying: the whole chain is computed again from the log, and the first link that does not hold is named.
use super::digest::{Body, Hash, START, hex};
use super::rows::{HEAD, Place, entries, head, same_zone};
use super::seal::PLACE;
use crate::{Store, problems};
use deadpool_postgres::Transaction;
use kernel::{Outcome, Timestamp, Uuid};
use std::collections::HashMap;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// Links that are read at once.
const BATCH: i64 = 500;

/// What was found in one workspace's log.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// The last link that holds.
    pub seq: i64,
    /// Its hash, hexadecimal.
    pub hash: String,
    /// Record changes that the links cover.
    pub entries: i64,
    /// Change sets that wait for their seal, and the oldest of them.
    pub waiting: i64,
    pub waiting_since: Option<Timestamp>,
    pub broken: Option<Broken>,
}

/// The first link that does not hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    pub seq: i64,
    pub change_set: Option<Uuid>,
    /// When the change set was made.
    pub at: Option<Timestamp>,
    pub why: String,
}

struct Seal {
    seq: i64,
    place: Place,
    entries: i32,
    previous: Vec<u8>,
    hash: Vec<u8>,
}

impl Seal {
    fn read(row: &Row) -> Self {
        Self {
            seq: row.get(0),
            place: Place { id: row.get(1), at: row.get(2) },
            entries: row.get(3),
            previous: row.get(4),
            hash: row.get(5),
        }
    }
    fn broken(&self, why: impl Into<String>) -> Broken {
        Broken { seq: self.seq, change_set: Some(self.place.id), at: Some(self.place.at), why: why.into() }
    }
}

/// The anchor: what the last seal said it was.
struct Anchor {
    seq: i64,
    hash: Vec<u8>,
    xid: i64,
    is_here: bool,
}

/// Reads one workspace's log from its first link to its last, as it is at this moment.
pub async fn verify(store: &Store, workspace: Uuid) -> Outcome<Verified> {
    let mut door = store.door().await?;
    let transaction = door.transaction().await?;
    let mode = "set transaction isolation level repeatable read, read only";
    transaction.batch_execute(mode).await.map_err(problems::plain)?;
    same_zone(&transaction).await?;
    let mut walk = Walk { transaction, workspace, seq: 0, hash: START, entries: 0 };
    let broken = match walk.links().await? {
        Some(broken) => Some(broken),
        None => walk.ends().await?,
    };
    let mut found = walk.waiting().await?;
    found.broken = broken;
    Ok(Verified { seq: walk.seq, hash: hex(&walk.hash), entries: walk.entries, ..found })
}

struct Walk<'a> {
    transaction: Transaction<'a>,
    workspace: Uuid,
    /// The last link that holds.
    seq: i64,
    hash: Hash,
    entries: i64,
}

impl Walk<'_> {
    async fn links(&mut self) -> Outcome<Option<Broken>> {
        let sql = format!(
            "select seq, change_set_id, at, changes, prev_hash, hash from kontor.seals
             where workspace_id = $1 and seq > $2 order by seq limit {BATCH}"
        );
        loop {
            let rows = self.rows(&sql, &[&self.workspace, &self.seq]).await?;
            let seals: Vec<_> = rows.iter().map(Seal::read).collect();
            let mut bodies = self.bodies(&seals).await?;
            for seal in &seals {
                if let Some(broken) = self.link(seal, bodies.remove(&seal.place.id))? {
                    return Ok(Some(broken));
                }
            }
            if (seals.len() as i64) < BATCH {
                return Ok(None);
            }
        }
    }

    fn link(&mut self, seal: &Seal, body: Option<Body>) -> Outcome<Option<Broken>> {
        if seal.seq != self.seq + 1 {
            let missing = self.seq + 1;
            let why = format!("the seals from {missing} to {} are missing", seal.seq - 1);
            return Ok(Some(Broken { seq: missing, ..seal.broken(why) }));
        }
        if seal.previous != self.hash {
            return Ok(Some(seal.broken("it does not follow the link before it: the order was changed")));
        }
        let Some(body) = body else { return Ok(Some(seal.broken("the change set is missing"))) };
        let found = body.entries;
        if found != seal.entries {
            let why = format!("it was sealed with {} entries and has {found}", seal.entries);
            return Ok(Some(seal.broken(why)));
        }
        let hash = body.link(seal.seq, &self.hash);
        if seal.hash != hash {
            return Ok(Some(seal.broken("its head or one of its entries was changed after it was sealed")));
        }
        (self.seq, self.hash) = (seal.seq, hash);
        self.entries += i64::from(found);
        Ok(None)
    }

    async fn bodies(&self, seals: &[Seal]) -> Outcome<HashMap<Uuid, Body>> {
        let places: Vec<Place> = seals.iter().map(|s| s.place).collect();
        let ids: Vec<Uuid> = places.iter().map(|p| p.id).collect();
        let ats: Vec<Timestamp> = places.iter().map(|p| p.at).collect();
        let sql = format!(
            "select {HEAD} from unnest($2::uuid[], $3::timestamptz[]) as l(id, at)
             join kontor.change_sets s on s.workspace_id = $1 and s.id = l.id and s.at = l.at"
        );
        let rows = self.rows(&sql, &[&self.workspace, &ids, &ats]).await?;
        let mut bodies = HashMap::new();
        for row in &rows {
            let (place, _, body) = head(row);
            bodies.insert(place.id, body);
        }
        entries(&self.transaction, self.workspace, &places, &mut bodies).await?;
        Ok(bodies)
    }

    /// All links hold: are they all there, and is there nothing beside them?
    async fn ends(&self) -> Outcome<Option<Broken>> {
        let anchor = self.anchor().await?;
        let beyond = |seq, why: String| Broken { seq, change_set: None, at: None, why };
        let Some(anchor) = anchor else {
            return Ok((self.seq > 0).then(|| beyond(self.seq, "the anchor of the chain is missing".into())));
        };
        if anchor.seq != self.seq {
            let why =
                format!("the anchor says that link {} is the last one: the end was cut off", anchor.seq);
            return Ok(Some(beyond(self.seq + 1, why)));
        }
        if anchor.hash != self.hash {
            return Ok(Some(beyond(self.seq, "the anchor names another hash for the last link".into())));
        }
        if let Some(broken) = self.strange_set(&anchor).await? {
            return Ok(Some(broken));
        }
        self.strange_entry().await
    }

    async fn anchor(&self) -> Outcome<Option<Anchor>> {
        let sql = format!(
            "select seq, hash, xid, place = ({PLACE}) from kontor.chain_heads where workspace_id = $1"
        );
        let rows = self.rows(&sql, &[&self.workspace]).await?;
        Ok(rows.first().map(|r| Anchor { seq: r.get(0), hash: r.get(1), xid: r.get(2), is_here: r.get(3) }))
    }

    /// A set that was final when its like were sealed, and has no seal: it was written past the engine.
    async fn strange_set(&self, anchor: &Anchor) -> Outcome<Option<Broken>> {
        if !anchor.is_here {
            return Ok(None);
        }
        let sql = "select s.id, s.at from kontor.change_sets s
                   left join kontor.seals k on k.workspace_id = s.workspace_id and k.change_set_id = s.id and k.at = s.at
                   where s.workspace_id = $1 and s.xid < $2 and k.seq is null order by s.xid, s.id limit 1";
        let rows = self.rows(sql, &[&self.workspace, &anchor.xid]).await?;
        Ok(rows.first().map(|row| Broken {
            seq: self.seq,
            change_set: Some(row.get(0)),
            at: Some(row.get(1)),
            why: "a change set has been put among those that are sealed".into(),
        }))
    }

    /// Entries of no change set. They are looked for only when there are more entries than the sets account for.
    async fn strange_entry(&self) -> Outcome<Option<Broken>> {
        let count = "select (select count(*) from kontor.changes where workspace_id = $1)
                          - (select count(*) from kontor.change_sets s
                             join kontor.changes c on c.workspace_id = $1 and c.change_set_id = s.id and c.at = s.at
                             where s.workspace_id = $1
                               and not exists (select 1 from kontor.seals k where k.workspace_id = $1 and k.change_set_id = s.id))";
        let rows = self.rows(count, &[&self.workspace]).await?;
        if rows.first().is_none_or(|row| row.get::<_, i64>(0) == self.entries) {
            return Ok(None);
        }
        let sql = "select c.change_set_id, c.at from kontor.changes c
                   where c.workspace_id = $1 and not exists (select 1 from kontor.change_sets s
                       where s.workspace_id = $1 and s.id = c.change_set_id and s.at = c.at)
                   order by c.at, c.change_set_id limit 1";
        let rows = self.rows(sql, &[&self.workspace]).await?;
        Ok(rows.first().map(|row| Broken {
            seq: self.seq,
            change_set: Some(row.get(0)),
            at: Some(row.get(1)),
            why: "the log holds entries of a change set that does not exist".into(),
        }))
    }

    async fn waiting(&self) -> Outcome<Verified> {
        let sql = "select count(*), min(s.at) from kontor.change_sets s
                   where s.workspace_id = $1
                     and s.xid >= coalesce((select xid from kontor.chain_heads where workspace_id = $1), 0)
                     and not exists (select 1 from kontor.seals k where k.workspace_id = $1 and k.change_set_id = s.id)";
        let rows = self.rows(sql, &[&self.workspace]).await?;
        Ok(rows.first().map_or_else(Verified::default, |row| Verified {
            waiting: row.get(0),
            waiting_since: row.get(1),
            ..Verified::default()
        }))
    }

    async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Outcome<Vec<Row>> {
        let statement = self.transaction.prepare_cached(sql).await.map_err(problems::plain)?;
        self.transaction.query(&statement, params).await.map_err(problems::plain)
    }
}
