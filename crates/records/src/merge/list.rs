//! The log of merges, for whoever reaches the survivor.
use super::mergeable;
use crate::Engine;
use kernel::{Outcome, Timestamp, Uuid, Value};
use meta::Codec;
use policy::{Actor, Read};
use query::Statement;
use serde_json::{Map, Value as Json, json};

/// Which merges are asked for.
#[derive(Debug, Clone, Default)]
pub struct MergesAsk {
    /// Plural: `clients`.
    pub object: Option<String>,
    /// A record that survived or was merged.
    pub record: Option<Uuid>,
    /// Older than this (the `cursor` of the page before).
    pub before: Option<(Timestamp, Uuid)>,
    /// 1 to 200.
    pub limit: u32,
}

const NAMES: [&str; 10] = [
    "id",
    "object",
    "survivor_id",
    "merged_ids",
    "choices",
    "moved",
    "change_set_id",
    "at",
    "by",
    "undone_at",
];
const CODECS: [Codec; 10] = [
    Codec::Uuid,
    Codec::Text,
    Codec::Uuid,
    Codec::UuidArray,
    Codec::Jsonb,
    Codec::Jsonb,
    Codec::Uuid,
    Codec::Timestamptz,
    Codec::Uuid,
    Codec::Timestamptz,
];

impl Engine {
    /// Newest first.
    pub async fn merges(&self, actor: &Actor, ask: &MergesAsk) -> Outcome<Json> {
        let cx = self.store().begin_read(actor).await?;
        let model = cx.model().clone();
        let wanted = ask.object.as_deref().map(|plural| model.by_plural(plural)).transpose()?;
        let mut params: Vec<Value> = vec![actor.workspace.into()];
        let mut reached = vec![];
        let mut grants = std::collections::HashMap::new();
        for object in model.objects.values().filter(|o| mergeable(o)) {
            if wanted.is_some_and(|w| w.name != object.name) {
                continue;
            }
            let Ok(grant) = policy::grant::<Read>(&model, actor, &object.name) else { continue };
            params.push(object.name.as_str().into());
            let name = params.len();
            let reach = query::reach(&model, &grant, "a", &mut params).map(|r| format!(" and ({r})"));
            reached.push(format!(
                "m.object = ${name}::text and exists (select 1 from {} where a.workspace_id = $1 \
                 and a.id = m.survivor_id{})",
                query::shape::from(object, "a"),
                reach.unwrap_or_default()
            ));
            grants.insert(object.name.as_str(), grant);
        }
        if reached.is_empty() {
            return Ok(json!({ "merges": [], "cursor": null }));
        }
        let mut text = format!(
            "select {} from kontor.merges m where m.workspace_id = $1 and (({}))",
            NAMES.map(|n| format!("m.\"{n}\"")).join(", "),
            reached.join(") or (")
        );
        if let Some(record) = ask.record {
            params.push(record.into());
            text.push_str(&format!(
                " and (m.survivor_id = ${0}::uuid or ${0}::uuid = any(m.merged_ids))",
                params.len()
            ));
        }
        if let Some((at, id)) = ask.before {
            params.push(Value::Time(at));
            params.push(id.into());
            text.push_str(&format!(
                " and (m.at, m.id) < (${}::timestamptz, ${}::uuid)",
                params.len() - 1,
                params.len()
            ));
        }
        let limit = ask.limit.clamp(1, 200);
        text.push_str(&format!(" order by m.at desc, m.id desc limit {limit}"));
        let rows = cx.query(&Statement { text, params }, &CODECS).await?;
        let mut cursor = Json::Null;
        let mut merges = vec![];
        for row in &rows {
            let mut merge: Map<String, Json> =
                NAMES.iter().map(|n| n.to_string()).zip(row.iter().map(Value::to_json)).collect();
            if rows.len() == limit as usize {
                cursor = json!(format!(
                    "{}_{}",
                    row[7].to_json().as_str().unwrap_or_default(),
                    row[0].to_json().as_str().unwrap_or_default()
                ));
            }
            // Which field was chosen says that there is such a field.
            if let (Some(grant), Some(Json::Object(choices))) =
                (row[1].as_text().and_then(|o| grants.get(o)), merge.get_mut("choices"))
            {
                choices.retain(|field, _| grant.may_see(field));
            }
            merges.push(Json::Object(merge));
        }
        Ok(json!({ "merges": merges, "cursor": cursor }))
    }
}
