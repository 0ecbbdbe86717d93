//! A rule as it stands in its record, and what it means in the model.
use crate::person;
use jiff::{ToSpan, tz::TimeZone};
use kernel::{Outcome, Timestamp, Uuid};
use meta::{Model, Object};
use policy::{Actor, Grant, Read};
use query::retention::{Due, Since, due};
use query::{Ask, Statement};
use records::Engine;
use serde::Deserialize;
use serde_json::{Value as Json, json};

pub const OBJECT: &str = "retention_rule";

#[derive(Debug, Clone, Deserialize)]
pub struct Rule {
    pub id: Uuid,
    #[serde(rename = "object_name")]
    pub object: String,
    keep_months: i64,
    counted_from: String,
    pub what_happens: What,
    legal_basis: Option<String>,
    is_enabled: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    ErasePersonal,
    Delete,
    /// Somebody looks at it; it is only named.
    Review,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::ErasePersonal => "erase_personal",
            Self::Delete => "delete",
            Self::Review => "review",
        }
    }
}

/// What a rule reaches today.
pub struct Target<'m> {
    model: &'m Model,
    pub object: &'m Object,
    since: Since,
    /// The time of these records counts from before this.
    pub before: Timestamp,
    what: What,
}

/// The rules of a workspace, by object; none where nobody knows such rules.
pub async fn all(engine: &Engine, actor: &Actor, model: &Model) -> Outcome<Vec<Rule>> {
    let Some(object) = model.objects.get(OBJECT) else { return Ok(vec![]) };
    let pairs = [("order".to_owned(), "object_name,id".to_owned()), ("limit".to_owned(), "1000".to_owned())];
    let ask: Ask = query::parse(&pairs, &query::Headers::default())?;
    let page = engine.list(actor, &object.plural, &ask).await?;
    Ok(serde_json::from_slice(&page.body).map_err(anyhow::Error::from)?)
}

impl Rule {
    pub fn is_enabled(&self) -> bool {
        self.is_enabled != Some(false)
    }

    pub fn to_json(&self) -> Json {
        json!({
            "id": self.id, "object": self.object, "keep_months": self.keep_months, "counted_from": self.counted_from,
            "what_happens": self.what_happens.name(), "legal_basis": self.legal_basis, "is_enabled": self.is_enabled(),
        })
    }

    /// For the log: what was applied, and why.
    pub fn sentence(&self) -> String {
        let basis = self.legal_basis.as_deref().map(|b| format!(" ({b})")).unwrap_or_default();
        let since = self.counted_from.replace('_', " ");
        format!("Retention of {}: {} months since {since}{basis}", self.object, self.keep_months)
    }

    /// Why it cannot be applied as it stands is told as a sentence: a rule may be older than the object that it names.
    pub fn target<'m>(&self, model: &'m Model) -> Result<Target<'m>, String> {
        let object = model
            .objects
            .get(&self.object)
            .ok_or_else(|| format!("There is no object `{}`.", self.object))?;
        if object.engine || object.part_of.is_some() || object.name == OBJECT {
            return Err(format!("{} are not kept by a rule of their own.", object.label_plural));
        }
        let since = match self.counted_from.as_str() {
            "created" => Since::Created,
            "last_activity" => Since::Activity,
            "archived" if object.archivable => Since::Archived,
            "archived" => return Err(format!("{} are not archived.", object.label_plural)),
            "completed" if object.pipelines.is_empty() => {
                return Err(format!("{} have no stages in which they end.", object.label_plural));
            }
            "completed" => Since::Completed,
            other => return Err(format!("Nobody knows from when `{other}` counts.")),
        };
        if self.what_happens == What::ErasePersonal && person::left_behind(object).is_empty() {
            return Err(format!("{} hold no personal data.", object.label_plural));
        }
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        let before = now
            .checked_sub(self.keep_months.months())
            .map_err(|e| format!("{} months: {e}.", self.keep_months))?;
        Ok(Target { model, object, since, before: before.timestamp(), what: self.what_happens })
    }
}

impl Target<'_> {
    /// The next records that the rule reaches: id, moment from which their time counts, title.
    pub fn due(&self, grant: &Grant<Read>, after: Uuid, limit: u32) -> Statement {
        let emptied = (self.what == What::ErasePersonal).then(|| person::left_behind(self.object));
        let ask = Due { since: self.since, before: self.before, emptied: emptied.as_deref(), after, limit };
        let statement = due(self.model, self.object, grant, &ask);
        // `target` has refused what has nothing to count from.
        statement.unwrap_or_else(|| Statement {
            text: "select null::uuid, null::timestamptz, null::text where false".into(),
            params: vec![],
        })
    }
}
