//! The import's own tables: what was ordered, how far it is, what was refused.
use super::alike::Alike;
use super::walk::{Link, Refusal};
use kernel::{Outcome, Problem, Uuid, Value};
use meta::Codec;
use policy::Actor;
use query::Statement;
use serde::Serialize;
use serde_json::{Value as Json, json};
use store::Cx;

/// What became of the rows so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub skipped: u64,
    pub refused: u64,
    /// Rows that were very like stored records, whatever became of them.
    pub duplicates: u64,
}

#[derive(Debug, Clone)]
pub struct Upload {
    pub id: Uuid,
    pub name: String,
    pub bytes: u64,
    pub key: String,
}

/// An import as its table has it.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: Uuid,
    pub upload: Uuid,
    pub member: Option<Uuid>,
    pub file: String,
    pub object: String,
    pub spec: Json,
    pub job: Option<Uuid>,
    pub state: String,
    pub position: u64,
    pub total: Option<u64>,
    pub tally: Tally,
    pub header: Vec<String>,
    pub notes: Vec<String>,
    pub problem: Json,
    pub conflicts: Json,
    pub created_at: Json,
    pub finished_at: Json,
    /// When its refused rows were let go.
    pub swept_at: Json,
}

fn st(text: impl Into<String>, params: Vec<Value>) -> Statement {
    Statement { text: text.into(), params }
}

fn count(n: u64) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn member(actor: &Actor) -> Value {
    if actor.member.is_nil() { Value::Null } else { Value::Id(actor.member) }
}

pub fn insert_upload(actor: &Actor, upload: &Upload) -> Statement {
    let params = vec![
        actor.workspace.into(),
        upload.id.into(),
        member(actor),
        upload.name.as_str().into(),
        count(upload.bytes),
        upload.key.as_str().into(),
    ];
    st(
        "insert into kontor.import_uploads (workspace_id, id, member_id, name, bytes, file_key) \
         values ($1, $2::uuid, $3::uuid, $4::text, $5::bigint, $6::text)",
        params,
    )
}

pub fn forget_upload(workspace: Uuid, id: Uuid) -> Statement {
    st(
        "delete from kontor.import_uploads where workspace_id = $1 and id = $2::uuid",
        vec![workspace.into(), id.into()],
    )
}

/// One's own upload, or anybody's for the system.
pub async fn upload(cx: &Cx, actor: &Actor, id: Uuid) -> Outcome<Upload> {
    let text = "select name, bytes, file_key from kontor.import_uploads where workspace_id = $1 and id = $2::uuid \
                and ($3::uuid is null or member_id = $3::uuid)";
    let statement = st(text, vec![actor.workspace.into(), id.into(), member(actor)]);
    let rows = cx.query(&statement, &[Codec::Text, Codec::Int8, Codec::Text]).await?;
    match rows.first().map(Vec::as_slice) {
        Some([Value::Text(name), Value::Int(bytes), Value::Text(key)]) => {
            Ok(Upload { id, name: name.clone(), bytes: *bytes as u64, key: key.clone() })
        }
        _ => Err(Problem::new("record.not_found", format!("There is no upload {id}.")).at("upload").into()),
    }
}

pub fn insert(
    actor: &Actor,
    id: Uuid,
    upload: &Upload,
    object: &str,
    spec: &Json,
    dry_run: bool,
) -> Statement {
    st(
        "insert into kontor.imports (workspace_id, id, member_id, upload_id, file, object, spec, dry_run) \
         values ($1, $2::uuid, $3::uuid, $4::uuid, $5::text, $6::text, $7::jsonb, $8::boolean)",
        vec![
            actor.workspace.into(),
            id.into(),
            member(actor),
            upload.id.into(),
            upload.name.as_str().into(),
            object.into(),
            Value::Json(spec.clone()),
            Value::Bool(dry_run),
        ],
    )
}

pub fn set_job(workspace: Uuid, id: Uuid, job: Uuid) -> Statement {
    st(
        "update kontor.imports set job_id = $3::uuid where workspace_id = $1 and id = $2::uuid",
        vec![workspace.into(), id.into(), job.into()],
    )
}

