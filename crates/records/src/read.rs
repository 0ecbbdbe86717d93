//! Reading: one function for lists, one for a record. Grant, plan, one trip to the database.
use crate::Engine;
use crate::plans::What;
use kernel::{Outcome, Problem, Uuid, Value};
use meta::Codec;
use policy::{Actor, Read};
use query::{Ask, Statement};
use serde_json::Value as Json;
use store::Page;

impl Engine {
    /// The rows of a collection, named by its plural.
    pub async fn list(&self, actor: &Actor, plural: &str, ask: &Ask) -> Outcome<Page> {
        if ask.as_of.is_some() {
            return self.past(actor, plural, ask, None).await;
        }
        let plan = |model: &meta::Model| {
            self.plans().planned(model, actor, (What::List, plural, ask), || {
                let grant = policy::grant::<Read>(model, actor, &model.by_plural(plural)?.name)?;
                Ok(query::list(model, actor, &grant, ask)?)
            })
        };
        self.store().read(actor, plan).await
    }

    /// One record, archived or not. Out of reach and not there are the same answer.
    pub async fn read(&self, actor: &Actor, plural: &str, id: Uuid, ask: &Ask) -> Outcome<Page> {
        let plan = |model: &meta::Model| {
            let mut planned = self.plans().planned(model, actor, (What::One, plural, ask), || {
                let grant = policy::grant::<Read>(model, actor, &model.by_plural(plural)?.name)?;
                Ok(query::one(model, actor, &grant, id, ask)?)
            })?;
            planned.params[query::ONE] = id.into();
            Ok(planned)
        };
        let page = match ask.as_of {
            Some(_) => self.past(actor, plural, ask, Some(id)).await?,
            None => self.store().read(actor, plan).await?,
        };
        if page.rows == 0 {
            return Err(self.why_not(actor, plural, id).await?.into());
        }
        Ok(page)
    }
}

/// So many changes are walked back for one answer.
const MOST_CHANGES: i64 = 200_000;

impl Engine {
    /// Rows as they were at `ask.as_of`: a list, or one record.
    async fn past(&self, actor: &Actor, plural: &str, ask: &Ask, id: Option<Uuid>) -> Outcome<Page> {
        let cx = self.store().begin_read(actor).await?;
        let model = cx.model().clone();
        let object = model.by_plural(plural)?;
        let grant = policy::grant::<Read>(&model, actor, &object.name)?;
        if object.engine {
            let detail = format!("{} have no history of their own.", object.label_plural);
            return Err(Problem::new("query.unsupported", detail).at("as_of").into());
        }
        let plan = match id {
            Some(id) => query::one(&model, actor, &grant, id, ask)?,
            None => query::list(&model, actor, &grant, ask)?,
        };
        for name in &plan.past {
            let (moment, object) = (ask.as_of.unwrap_or_default(), &model.objects[name]);
            let statement = query::then::changed_since(actor.workspace, object, moment, MOST_CHANGES);
            let rows = cx.query(&statement, &[Codec::Int8]).await?;
            if rows.first().is_some_and(|r| matches!(r[0], Value::Int(n) if n > MOST_CHANGES)) {
                let detail =
                    format!("{} changed more than {MOST_CHANGES} times since then.", object.label_plural);
                // One record is rebuilt alone; what it is reached through is not.
                let hint = match id {
                    Some(_) => "Ask for a later time.",
                    None => "Ask for a later time, or for one record by its id.",
                };
                return Err(Problem::new("record.too_many", detail).at("as_of").hint(hint).into());
            }
        }
        cx.page(&plan).await
    }

    /// A record that was merged is told from one that is not there to who reached it.
    async fn why_not(&self, actor: &Actor, plural: &str, id: Uuid) -> Outcome<Problem> {
        let cx = self.store().begin_read(actor).await?;
        let model = cx.model().clone();
        let object = model.by_plural(plural)?;
        if !crate::mergeable(object) {
            return Ok(not_found(object, id));
        }
        let grant = policy::grant::<Read>(&model, actor, &object.name)?;
        let rows = cx.query(&crate::merge::successor(actor.workspace, object, id), &[Codec::Uuid]).await?;
        let Some(into) = rows.first().and_then(|r| r[0].as_id()) else { return Ok(not_found(object, id)) };
        let both = query::write::present(&model, object, &grant, &[id, into]);
        let reached = cx.query(&both, &[Codec::Uuid]).await?.len() == 2;
        Ok(if reached { crate::merge::went_into(object, id, into) } else { not_found(object, id) })
    }

    /// The stages that one record went through, oldest first, for whoever may read it.
    pub async fn stage_history(&self, actor: &Actor, plural: &str, id: Uuid) -> Outcome<Json> {
        let cx = self.store().begin_read(actor).await?;
        let model = cx.model().clone();
        let object = model.by_plural(plural)?;
        let grant = policy::grant::<Read>(&model, actor, &object.name)?;
        let present = query::write::present(&model, object, &grant, &[id]);
        if cx.query(&present, &[Codec::Uuid]).await?.is_empty() {
            return Err(not_found(object, id).into());
        }
        let statement = Statement {
            text: "select field, from_stage, to_stage, at, \"by\", change_set_id from kontor.stage_history \
                   where workspace_id = $1 and object = $2::text and record_id = $3::uuid order by at, change_set_id \
                   limit 1000"
                .into(),
            params: vec![actor.workspace.into(), object.name.as_str().into(), id.into()],
        };
        let names = ["field", "from_stage", "to_stage", "at", "by", "change_set_id"];
        let codecs = [Codec::Text, Codec::Text, Codec::Text, Codec::Timestamptz, Codec::Uuid, Codec::Uuid];
        let rows = cx.query(&statement, &codecs).await?;
        let seen = rows.iter().filter(|r| r[0].as_text().is_some_and(|f| grant.may_see(f)));
        let one = |row: &Vec<kernel::Value>| {
            let members = names.iter().map(|n| n.to_string()).zip(row.iter().map(kernel::Value::to_json));
            Json::Object(members.collect())
        };
        Ok(seen.map(one).collect())
    }
}

/// The answer for a record that is not there or out of reach.
pub fn not_found(object: &meta::Object, id: Uuid) -> Problem {
    Problem::new("record.not_found", format!("There is no {} with the id {id}.", object.label.to_lowercase()))
}
