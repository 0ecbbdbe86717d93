//! The book of exports: what was ordered, by whom, and where the file lies.
use crate::{Format, Header};
use kernel::{Outcome, Problem, Timestamp, Uuid, Value, new_id};
use meta::Codec;
use policy::Actor;
use query::Statement;
use serde::Serialize;
use store::Cx;

/// What is ordered.
#[derive(Debug, Clone)]
pub struct NewExport<'a> {
    /// `list`, `workspace` or `person`.
    pub kind: &'static str,
    pub object: Option<&'a str>,
    pub query: &'a str,
    /// `zip`, or the name of a [`Format`].
    pub format: &'a str,
    pub header: Header,
    pub title: Option<&'a str>,
    pub record: Option<Uuid>,
}

/// One export as it stands.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub id: Uuid,
    pub kind: String,
    pub object: Option<String>,
    pub query: String,
    pub format: String,
    pub header: String,
    pub title: Option<String>,
    pub record_id: Option<Uuid>,
    pub created_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub rows: Option<i64>,
    pub bytes: Option<i64>,
    pub job_id: Option<Uuid>,
    /// Of the job: waiting, running, done, failed, cancelled; `done` when the job has been forgotten.
    pub state: String,
    pub done: i64,
    pub total: Option<i64>,
    pub error: Option<String>,
    #[serde(skip)]
    pub member: Option<Uuid>,
    #[serde(skip)]
    pub file_key: Option<String>,
    #[serde(skip)]
    pub file_name: Option<String>,
}

const SELECT: &str = "select e.id, e.kind, e.object, e.query, e.format, e.header, e.title, e.record_id, e.created_at, \
    e.finished_at, e.rows, e.bytes, e.job_id, coalesce(j.state, 'done'), coalesce(j.done, 0), j.total, j.error, \
    e.member_id, e.file_key, e.file_name \
    from kontor.exports e left join kontor.jobs j on j.workspace_id = e.workspace_id and j.id = e.job_id \
    where e.workspace_id = $1::uuid";
const CODECS: [Codec; 20] = [
    Codec::Uuid,
    Codec::Text,
    Codec::Text,
    Codec::Text,
    Codec::Text,
    Codec::Text,
    Codec::Text,
    Codec::Uuid,
    Codec::Timestamptz,
    Codec::Timestamptz,
    Codec::Int8,
    Codec::Int8,
    Codec::Uuid,
    Codec::Text,
    Codec::Int8,
    Codec::Int8,
    Codec::Text,
    Codec::Uuid,
    Codec::Text,
    Codec::Text,
];

/// In the caller's transaction.
pub async fn enter(cx: &Cx, actor: &Actor, new: &NewExport<'_>) -> Outcome<Uuid> {
    let id = new_id();
    let member = (!actor.member.is_nil()).then_some(actor.member);
    let statement = Statement {
        text: "insert into kontor.exports \
               (workspace_id, id, member_id, kind, object, query, format, header, title, record_id) \
               values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::uuid)"
            .into(),
        params: vec![
            actor.workspace.into(),
            id.into(),
            member.into(),
            new.kind.into(),
            new.object.into(),
            new.query.into(),
            new.format.into(),
            new.header.name().into(),
            new.title.into(),
            new.record.into(),
        ],
    };
    cx.execute(&statement).await?;
    Ok(id)
}

/// Which job does it.
pub async fn given_to(cx: &Cx, actor: &Actor, id: Uuid, job: Uuid) -> Outcome<()> {
    let statement = Statement {
        text: "update kontor.exports set job_id = $3::uuid where workspace_id = $1::uuid and id = $2::uuid"
            .into(),
        params: vec![actor.workspace.into(), id.into(), job.into()],
    };
    cx.execute(&statement).await.map(drop)
}

/// The file of a finished export.
pub struct Kept<'a> {
    pub key: &'a str,
    pub name: &'a str,
    pub rows: u64,
    pub bytes: u64,
}

pub async fn finished(cx: &Cx, actor: &Actor, id: Uuid, kept: &Kept<'_>) -> Outcome<()> {
    let statement = Statement {
        text: "update kontor.exports set finished_at = now(), file_key = $3::text, file_name = $4::text, \
               rows = $5::bigint, bytes = $6::bigint where workspace_id = $1::uuid and id = $2::uuid"
            .into(),
        params: vec![
            actor.workspace.into(),
            id.into(),
            kept.key.into(),
            kept.name.into(),
            Value::Int(kept.rows as i64),
            Value::Int(kept.bytes as i64),
        ],
    };
    cx.execute(&statement).await.map(drop)
}

/// One's own; what the system ordered belongs to the super administrators.
pub async fn entry(cx: &Cx, actor: &Actor, id: Uuid) -> Outcome<Entry> {
    let statement = Statement {
        text: format!("{SELECT} and e.id = $2::uuid"),
        params: vec![actor.workspace.into(), id.into()],
    };
    let found = cx.query(&statement, &CODECS).await?.into_iter().next().map(read);
    let mine = |e: &Entry| actor.super_admin || e.member == Some(actor.member);
    found.filter(mine).ok_or_else(|| {
        Problem::new("record.not_found", format!("There is no export of yours with the id {id}.")).into()
    })
}

/// One's own, newest first: a hundred.
pub async fn entries(cx: &Cx, actor: &Actor) -> Outcome<Vec<Entry>> {
    let statement = Statement {
        text: format!("{SELECT} and e.member_id = $2::uuid order by e.id desc limit 100"),
        params: vec![actor.workspace.into(), actor.member.into()],
    };
    Ok(cx.query(&statement, &CODECS).await?.into_iter().map(read).collect())
}

fn read(row: Vec<Value>) -> Entry {
    let text = |at: usize| row[at].as_text().map(str::to_owned);
    let said = |at: usize| text(at).unwrap_or_default();
    let int = |at: usize| if let Value::Int(i) = row[at] { Some(i) } else { None };
    let time = |at: usize| if let Value::Time(t) = row[at] { Some(t) } else { None };
    Entry {
        id: row[0].as_id().unwrap_or_default(),
        kind: said(1),
        object: text(2),
        query: said(3),
        format: said(4),
        header: said(5),
        title: text(6),
        record_id: row[7].as_id(),
        created_at: time(8),
        finished_at: time(9),
        rows: int(10),
        bytes: int(11),
        job_id: row[12].as_id(),
        state: said(13),
        done: int(14).unwrap_or_default(),
        total: int(15),
        error: text(16),
        member: row[17].as_id(),
        file_key: text(18),
        file_name: text(19),
    }
}

impl Entry {
    pub fn format_of_list(&self) -> Result<(Format, Header), Problem> {
        Ok((Format::named(&self.format)?, Header::named(&self.header)?))
    }
}