const STORED: &str = "select id, upload_id, member_id, file, object, spec, job_id, state, position, total, created, \
    updated, unchanged, skipped, refused, header, notes, problem, conflicts, created_at, finished_at, duplicates, swept_at \
    from kontor.imports where workspace_id = $1";
const CODECS: [Codec; 23] = [
    Codec::Uuid,
    Codec::Uuid,
    Codec::Uuid,
    Codec::Text,
    Codec::Text,
    Codec::Jsonb,
    Codec::Uuid,
    Codec::Text,
    Codec::Int8,
    Codec::Int8,
    Codec::Int8,
    Codec::Int8,
    Codec::Int8,
    Codec::Int8,
    Codec::Int8,
    Codec::TextArray,
    Codec::TextArray,
    Codec::Jsonb,
    Codec::Jsonb,
    Codec::Timestamptz,
    Codec::Timestamptz,
    Codec::Int8,
    Codec::Timestamptz,
];

pub async fn stored(cx: &Cx, workspace: Uuid, id: Uuid) -> Outcome<Option<Stored>> {
    let statement = st(format!("{STORED} and id = $2::uuid"), vec![workspace.into(), id.into()]);
    Ok(cx.query(&statement, &CODECS).await?.into_iter().next().map(|row| of_row(&row)))
}

/// Newest first; `of`: those of one member only.
pub async fn latest(cx: &Cx, workspace: Uuid, of: Option<Uuid>, limit: u32) -> Outcome<Vec<Stored>> {
    let text = format!(
        "{STORED} and ($2::uuid is null or member_id = $2::uuid) order by created_at desc, id desc limit {limit}"
    );
    let statement = st(text, vec![workspace.into(), of.map_or(Value::Null, Value::Id)]);
    Ok(cx.query(&statement, &CODECS).await?.iter().map(|row| of_row(row)).collect())
}

fn of_row(row: &[Value]) -> Stored {
    let number = |i: usize| match row[i] {
        Value::Int(n) => n as u64,
        _ => 0,
    };
    let text = |i: usize| row[i].as_text().unwrap_or_default().to_owned();
    let texts = |i: usize| match &row[i] {
        Value::Texts(all) => all.clone(),
        _ => vec![],
    };
    let json = |i: usize| match &row[i] {
        Value::Json(json) => json.clone(),
        _ => Json::Null,
    };
    Stored {
        id: row[0].as_id().unwrap_or_default(),
        upload: row[1].as_id().unwrap_or_default(),
        member: row[2].as_id(),
        file: text(3),
        object: text(4),
        spec: json(5),
        job: row[6].as_id(),
        state: text(7),
        position: number(8),
        total: (!row[9].is_null()).then(|| number(9)),
        tally: Tally {
            created: number(10),
            updated: number(11),
            unchanged: number(12),
            skipped: number(13),
            refused: number(14),
            duplicates: number(21),
        },
        header: texts(15),
        notes: texts(16),
        problem: json(17),
        conflicts: json(18),
        created_at: row[19].to_json(),
        finished_at: row[20].to_json(),
        swept_at: row[22].to_json(),
    }
}

/// A pass begins at the first row, with nothing counted and nothing known.
pub fn begin(workspace: Uuid, id: Uuid, state: &str) -> Vec<Statement> {
    let both = || vec![workspace.into(), id.into()];
    let clear = |table: &str| {
        st(format!("delete from kontor.{table} where workspace_id = $1 and import_id = $2::uuid"), both())
    };
    let mut params = both();
    params.push(state.into());
    vec![
        clear("import_errors"),
        clear("import_keys"),
        clear("import_links"),
        clear("import_matches"),
        st(
            "update kontor.imports set state = $3::text, position = 0, created = 0, updated = 0, unchanged = 0, \
             skipped = 0, refused = 0, duplicates = 0, problem = null, finished_at = null where workspace_id = $1 and id = $2::uuid",
            params,
        ),
    ]
}

