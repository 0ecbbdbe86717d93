//! The search over all objects that a caller may see: the same grants, reach and field rights as lists.
use crate::Engine;
use kernel::{Failure, Outcome, Problem, Timestamp, Uuid, Value};
use meta::{Codec, Model, Object};
use policy::{Actor, Read};
use query::search::{self, How, Search, Terms};
use serde::Serialize;
use std::time::Duration;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct SearchAsk {
    pub q: String,
    /// Names or plurals; none means all.
    pub objects: Vec<String>,
    pub limit: usize,
    pub archived: bool,
}

/// One find.
#[derive(Debug, Clone, Serialize)]
pub struct Find {
    pub object: String,
    pub plural: String,
    /// What the object is called.
    pub label: String,
    pub id: Uuid,
    pub title: Option<String>,
    pub subtitle: Option<String>,
    /// The fields that hold what was looked for.
    pub matched: Vec<String>,
    /// The place in the first of them.
    pub snippet: Option<String>,
    pub score: i64,
    pub updated_at: Option<Timestamp>,
    pub archived: bool,
}

/// The finds, best first.
#[derive(Debug, Clone, Serialize)]
pub struct Finds {
    pub query: String,
    /// Nothing much was found as typed, so words that are alike were looked for.
    pub mistyped: bool,
    pub results: Vec<Find>,
}

/// With fewer finds than this, a word may have been mistyped.
const FEW: usize = 3;
/// What one object may take of the time; the promise is 50 ms for all of them.
const MOST: Duration = Duration::from_millis(2_000);
/// A guess is not worth waiting for.
const MOST_FOR_GUESSES: Duration = Duration::from_millis(250);

impl Engine {
    /// What the caller may see and may have meant.
    pub async fn search(&self, actor: &Actor, ask: &SearchAsk) -> Outcome<Finds> {
        let Some(terms) = Terms::read(&ask.q) else {
            return Err(Problem::new("query.invalid", "There is nothing to look for.")
                .at("q")
                .hint("Give a part of a name, an address, a telephone number or a number of a document.")
                .into());
        };
        let mut search = Search { terms: &terms, how: How::Typed, archived: ask.archived, limit: ask.limit };
        let filled = self.filled(actor, ask).await?;
        let mut results = self.finds(actor, &filled, &search, MOST).await?;
        let mistyped = results.len() < FEW && terms.may_be_mistyped();
        if mistyped {
            search.how = How::Mistyped;
            let guesses = match self.finds(actor, &filled, &search, MOST_FOR_GUESSES).await {
                Err(Failure::Refused(_)) => vec![],
                guesses => guesses?,
            };
            let new = |g: &Find| !results.iter().any(|r| r.id == g.id && r.object == g.object);
            let guesses: Vec<Find> = guesses.into_iter().filter(new).collect();
            results.extend(guesses);
        }
        results.sort_by_key(|r| std::cmp::Reverse((r.score, r.updated_at, r.id)));
        results.truncate(ask.limit);
        Ok(Finds { query: terms.whole, mistyped, results })
    }

    /// The objects that may be seen and have records.
    async fn filled(&self, actor: &Actor, ask: &SearchAsk) -> Outcome<Vec<String>> {
        let plan = |model: &Model| {
            let objects = asked(model, actor, ask)?;
            Ok(vec![search::filled(&objects, actor.workspace)])
        };
        let (_, answers) = self.store().ask(actor, MOST, &[Codec::TextArray], plan).await?;
        let names = answers.into_iter().flatten().flatten().next();
        Ok(match names {
            Some(Value::Texts(names)) => names,
            _ => vec![],
        })
    }

    async fn finds(
        &self,
        actor: &Actor,
        objects: &[String],
        search: &Search<'_>,
        most: Duration,
    ) -> Outcome<Vec<Find>> {
        let plan = |model: &Model| {
            let statements = statements(model, actor, objects, search);
            Ok(statements.into_iter().map(|(_, statement)| statement).collect())
        };
        let (model, answers) = self.store().ask(actor, most, &search::CODECS, plan).await?;
        let objects = statements(&model, actor, objects, search).into_iter().map(|(object, _)| object);
        Ok(objects.zip(answers).flat_map(|(o, rows)| rows.into_iter().filter_map(|r| find(o, r))).collect())
    }
}

/// Those that were named, of which each must be there for the caller, or all that are.
fn asked<'m>(model: &'m Model, actor: &Actor, ask: &SearchAsk) -> Outcome<Vec<&'m Object>> {
    if ask.objects.is_empty() {
        let readable = |o: &&Object| policy::grant::<Read>(model, actor, &o.name).is_ok();
        return Ok(model.objects.values().filter(|o| search::searchable(o)).filter(readable).collect());
    }
    let mut objects = vec![];
    for name in &ask.objects {
        let object = match model.objects.get(name) {
            Some(object) => object,
            None => model.by_plural(name)?,
        };
        policy::grant::<Read>(model, actor, &object.name)?;
        if !search::searchable(object) {
            let detail = format!("{} are not searched.", object.label_plural);
            return Err(Problem::new("query.unsupported", detail).at("objects").into());
        }
        objects.push(object);
    }
    Ok(objects)
}

fn statements<'m>(
    model: &'m Model,
    actor: &Actor,
    objects: &[String],
    search: &Search,
) -> Vec<(&'m Object, query::Statement)> {
    let one = |name: &String| {
        let object = model.objects.get(name)?;
        let grant = policy::grant::<Read>(model, actor, name).ok()?;
        Some((object, search::statement(model, object, &grant, search)?))
    };
    objects.iter().filter_map(one).collect()
}

fn find(object: &Object, row: Vec<Value>) -> Option<Find> {
    let text = |value: &Value| value.as_text().map(str::to_owned);
    let [id, title, subtitle, matched, snippet, score, updated_at, archived] = row.as_slice() else {
        return None;
    };
    Some(Find {
        object: object.name.clone(),
        plural: object.plural.clone(),
        label: object.label.clone(),
        id: id.as_id()?,
        title: text(title),
        subtitle: text(subtitle),
        matched: match matched {
            Value::Texts(names) => names.clone(),
            _ => vec![],
        },
        snippet: text(snippet),
        score: match score {
            Value::Int(score) => *score,
            _ => 0,
        },
        updated_at: match updated_at {
            Value::Time(at) => Some(*at),
            _ => None,
        },
        archived: *archived == Value::Bool(true),
    })
}
