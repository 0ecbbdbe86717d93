//! References by any field of the other object, and lookups: found in batches, through what the actor may read.
use crate::draft::{Draft, Ref};
use crate::finder::Finder;
use crate::map::Door;
use kernel::{Outcome, Problem, Uuid};
use meta::{Field, Kind, Model};
use policy::Actor;
use query::Headers;
use records::{Body, Engine};
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};

/// Rows at a time: texts asked for in one statement, records written together. Also the most that one filter
/// takes and one page gives.
pub const BATCH: usize = 1_000;

/// Answers that are kept.
const MOST_KNOWN: usize = 20_000;

pub struct Resolver<'a> {
    pub engine: &'a Engine,
    pub actor: &'a Actor,
    pub model: &'a Model,
    known: HashMap<(String, String, String), Answer>,
    looked_up: HashMap<String, Result<Json, Problem>>,
}

#[derive(Debug, Clone)]
enum Answer {
    Nothing,
    One(Uuid, Body),
    Several,
}

impl<'a> Resolver<'a> {
    pub fn new(engine: &'a Engine, actor: &'a Actor, model: &'a Model) -> Self {
        Self { engine, actor, model, known: HashMap::new(), looked_up: HashMap::new() }
    }

    /// Answers are kept between pieces of a file, but not those of all of it.
    pub fn forget_much(&mut self) {
        if self.known.len() > MOST_KNOWN {
            self.known.clear();
        }
        if self.looked_up.len() > MOST_KNOWN {
            self.looked_up.clear();
        }
    }

