//! Erasing values from the log without breaking its chain: the value and its salt go, the digest stays.
use super::digest::{ERASED, PERSONAL, Salts, fields};
use crate::{Store, problems};
use deadpool_postgres::Transaction;
use kernel::{Outcome, Timestamp, Uuid};
use serde_json::Value as Json;
use tokio_postgres::Row;

/// Rows that are rewritten at once.
const BATCH: usize = 1_000;

/// What is to be erased of one record's history: every value that these fields ever had.
#[derive(Debug, Clone, PartialEq)]
pub struct Erase {
    pub object: String,
    pub record: Uuid,
    pub fields: Vec<String>,
}

/// Erases, in a transaction of its own, from everything that is committed; so it comes after the change that empties
/// the record itself, whose entry holds the values as `before`. Answers with how many entries held some.
pub async fn erase(store: &Store, workspace: Uuid, what: &[Erase]) -> Outcome<u64> {
    let mut door = store.door().await?;
    let transaction = door.transaction().await?;
    let mut entries = 0;
    for one in what {
        entries += erase_record(&transaction, workspace, one).await?;
    }
    transaction.commit().await.map_err(problems::plain)?;
    Ok(entries)
}

async fn erase_record(transaction: &Transaction<'_>, workspace: Uuid, what: &Erase) -> Outcome<u64> {
    let sql =
        "select change_set_id, seq, at, before::text, after::text, salt, erased::text from kontor.changes
               where workspace_id = $1 and record_id = $2 and object = $3
                 and (before ?| $4::text[] or after ?| $4::text[])
               order by at, change_set_id, seq for update";
    let statement = transaction.prepare_cached(sql).await.map_err(problems::plain)?;
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&workspace, &what.record, &what.object, &what.fields];
    let rows = transaction.query(&statement, &params).await.map_err(problems::plain)?;
    let mut changed = vec![];
    for row in &rows {
        changed.extend(emptied(row, &what.fields)?);
    }
    for batch in changed.chunks(BATCH) {
        write(transaction, workspace, batch).await?;
    }
    Ok(changed.len() as u64)
}

struct Emptied {
    set: Uuid,
    seq: i32,
    at: Timestamp,
    before: Option<Json>,
    after: Option<Json>,
    erased: Json,
}

/// `None`: there is no value of these fields in it any more.
fn emptied(row: &Row, gone: &[String]) -> Outcome<Option<Emptied>> {
    let sides = [("before", row.get::<_, Option<&str>>(3)), ("after", row.get::<_, Option<&str>>(4))];
    let mut values: Vec<(String, &str)> = vec![];
    for (side, text) in sides {
        let Some(text) = text else { continue };
        values.extend(fields(text).into_iter().map(|(name, json)| (format!("{side}.{name}"), json.get())));
    }
    let goes = |path: &str| path.split_once('.').is_some_and(|(_, name)| gone.iter().any(|f| f == name));
    if !values.iter().any(|(path, json)| goes(path) && *json != "null") {
        return Ok(None);
    }
    let erased = Salts::new(row.get(5), row.get(6)).without(&values, goes);
    let side = |text: Option<&str>| -> Outcome<Option<Json>> {
        let Some(text) = text else { return Ok(None) };
        let mut json: Json = serde_json::from_str(text).map_err(anyhow::Error::from)?;
        for (name, value) in json.as_object_mut().into_iter().flatten() {
            if gone.contains(name) {
                *value = Json::Null;
            }
        }
        Ok(Some(json))
    };
    Ok(Some(Emptied {
        set: row.get(0),
        seq: row.get(1),
        at: row.get(2),
        before: side(sides[0].1)?,
        after: side(sides[1].1)?,
        erased,
    }))
}

async fn write(transaction: &Transaction<'_>, workspace: Uuid, rows: &[Emptied]) -> Outcome<()> {
    let sql = "update kontor.changes c set before = e.before, after = e.after, erased = e.erased, salt = null
               from unnest($2::uuid[], $3::integer[], $4::timestamptz[], $5::jsonb[], $6::jsonb[], $7::jsonb[])
                    as e(change_set_id, seq, at, before, after, erased)
               where c.workspace_id = $1 and c.change_set_id = e.change_set_id and c.seq = e.seq and c.at = e.at";
    let statement = transaction.prepare_cached(sql).await.map_err(problems::plain)?;
    let sets: Vec<_> = rows.iter().map(|r| r.set).collect();
    let seqs: Vec<_> = rows.iter().map(|r| r.seq).collect();
    let ats: Vec<_> = rows.iter().map(|r| r.at).collect();
    let before: Vec<_> = rows.iter().map(|r| r.before.as_ref()).collect();
    let after: Vec<_> = rows.iter().map(|r| r.after.as_ref()).collect();
    let erased: Vec<_> = rows.iter().map(|r| &r.erased).collect();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&workspace, &sets, &seqs, &ats, &before, &after, &erased];
    transaction.execute(&statement, &params).await.map_err(problems::plain)?;
    Ok(())
}

/// Erases the name of who made the changes of one member, from where, and their notes. That it was this member is known
/// by the id alone from then on. Answers with how many change sets there were.
pub async fn erase_person(store: &Store, workspace: Uuid, member: Uuid) -> Outcome<u64> {
    let mut door = store.door().await?;
    let transaction = door.transaction().await?;
    super::rows::same_zone(&transaction).await?;
    let sql = "select id, at, salt, erased::text,
                      (select jsonb_object_agg(f.key, f.value) from jsonb_each(to_jsonb(s)) f where f.key = any($3) and f.value <> 'null')::text
               from kontor.change_sets s where workspace_id = $1 and member_id = $2 for update";
    let personal: Vec<&str> = PERSONAL.to_vec();
    let rows = transaction.query(sql, &[&workspace, &member, &personal]).await.map_err(problems::plain)?;
    for batch in rows.chunks(BATCH) {
        let (mut ids, mut ats, mut erased) = (vec![], vec![], vec![]);
        for row in batch {
            let text: Option<&str> = row.get(4);
            let fields = fields(text.unwrap_or("{}"));
            let values: Vec<(String, &str)> = fields.into_iter().map(|(n, json)| (n, json.get())).collect();
            ids.push(row.get::<_, Uuid>(0));
            ats.push(row.get::<_, Timestamp>(1));
            erased.push(Salts::new(row.get(2), row.get(3)).without(&values, |_| true));
        }
        let sql = "update kontor.change_sets s set actor_name = $5, ip = null, user_agent = null, note = null, salt = null,
                       erased = e.erased
                   from unnest($2::uuid[], $3::timestamptz[], $4::jsonb[]) as e(id, at, erased)
                   where s.workspace_id = $1 and s.id = e.id and s.at = e.at";
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&workspace, &ids, &ats, &erased, &ERASED];
        transaction.execute(sql, &params).await.map_err(problems::plain)?;
    }
    transaction.commit().await.map_err(problems::plain)?;
    Ok(rows.len() as u64)
}
