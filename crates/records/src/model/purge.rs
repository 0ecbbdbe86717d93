//! Values of what is deleted for good. In small transactions before the definition goes: nobody writes what is put away,
//! and nobody waits.
use super::overlay::Overlay;
use super::{ModelChange, no_such_field};
use crate::Engine;
use kernel::{Outcome, Problem, Value};
use meta::Codec;
use policy::Actor;
use query::Statement;

/// Rows of one transaction.
const STEP: i64 = 5_000;

impl Engine {
    pub(super) async fn purge_for(&self, actor: &Actor, change: &ModelChange) -> Outcome<()> {
        let (object, field, confirm) = match change {
            ModelChange::DeleteObject { object, confirm } => (object, None, confirm),
            ModelChange::DeleteField { object, field, confirm } => (object, Some(field), confirm),
            _ => return Ok(()),
        };
        let cx = self.store().begin_read(actor).await?;
        let overlay = Overlay::of(cx.workspace().overlay.as_ref());
        let is_away = match field {
            None => overlay.own(object).is_some_and(|at| overlay.object(at)["archived"] == true),
            Some(field) => {
                let found = overlay.field(object, field).ok_or_else(|| no_such_field(object, field))?;
                let own = overlay.has_own_field(object, field);
                own && overlay.object(found.0)["fields"][found.1]["archived"] == true
            }
        };
        if !is_away {
            // The edit says what is wrong.
            return Ok(());
        }
        let held = Held::of(&cx, object, field.map(String::as_str));
        let name = field.unwrap_or(object);
        let rows = match &held {
            Some(held) => cx.query(&held.count(actor), &[Codec::Int8]).await?,
            None => vec![],
        };
        drop(cx);
        let (Some(held), Some(Value::Int(n @ 1..))) = (held, rows.first().map(|r| r[0].clone())) else {
            return Ok(());
        };
        if confirm.as_deref() != Some(name.as_str()) {
            let what = if field.is_some() { "values" } else { "records" };
            let detail = format!("`{name}` has {what} that would be deleted for good.");
            return Err(Problem::new("model.confirm", detail)
                .hint(format!("Send `?confirm={name}` to delete them."))
                .with(serde_json::json!({ "records": n }))
                .into());
        }
        for step in held.steps(actor) {
            loop {
                let cx = self.store().begin(actor).await?;
                let done = cx.execute(&step).await?;
                cx.commit().await?;
                if done < STEP as u64 {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Where the values are: a key of `custom`, or the records of an own object.
struct Held {
    table: String,
    object: String,
    /// The records are all of one table; those of an own object say whose they are.
    own: bool,
    field: Option<String>,
}

impl Held {
    fn of(cx: &store::Cx, object: &str, field: Option<&str>) -> Option<Self> {
        let known = cx.model().objects.get(object);
        let own = known.is_none_or(|o| o.is_own());
        let table = known.map_or(meta::OWN_TABLE, |o| o.table.as_str());
        Some(Self { table: table.into(), object: object.into(), own, field: field.map(Into::into) })
    }

    fn condition(&self) -> String {
        let own = if self.own { " and object = $2::text" } else { " and $2::text is not null" };
        let key = if self.field.is_some() { " and custom ? $3::text" } else { " and $3::text is null" };
        format!("workspace_id = $1{own}{key}")
    }

    fn params(&self, actor: &Actor) -> Vec<Value> {
        vec![actor.workspace.into(), self.object.as_str().into(), self.field.clone().into()]
    }

    /// As many as a person cares to know.
    fn count(&self, actor: &Actor) -> Statement {
        let text = format!(
            "select count(*) from (select 1 from {} where {} limit 100000) few",
            self.table,
            self.condition()
        );
        Statement { text, params: self.params(actor) }
    }

    fn steps(&self, actor: &Actor) -> Vec<Statement> {
        let (table, condition) = (&self.table, self.condition());
        let some = format!("select ctid from {table} where {condition} limit {STEP} for update");
        let values = match self.field {
            Some(_) => format!(
                "update {table} set custom = custom - $3::text where workspace_id = $1 and ctid = any(array({some}))"
            ),
            None => format!("delete from {table} where workspace_id = $1 and ctid = any(array({some}))"),
        };
        let claims = format!(
            "delete from kontor.custom_unique where workspace_id = $1 and ctid = any(array( \
             select ctid from kontor.custom_unique where workspace_id = $1 and object = $2::text \
             and ($3::text is null or field = $3::text) limit {STEP}))"
        );
        vec![
            Statement { text: values, params: self.params(actor) },
            Statement { text: claims, params: self.params(actor) },
        ]
    }
}