    /// Asks for everything that the drafts refer to and that is not known yet.
    pub async fn learn(&mut self, doors: &[Door], drafts: impl Iterator<Item = &Draft>) -> Outcome<()> {
        let mut asked: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); doors.len()];
        for reference in drafts.flat_map(|d| &d.refs) {
            let door = &doors[reference.door];
            for text in &reference.texts {
                if !self.known.contains_key(&(door.object.clone(), door.by.clone(), text.clone())) {
                    asked[reference.door].insert(text);
                }
            }
        }
        for (door, texts) in doors.iter().zip(asked) {
            let texts: Vec<&str> = texts.into_iter().collect();
            for texts in texts.chunks(BATCH) {
                self.ask(door, texts).await?;
            }
        }
        Ok(())
    }

    async fn ask(&mut self, door: &Door, texts: &[&str]) -> Outcome<()> {
        let object = self.model.object(&door.object)?;
        let field = object.field(&door.by)?;
        let mut by_canon: HashMap<String, Vec<&str>> = HashMap::new();
        for text in texts {
            match canonical(field, &Json::from(*text)) {
                Some(canon) => by_canon.entry(canon).or_default().push(text),
                None => self.know(door, text, Answer::Nothing),
            }
        }
        let mut answers: HashMap<String, Answer> = HashMap::new();
        if !by_canon.is_empty() {
            let mut select = vec!["id", door.by.as_str()];
            select.extend(door.also.iter().map(String::as_str));
            select.sort();
            select.dedup();
            let wanted = by_canon.keys().map(|c| quoted(c)).collect::<Vec<_>>().join(",");
            let pairs = [("select", select.join(",")), (door.by.as_str(), format!("in.({wanted})"))];
            for row in self.rows(&object.plural, &pairs).await? {
                let canon = row.get(&door.by).and_then(|v| canonical(field, v));
                let id = row.get("id").and_then(Json::as_str).and_then(|id| id.parse().ok());
                let (Some(canon), Some(id)) = (canon, id) else { continue };
                let twice = answers.contains_key(&canon);
                answers.insert(canon, if twice { Answer::Several } else { Answer::One(id, row) });
            }
        }
        for (canon, texts) in by_canon {
            let answer = answers.remove(&canon).unwrap_or(Answer::Nothing);
            texts.into_iter().for_each(|text| self.know(door, text, answer.clone()));
        }
        Ok(())
    }

    fn know(&mut self, door: &Door, text: &str, answer: Answer) {
        self.known.insert((door.object.clone(), door.by.clone(), text.to_owned()), answer);
    }

    /// Rows of a collection as the actor would read them, however many.
    pub async fn rows(&self, plural: &str, pairs: &[(&str, String)]) -> Outcome<Vec<Body>> {
        let mut all: Vec<Body> = vec![];
        loop {
            let page =
                [("order", "id".into()), ("limit", BATCH.to_string()), ("offset", all.len().to_string())];
            let rows = self.page(plural, &[pairs, &page].concat()).await?;
            let full = rows.len() == BATCH;
            all.extend(rows);
            if !full {
                return Ok(all);
            }
        }
    }

    async fn page(&self, plural: &str, pairs: &[(&str, String)]) -> Outcome<Vec<Body>> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        let ask = query::parse(&pairs, &Headers::default())?;
        let page = self.engine.list(self.actor, plural, &ask).await?;
        Ok(serde_json::from_slice(&page.body).map_err(anyhow::Error::from)?)
    }

    /// Puts found ids into the draft. Answers with references that nothing was found for, and those that are
    /// ambiguous.
    pub fn apply(&self, doors: &[Door], draft: &mut Draft) -> (Vec<Ref>, Vec<Problem>) {
        let (mut open, mut problems) = (vec![], vec![]);
        for reference in std::mem::take(&mut draft.refs) {
            let door = &doors[reference.door];
            let mut ids: Vec<Json> = vec![];
            let mut missing = false;
            for text in &reference.texts {
                match self.known.get(&(door.object.clone(), door.by.clone(), text.clone())) {
                    Some(Answer::One(id, row)) => {
                        ids.push(id.to_string().into());
                        for name in &door.also {
                            let embed = reference.field.trim_end_matches("_id");
                            let value = row.get(name).map(plain).unwrap_or_default();
                            draft.also.insert(format!("{embed}.{name}"), value);
                        }
                    }
                    Some(Answer::Several) => problems.push(several(self.model, door, &reference.field, text)),
                    Some(Answer::Nothing) | None => missing = true,
                }
            }
            if missing {
                open.push(reference);
            } else {
                let value = if reference.list { Json::Array(ids) } else { ids.pop().unwrap_or(Json::Null) };
                draft.body.insert(reference.field, value);
            }
        }
        (open, problems)
    }

    /// Fills the fields of lookups; nothing to look for means nothing.
    pub async fn look_up(&mut self, finders: &[Finder<'_>], draft: &mut Draft) -> Outcome<Vec<Problem>> {
        let mut problems = vec![];
        for (finder, facts) in finders.iter().zip(&draft.facts) {
            let value = |name: &str| {
                facts.get(name).or_else(|| draft.also.get(name)).filter(|v| !v.is_empty()).cloned()
            };
            let filled: Option<Vec<(&str, String)>> =
                finder.filter.iter().map(|(k, t)| Some((k.as_str(), t.fill(value)?))).collect();
            let (Some(filter), Some(take)) = (filled, finder.take.fill(value)) else {
                draft.body.insert(finder.field.clone(), Json::Null);
                continue;
            };
            match self.take(finder, filter, &take).await? {
                Ok(found) => drop(draft.body.insert(finder.field.clone(), found)),
                Err(problem) => problems.push(problem.at(&finder.field)),
            }
        }
        Ok(problems)
    }

    async fn take(
        &mut self,
        finder: &Finder<'_>,
        filter: Vec<(&str, String)>,
        take: &str,
    ) -> Outcome<Result<Json, Problem>> {
        let shown = filter.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&");
        let key = format!("{} {shown} {take}", finder.object.name);
        if let Some(known) = self.looked_up.get(&key) {
            return Ok(known.clone());
        }
        let mut pairs = filter;
        pairs.push(("select", format!("id,{take}")));
        pairs.push(("limit", "2".into()));
        let mut rows = self.page(&finder.object.plural, &pairs).await?;
        let label = finder.object.label.to_lowercase();
        let answer = match rows.len() {
            1 => Ok(rows.remove(0).remove(take).unwrap_or(Json::Null)),
            0 => Err(Problem::new("reference.not_found", format!("There is no {label} with {shown}."))),
            _ => Err(Problem::new("reference.not_found", format!("More than one {label} has {shown}."))),
        };
        self.looked_up.insert(key, answer.clone());
        Ok(answer)
    }
}

pub fn not_found(model: &Model, door: &Door, reference: &Ref) -> Problem {
    let label = model.objects.get(&door.object).map_or(door.object.clone(), |o| o.label.to_lowercase());
    let text = reference.texts.join(", ");
    Problem::new("reference.not_found", format!("There is no {label} with {} `{text}`.", door.by))
        .at(&reference.field)
}

fn several(model: &Model, door: &Door, field: &str, text: &str) -> Problem {
    let label = model.objects.get(&door.object).map_or(door.object.clone(), |o| o.label.to_lowercase());
    let detail = format!("More than one {label} has {} `{text}`; refer to it by a unique field.", door.by);
    Problem::new("reference.not_found", detail).at(field)
}

/// A value in the one form in which equal values are equal texts.
pub fn canonical(field: &Field, json: &Json) -> Option<String> {
    if matches!(field.kind, Kind::Id | Kind::Reference) {
        return json.as_str()?.parse::<Uuid>().ok().map(|id| id.to_string());
    }
    let number = || json.as_str().and_then(|t| t.parse::<i64>().ok()).map(Json::from);
    let value = meta::parse(field, json).ok().or_else(|| meta::parse(field, &number()?).ok())?;
    match value {
        kernel::Value::Null => None,
        kernel::Value::Decimal(d) => Some(d.normalize().to_string()),
        other => Some(plain(&other.to_json())),
    }
}

pub fn plain(json: &Json) -> String {
    match json {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An item of an `in.(...)` list.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
