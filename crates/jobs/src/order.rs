//! What is to be done, written down in the transaction of who wants it done.
use crate::Queue;
use kernel::{Outcome, Timestamp, Uuid, Value, new_id};
use meta::Codec;
use policy::Actor;
use query::Statement;
use store::Cx;

/// How often a job that ends just as it is looked for is looked for again.
const LOOKS: usize = 5;

/// What is to be done. The payload carries ids only (S2-173): what a job needs to know it reads when it runs, and a
/// secret that is not in the queue cannot be read there.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    queue: Queue,
    kind: &'static str,
    payload: serde_json::Value,
    at: Option<Timestamp>,
    once: Option<String>,
}

impl Order {
    /// `kind` is the name of a [`crate::Work`].
    pub fn new(queue: Queue, kind: &'static str, payload: serde_json::Value) -> Self {
        Self { queue, kind, payload, at: None, once: None }
    }
    /// Not before this.
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }
    /// While a job of this kind and key waits or runs in the workspace, there is no second one.
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.once = Some(key.into());
        self
    }
    pub fn queue(&self) -> Queue {
        self.queue
    }
    pub fn kind(&self) -> &'static str {
        self.kind
    }
    pub fn payload(&self) -> &serde_json::Value {
        &self.payload
    }
}

/// In the caller's transaction, on behalf of who began it. The id of the job, or of the one that is there already
/// under the order's `once` key.
pub async fn enqueue(cx: &Cx, order: &Order) -> Outcome<Uuid> {
    let insert = statement(cx.actor(), order, None);
    for _ in 0..LOOKS {
        if let Some(id) = first_id(cx, &insert).await? {
            return Ok(id);
        }
        if let Some(id) = first_id(cx, &twin(cx.actor(), order)).await? {
            return Ok(id);
        }
    }
    Err(anyhow::anyhow!("a job `{}` with its key was there and was not, {LOOKS} times", order.kind).into())
}

/// The same as a statement for a pipeline, when the id does not matter. `change_set`: which change asked for it.
pub fn statement(actor: &Actor, order: &Order, change_set: Option<Uuid>) -> Statement {
    let text = "insert into kontor.jobs (workspace_id, id, queue, kind, payload, member_id, scopes, location_id, \
                change_set_id, once_key, run_at, max_attempts) \
                values ($1::uuid, $2::uuid, $3::text, $4::text, $5::jsonb, $6::uuid, $7::text[], $8::uuid, $9::uuid, \
                $10::text, coalesce($11::timestamptz, now()), $12::integer) \
                on conflict (workspace_id, kind, once_key) \
                where once_key is not null and state in ('waiting', 'running') do nothing returning id";
    let member = (!actor.member.is_nil()).then_some(actor.member);
    let id = |id: Option<Uuid>| id.map_or(Value::Null, Value::Id);
    Statement {
        text: text.into(),
        params: vec![
            Value::Id(actor.workspace),
            Value::Id(new_id()),
            order.queue.name().into(),
            order.kind.into(),
            Value::Json(order.payload.clone()),
            id(member),
            actor.scopes.as_ref().map_or(Value::Null, |s| Value::Texts(s.to_vec())),
            id(actor.location),
            id(change_set),
            order.once.as_deref().map_or(Value::Null, Value::from),
            order.at.map_or(Value::Null, Value::Time),
            Value::Int(order.queue.attempts().into()),
        ],
    }
}

fn twin(actor: &Actor, order: &Order) -> Statement {
    Statement {
        text: "select id from kontor.jobs where workspace_id = $1::uuid and kind = $2::text and once_key = $3::text \
               and state in ('waiting', 'running')"
            .into(),
        params: vec![
            Value::Id(actor.workspace),
            order.kind.into(),
            order.once.as_deref().map_or(Value::Null, Value::from),
        ],
    }
}

async fn first_id(cx: &Cx, statement: &Statement) -> Outcome<Option<Uuid>> {
    let rows = cx.query(statement, &[Codec::Uuid]).await?;
    Ok(rows.first().and_then(|row| row[0].as_id()))
}
