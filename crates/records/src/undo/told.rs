//! What stayed as it is, told to who asked: the field, what it holds now, and who put it there.
use super::Batch;
use crate::log::{is_sensitive, mask};
use kernel::{Outcome, Row, Uuid, Value};
use meta::{Codec, Field, Model, Object};
use query::Statement;
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// Conflicts that are told with who changed what.
const TOLD: usize = 200;

/// What was not taken back.
#[derive(Debug, Clone)]
pub(super) struct Conflict {
    pub object: String,
    pub record: Uuid,
    pub field: Option<String>,
    /// What the field holds now.
    pub current: Option<Value>,
    pub detail: String,
}

impl Conflict {
    pub fn about(object: &Object, record: Uuid, detail: String) -> Self {
        Self { object: object.name.clone(), record, field: None, current: None, detail }
    }
    pub fn changed(object: &Object, record: Uuid, field: &Field, now: &Row) -> Self {
        let detail = format!("{} was changed since and stays as it is.", field.label);
        Self {
            field: Some(field.name.clone()),
            current: Some(now.get(&field.name).cloned().unwrap_or_default()),
            ..Self::about(object, record, detail)
        }
    }
}

/// Who changed a field last: member, name, when, by which change set.
type Changer = [Json; 4];

impl Batch {
    /// The conflicts as the caller may see them: hidden fields are not named, and sensitive values are masked.
    pub(super) async fn told(&mut self, model: &Model, conflicts: Vec<Conflict>) -> Outcome<Vec<Json>> {
        let mut seen = vec![];
        for conflict in conflicts {
            let Some(object) = model.objects.get(&conflict.object) else { continue };
            let grant = policy::grant::<policy::Read>(model, self.actor(), &object.name);
            let may_see = |f: &String| grant.as_ref().is_ok_and(|g| g.may_see(f));
            if conflict.field.as_ref().is_none_or(may_see) {
                seen.push(conflict);
            }
        }
        let changers = self.changers(&seen[..seen.len().min(TOLD)]).await?;
        let one = |conflict: Conflict| {
            let field =
                conflict.field.as_ref().and_then(|f| model.objects.get(&conflict.object)?.fields.get(f));
            let current = conflict.current.as_ref().map(Value::to_json);
            let current =
                current.map(|json| if field.is_some_and(is_sensitive) { mask(&json) } else { json });
            let mut told = json!({
                "object": conflict.object, "record_id": conflict.record, "field": conflict.field,
                "detail": conflict.detail, "current": current,
            });
            let key = (conflict.record, conflict.field.unwrap_or_default());
            if let Some(changer) = changers.get(&key) {
                for (name, value) in
                    ["changed_by", "changed_by_name", "changed_at", "change_set"].iter().zip(changer)
                {
                    told[*name] = value.clone();
                }
            }
            told
        };
        Ok(seen.into_iter().map(one).collect())
    }

    async fn changers(&mut self, conflicts: &[Conflict]) -> Outcome<HashMap<(Uuid, String), Changer>> {
        let about: Vec<_> = conflicts.iter().filter(|c| c.current.is_some()).collect();
        if about.is_empty() {
            return Ok(HashMap::new());
        }
        let statement = Statement {
            text: "select x.record_id, x.field, s.member_id, s.actor_name, s.at, s.id \
                   from unnest($2::uuid[], $3::text[], $4::text[]) as x(record_id, object, field) \
                   cross join lateral (select c.change_set_id, c.at from kontor.changes c \
                       where c.workspace_id = $1 and c.record_id = x.record_id and c.object = x.object \
                         and c.after ? x.field order by c.at desc, c.version desc limit 1) c \
                   join kontor.change_sets s on s.workspace_id = $1 and s.id = c.change_set_id and s.at = c.at"
                .into(),
            params: vec![
                self.actor().workspace.into(),
                Value::Ids(about.iter().map(|c| c.record).collect()),
                Value::Texts(about.iter().map(|c| c.object.clone()).collect()),
                Value::Texts(about.iter().filter_map(|c| c.field.clone()).collect()),
            ],
        };
        let codecs = [Codec::Uuid, Codec::Text, Codec::Uuid, Codec::Text, Codec::Timestamptz, Codec::Uuid];
        let rows = self.query(&statement, &codecs).await?;
        let one = |row: &Vec<Value>| {
            let key = (row[0].as_id()?, row[1].as_text()?.to_string());
            Some((key, [2, 3, 4, 5].map(|i| row[i].to_json())))
        };
        Ok(rows.iter().filter_map(one).collect())
    }
}
