//! `Idempotency-Key`: the answer of a write is stored with the write, so that a request sent twice acts once.
use crate::{Batch, Engine};
use kernel::{Outcome, Problem, Value};
use meta::Codec;
use policy::{Actor, Create, Read};
use query::Statement;

/// An answer that was given before.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub status: u16,
    pub body: String,
    /// The address of what was made, and its version.
    pub location: Option<String>,
    pub etag: Option<String>,
}

/// A key and the fingerprint of the request that it stands for.
#[derive(Debug, Clone)]
pub struct Remembered {
    pub key: String,
    /// Of method, path and body; the same key for another request is refused.
    pub request: String,
}

impl Engine {
    /// The answer that this key got before, if any, for who may still do and see what it says.
    pub async fn recall(&self, actor: &Actor, plural: &str, key: &Remembered) -> Outcome<Option<Stored>> {
        let cx = self.store().begin_read(actor).await?;
        let statement = Statement {
            text: "select request_hash, status::bigint, body, location, etag from kontor.idempotency \
                   where workspace_id = $1 and member_id = $2::uuid and key = $3::text"
                .into(),
            params: vec![actor.workspace.into(), actor.member.into(), key.key.as_str().into()],
        };
        let rows =
            cx.query(&statement, &[Codec::Text, Codec::Int8, Codec::Text, Codec::Text, Codec::Text]).await?;
        match rows.first().map(Vec::as_slice) {
            Some([Value::Text(hash), Value::Int(status), Value::Text(body), location, etag])
                if *hash == key.request =>
            {
                let object = &cx.model().by_plural(plural)?.name;
                policy::grant::<Create>(cx.model(), actor, object)?;
                if !body.is_empty() {
                    policy::grant::<Read>(cx.model(), actor, object)?;
                }
                let text = |value: &Value| value.as_text().map(str::to_owned);
                let (location, etag) = (text(location), text(etag));
                Ok(Some(Stored { status: *status as u16, body: body.clone(), location, etag }))
            }
            Some(_) => {
                let detail = "This Idempotency-Key was used for a different request.";
                Err(Problem::new("idempotency.conflict", detail).at("Idempotency-Key").into())
            }
            None => Ok(None),
        }
    }
}

impl Batch {
    /// Commits the answer with the change.
    pub fn remember(&mut self, key: &Remembered, answer: &Stored) {
        let actor = self.actor();
        let statement = Statement {
            text: "insert into kontor.idempotency (workspace_id, member_id, key, request_hash, status, body, location, etag, at) \
                   values ($1, $2::uuid, $3::text, $4::text, $5::bigint, $6::text, $7::text, $8::text, now())"
                .into(),
            params: vec![
                actor.workspace.into(),
                actor.member.into(),
                key.key.as_str().into(),
                key.request.as_str().into(),
                Value::Int(answer.status.into()),
                answer.body.as_str().into(),
                answer.location.clone().into(),
                answer.etag.clone().into(),
            ],
        };
        self.push(statement);
    }
}
