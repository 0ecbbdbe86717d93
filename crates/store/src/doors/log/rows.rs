//! Rows of the log on their way to a digest, as a stream: a change set may have a hundred thousand entries.
use super::digest::{Body, Entry, Salts};
use crate::problems;
use deadpool_postgres::Transaction;
use futures_util::{TryStreamExt, pin_mut};
use kernel::{Outcome, Timestamp, Uuid};
use std::collections::HashMap;
use tokio_postgres::Row;

/// A change set and where it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub id: Uuid,
    pub at: Timestamp,
}

/// What every statement about heads selects: id, at, xid, salt, erased, and every other column as JSON.
pub(super) const HEAD: &str =
    "s.id, s.at, s.xid, s.salt, s.erased::text, (to_jsonb(s) - '{salt,erased}'::text[])::text";

pub(super) fn head(row: &Row) -> (Place, i64, Body) {
    let place = Place { id: row.get(0), at: row.get(1) };
    let salts = Salts::new(row.get(3), row.get(4));
    (place, row.get(2), Body::new(row.get(5), &salts))
}

/// Times inside JSON are written in the zone of the connection, so that it must always be the same.
pub(super) async fn same_zone(transaction: &Transaction<'_>) -> Outcome<()> {
    transaction.batch_execute("set local timezone to 'UTC'").await.map_err(problems::plain)
}

/// Hands every entry of the sets to its body.
pub(super) async fn entries(
    transaction: &Transaction<'_>,
    workspace: Uuid,
    places: &[Place],
    bodies: &mut HashMap<Uuid, Body>,
) -> Outcome<()> {
    // The partition of an entry is its set's; the bounds leave the other months alone.
    let sql =
        "select c.change_set_id, c.seq, c.at, c.object, c.record_id, c.action, c.version, c.before::text,
                      c.after::text, c.salt, c.erased::text
               from unnest($2::uuid[], $3::timestamptz[]) as s(id, at)
               join kontor.changes c on c.workspace_id = $1 and c.change_set_id = s.id and c.at = s.at
               where c.at between $4 and $5
               order by c.change_set_id, c.seq";
    let (Some(first), Some(last)) = (places.iter().map(|p| p.at).min(), places.iter().map(|p| p.at).max())
    else {
        return Ok(());
    };
    let (ids, ats): (Vec<Uuid>, Vec<Timestamp>) = places.iter().map(|p| (p.id, p.at)).unzip();
    let statement = transaction.prepare_cached(sql).await.map_err(problems::plain)?;
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [&workspace, &ids, &ats, &first, &last];
    let rows = transaction.query_raw(&statement, params).await.map_err(problems::plain)?;
    pin_mut!(rows);
    while let Some(row) = rows.try_next().await.map_err(problems::plain)? {
        if let Some(body) = bodies.get_mut(&row.get::<_, Uuid>(0)) {
            body.entry(&entry(&row));
        }
    }
    Ok(())
}

fn entry(row: &Row) -> Entry<'_> {
    Entry {
        seq: row.get(1),
        at: row.get::<_, Timestamp>(2).as_microsecond(),
        object: row.get(3),
        record: row.get(4),
        action: row.get(5),
        version: row.get(6),
        before: row.get(7),
        after: row.get(8),
        salts: Salts::new(row.get(9), row.get(10)),
    }
}