pub fn surveyed(workspace: Uuid, id: Uuid, rows: u64, header: &[String], notes: &[String]) -> Statement {
    st(
        "update kontor.imports set total = $3::bigint, header = $4::text[], notes = $5::text[] \
         where workspace_id = $1 and id = $2::uuid",
        vec![
            workspace.into(),
            id.into(),
            count(rows),
            Value::Texts(header.to_vec()),
            Value::Texts(notes.to_vec()),
        ],
    )
}

/// So many more rows are behind it, with this outcome.
pub fn advance(workspace: Uuid, id: Uuid, rows: u64, tally: Tally) -> Statement {
    st(
        "update kontor.imports set position = position + $3::bigint, created = created + $4::bigint, \
         updated = updated + $5::bigint, unchanged = unchanged + $6::bigint, skipped = skipped + $7::bigint, \
         refused = refused + $8::bigint, duplicates = duplicates + $9::bigint where workspace_id = $1 and id = $2::uuid",
        vec![
            workspace.into(),
            id.into(),
            count(rows),
            count(tally.created),
            count(tally.updated),
            count(tally.unchanged),
            count(tally.skipped),
            count(tally.refused),
            count(tally.duplicates),
        ],
    )
}

pub fn chunk(workspace: Uuid, id: Uuid, change_set: Uuid) -> Statement {
    st(
        "insert into kontor.import_chunks (workspace_id, import_id, seq, change_set_id) \
         select $1::uuid, $2::uuid, coalesce(max(seq), 0) + 1, $3::uuid from kontor.import_chunks \
         where workspace_id = $1 and import_id = $2::uuid",
        vec![workspace.into(), id.into(), change_set.into()],
    )
}

pub fn refusals(workspace: Uuid, id: Uuid, refusals: &[Refusal]) -> Option<Statement> {
    if refusals.is_empty() {
        return None;
    }
    // Cells go as JSON: an array of arrays must be as long in every row.
    let rows: Vec<Json> = refusals
        .iter()
        .map(|r| json!({ "row": r.row, "cells": r.cells.as_ref().map(|c| c.iter().collect::<Vec<_>>()), "errors": r.errors }))
        .collect();
    Some(st(
        "insert into kontor.import_errors (workspace_id, import_id, row, cells, errors) \
         select $1::uuid, $2::uuid, (r ->> 'row')::bigint, \
         case when jsonb_typeof(r -> 'cells') = 'array' then array(select jsonb_array_elements_text(r -> 'cells')) end, \
         r -> 'errors' from jsonb_array_elements($3::jsonb) r on conflict do nothing",
        vec![workspace.into(), id.into(), Value::Json(Json::Array(rows))],
    ))
}

pub fn links(workspace: Uuid, id: Uuid, links: &[Link]) -> Option<Statement> {
    if links.is_empty() {
        return None;
    }
    let rows: Vec<Json> =
        links.iter().map(|l| json!({ "row": l.row, "record": l.record, "refs": l.refs })).collect();
    Some(st(
        "insert into kontor.import_links (workspace_id, import_id, row, record_id, refs) \
         select $1::uuid, $2::uuid, (r ->> 'row')::bigint, (r ->> 'record')::uuid, r -> 'refs' \
         from jsonb_array_elements($3::jsonb) r",
        vec![workspace.into(), id.into(), Value::Json(Json::Array(rows))],
    ))
}

pub fn matches(workspace: Uuid, id: Uuid, matches: &[Alike]) -> Option<Statement> {
    if matches.is_empty() {
        return None;
    }
    let rows: Vec<Json> = matches.iter().map(Alike::to_json).collect();
    Some(st(
        "insert into kontor.import_matches (workspace_id, import_id, row, choice, record_id, candidates) \
         select $1::uuid, $2::uuid, (r ->> 'row')::bigint, r ->> 'choice', (r ->> 'record')::uuid, r -> 'candidates' \
         from jsonb_array_elements($3::jsonb) r on conflict do nothing",
        vec![workspace.into(), id.into(), Value::Json(Json::Array(rows))],
    ))
}

