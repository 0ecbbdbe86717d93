//! The table of what lies in the storage, as a member's own requests see it.
use jiff::SignedDuration;
use kernel::{Outcome, Uuid, Value};
use meta::Codec;
use policy::Actor;
use query::Statement;
use records::Body;
use store::Cx;

/// An upload that was begun.
pub struct Begun {
    /// None once the record is made.
    pub wish: Option<Body>,
    pub bytes: u64,
}

fn member(actor: &Actor) -> Value {
    if actor.member.is_nil() { Value::Null } else { actor.member.into() }
}

pub fn begin(actor: &Actor, id: Uuid, wish: &Body, bytes: u64) -> Statement {
    Statement {
        text: "insert into kontor.stored_files (workspace_id, id, member_id, wish, bytes) \
               values ($1, $2::uuid, $3::uuid, $4::jsonb, $5::bigint)"
            .into(),
        params: vec![
            actor.workspace.into(),
            id.into(),
            member(actor),
            Value::Json(wish.clone().into()),
            Value::Int(i64::try_from(bytes).unwrap_or(i64::MAX)),
        ],
    }
}

/// One's own, begun not longer ago than this.
pub async fn begun(cx: &Cx, actor: &Actor, id: Uuid, age: SignedDuration) -> Outcome<Option<Begun>> {
    let statement = Statement {
        text: "select wish, bytes from kontor.stored_files where workspace_id = $1 and id = $2::uuid \
               and member_id is not distinct from $3::uuid \
               and (completed_at is not null or created_at > now() - make_interval(secs => $4::bigint))"
            .into(),
        params: vec![actor.workspace.into(), id.into(), member(actor), Value::Int(age.as_secs())],
    };
    let rows = cx.query(&statement, &[Codec::Jsonb, Codec::Int8]).await?;
    Ok(rows.into_iter().next().map(|mut row| Begun {
        bytes: if let Value::Int(n) = row[1] { n.unsigned_abs() } else { 0 },
        wish: match row.swap_remove(0) {
            Value::Json(serde_json::Value::Object(wish)) => Some(wish),
            _ => None,
        },
    }))
}

/// Answers with a row for whoever completes it, and with none for whoever comes second.
pub fn complete(actor: &Actor, id: Uuid) -> Statement {
    Statement {
        text: "update kontor.stored_files set completed_at = now(), wish = null where workspace_id = $1 \
               and id = $2::uuid and completed_at is null returning id"
            .into(),
        params: vec![actor.workspace.into(), id.into()],
    }
}