/// Rows behind a row number that are very like stored records, in order: row, choice, candidates.
pub async fn matched(
    cx: &Cx,
    workspace: Uuid,
    id: Uuid,
    after: u64,
    limit: usize,
) -> Outcome<Vec<Vec<Value>>> {
    let what = "row, choice, candidates from kontor.import_matches";
    behind(cx, what, [Codec::Int8, Codec::Text, Codec::Jsonb], (workspace, id), after, limit).await
}

async fn behind(
    cx: &Cx,
    what: &str,
    codecs: [Codec; 3],
    (workspace, id): (Uuid, Uuid),
    after: u64,
    limit: usize,
) -> Outcome<Vec<Vec<Value>>> {
    let text = format!(
        "select {what} where workspace_id = $1 and import_id = $2::uuid and row > $3::bigint order by row limit {limit}"
    );
    cx.query(&st(text, vec![workspace.into(), id.into(), count(after)]), &codecs).await
}

/// Which of these records a row of this import changes already: the record and the row.
pub fn changed_by_rows(workspace: Uuid, id: Uuid, records: Vec<Uuid>) -> (Statement, [Codec; 2]) {
    let text = "select record_id, row from kontor.import_matches where workspace_id = $1 and import_id = $2::uuid \
                and record_id = any($3::uuid[])";
    (st(text, vec![workspace.into(), id.into(), Value::Ids(records)]), [Codec::Uuid, Codec::Int8])
}

/// Which of these records this import has made.
pub fn made_here(workspace: Uuid, id: Uuid, records: Vec<Uuid>) -> (Statement, [Codec; 1]) {
    let text = "select c.record_id from kontor.changes c join kontor.import_chunks k on k.workspace_id = c.workspace_id \
                and k.change_set_id = c.change_set_id where c.workspace_id = $1 and k.import_id = $2::uuid \
                and c.record_id = any($3::uuid[]) and c.action = 'create'";
    (st(text, vec![workspace.into(), id.into(), Value::Ids(records)]), [Codec::Uuid])
}

/// The next links, lowest row first.
pub fn next_links(workspace: Uuid, id: Uuid, limit: usize) -> (Statement, [Codec; 3]) {
    let text = format!(
        "select row, record_id, refs from kontor.import_links where workspace_id = $1 and import_id = $2::uuid \
         order by row limit {limit}"
    );
    (st(text, vec![workspace.into(), id.into()]), [Codec::Int8, Codec::Uuid, Codec::Jsonb])
}

pub fn drop_links(workspace: Uuid, id: Uuid, until: u64) -> Statement {
    st(
        "delete from kontor.import_links where workspace_id = $1 and import_id = $2::uuid and row <= $3::bigint",
        vec![workspace.into(), id.into(), count(until)],
    )
}

/// Claims keys for rows: the hashes of those that nobody had. The unique index alone decides, so no plan can be
/// wrong about a table that was empty when it was made.
pub fn claim_keys(workspace: Uuid, id: Uuid, keys: &[String], rows: &[u64]) -> (Statement, [Codec; 1]) {
    let text = "insert into kontor.import_keys (workspace_id, import_id, key, row) \
                select $1::uuid, $2::uuid, md5(k), r from unnest($3::text[], ($4::text[])::bigint[]) as a(k, r) \
                on conflict do nothing returning row";
    let rows = rows.iter().map(u64::to_string).collect();
    (
        st(text, vec![workspace.into(), id.into(), Value::Texts(keys.to_vec()), Value::Texts(rows)]),
        [Codec::Int8],
    )
}

/// Keys and the rows that had them first.
pub fn holders(workspace: Uuid, id: Uuid, keys: Vec<String>) -> (Statement, [Codec; 2]) {
    let text = "select a.k, i.row from unnest($3::text[]) as a(k) join kontor.import_keys i \
                on i.workspace_id = $1 and i.import_id = $2::uuid and i.key = md5(a.k)";
    (st(text, vec![workspace.into(), id.into(), Value::Texts(keys)]), [Codec::Text, Codec::Int8])
}

/// What has ended well stays so, whatever a worker reports that did not know.
pub fn finish(workspace: Uuid, id: Uuid, state: &str, problem: Option<&Json>) -> Vec<Statement> {
    let params = vec![
        workspace.into(),
        id.into(),
        state.into(),
        problem.map_or(Value::Null, |p| Value::Json(p.clone())),
    ];
    let mut statements = vec![st(
        "update kontor.imports set state = $3::text, problem = $4::jsonb, finished_at = now() \
         where workspace_id = $1 and id = $2::uuid and state not in ('done', 'undoing', 'undone')",
        params,
    )];
    // Who goes on with the import later must know the keys of the rows before.
    if matches!(state, "done" | "refused") {
        statements.push(st(
            "delete from kontor.import_keys where workspace_id = $1 and import_id = $2::uuid",
            vec![workspace.into(), id.into()],
        ));
    }
    statements
}

/// True: until the transaction ends no other worker writes this import. False: one does.
pub fn alone(id: Uuid) -> (Statement, [Codec; 1]) {
    let text = "select pg_try_advisory_xact_lock(hashtextextended($1::uuid::text, 0))";
    (st(text, vec![id.into()]), [Codec::Bool])
}

/// How far an import is; nobody else takes it further until the transaction ends.
pub fn locked(workspace: Uuid, id: Uuid) -> (Statement, [Codec; 1]) {
    let text = "select position from kontor.imports where workspace_id = $1 and id = $2::uuid for update";
    (st(text, vec![workspace.into(), id.into()]), [Codec::Int8])
}

pub fn state(workspace: Uuid, id: Uuid, state: &str) -> Statement {
    st(
        "update kontor.imports set state = $3::text where workspace_id = $1 and id = $2::uuid",
        vec![workspace.into(), id.into(), state.into()],
    )
}

/// The change sets that stand, last first.
pub async fn standing(cx: &Cx, workspace: Uuid, id: Uuid) -> Outcome<Vec<Uuid>> {
    let text = "select change_set_id from kontor.import_chunks where workspace_id = $1 and import_id = $2::uuid \
                and undone_at is null order by seq desc limit 1000";
    let rows = cx.query(&st(text, vec![workspace.into(), id.into()]), &[Codec::Uuid]).await?;
    Ok(rows.iter().filter_map(|r| r[0].as_id()).collect())
}

pub fn undone(workspace: Uuid, id: Uuid, change_set: Uuid, conflicts: &[Json]) -> Vec<Statement> {
    vec![
        st(
            "update kontor.import_chunks set undone_at = now() where workspace_id = $1 and import_id = $2::uuid \
             and change_set_id = $3::uuid",
            vec![workspace.into(), id.into(), change_set.into()],
        ),
        // The first thousand are enough to look at; the number of all is kept beside them.
        st(
            "update kontor.imports set conflicts = jsonb_build_object('total', \
             coalesce((conflicts ->> 'total')::bigint, 0) + jsonb_array_length($3::jsonb), 'first', \
             case when jsonb_array_length(coalesce(conflicts -> 'first', '[]')) >= 1000 then conflicts -> 'first' \
             else coalesce(conflicts -> 'first', '[]') || $3::jsonb end) \
             where workspace_id = $1 and id = $2::uuid and jsonb_array_length($3::jsonb) > 0",
            vec![workspace.into(), id.into(), Value::Json(Json::Array(conflicts.to_vec()))],
        ),
    ]
}

/// Refused rows behind a row number, in order.
pub async fn errors(
    cx: &Cx,
    workspace: Uuid,
    id: Uuid,
    after: u64,
    limit: usize,
) -> Outcome<Vec<Vec<Value>>> {
    let what = "row, cells, errors from kontor.import_errors";
    behind(cx, what, [Codec::Int8, Codec::TextArray, Codec::Jsonb], (workspace, id), after, limit).await
}
