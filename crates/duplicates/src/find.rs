//! Who looks like a record, as far as the asker reaches and sees.
use crate::{Match, Profile, compare};
use kernel::{Outcome, Problem, Row, Uuid, Value};
use meta::{Codec, Duplicates, Field, Kind, Model, Object, Place};
use policy::{Actor, Grant, Read};
use query::alike::{self, Probe};
use records::{Body, Engine};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::Cx;

/// So many are told, the most alike first.
const TOLD: usize = 20;
/// Rows whose candidates are looked for by one statement.
const ROWS_AT_ONCE: usize = 100;
/// Candidates that are held in memory at once, give or take those of one row.
const HELD: usize = 2000;

/// A stored record that looks like the one that was asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub id: Uuid,
    /// What the record is called.
    pub title: Value,
    pub alike: Match,
}

impl Found {
    pub fn to_json(&self) -> Json {
        json!({
            "id": self.id, "title": self.title.to_json(), "score": self.alike.score, "reason": self.alike.reason(),
            "evidence": self.alike.to_json(),
        })
    }
}

/// Looks for duplicates in one workspace, for one asker.
pub(crate) struct Finder<'a> {
    pub cx: &'a Cx,
    pub model: &'a Model,
    pub object: &'a Object,
    pub grant: Grant<Read>,
    /// The fields that the asker may see: a match of a hidden one would tell its value.
    pub spec: Duplicates,
    /// Those fields, the id and the title.
    fields: Vec<&'a Field>,
}

/// Whose like is looked for.
enum Who {
    Row(Profile),
    Stored(Uuid),
}

impl<'a> Finder<'a> {
    pub fn new(cx: &'a Cx, model: &'a Model, actor: &Actor, plural: &str) -> Result<Self, Problem> {
        let object = model.by_plural(plural)?;
        let grant = policy::grant::<Read>(model, actor, &object.name)?;
        let Some(mut spec) = object.duplicates.clone().filter(|_| looks_for(object)) else {
            let detail = format!("Nobody looks for duplicates of {}.", object.label_plural.to_lowercase());
            return Err(Problem::new("route.not_found", detail)
                .hint("An object says in `[duplicates]` of its blueprint which fields tell them."));
        };
        let mut names = BTreeSet::from(["id".to_string(), object.title.clone()]);
        for evidence in spec.evidence() {
            evidence.retain(|f| grant.may_see(f));
            names.extend(evidence.iter().cloned());
        }
        let fields = names.iter().filter_map(|n| object.fields.get(n)).filter(|f| f.place != Place::None);
        Ok(Self { cx, model, object, grant, spec, fields: fields.collect() })
    }

    /// Stored records that look like these rows, which are not stored yet; in the order of the rows.
    pub async fn of_rows(&self, rows: &[Row]) -> Outcome<Vec<Vec<Found>>> {
        let mut all = Vec::with_capacity(rows.len());
        for some in rows.chunks(ROWS_AT_ONCE) {
            let probes: Vec<Probe> = some.iter().map(|row| probe(self.object, &self.spec, row)).collect();
            let statement = alike::alike(self.model, self.object, &self.grant, &probes);
            let mut near: Vec<Vec<Uuid>> = vec![vec![]; some.len()];
            for pair in self.cx.query(&statement, &[Codec::Int8, Codec::Uuid]).await? {
                if let (Value::Int(n), Some(id)) = (&pair[0], pair[1].as_id()) {
                    near[*n as usize - 1].push(id);
                }
            }
            let wanted = some.iter().map(|row| Who::Row(self.profile(row))).zip(near).collect();
            all.extend(self.among(wanted).await?);
        }
        Ok(all)
    }

    /// Stored records that look like this row, which is not stored yet.
    pub async fn of_row(&self, row: &Row) -> Outcome<Vec<Found>> {
        Ok(self.of_rows(std::slice::from_ref(row)).await?.pop().unwrap_or_default())
    }

    /// For each of these records those that look like it. `after`: each pair of a walk over all records once.
    pub async fn of_stored(&self, ids: &[Uuid], after: bool) -> Outcome<HashMap<Uuid, Vec<Found>>> {
        let statement = alike::alike_stored(self.model, self.object, &self.grant, ids, after);
        let pairs: Vec<(Uuid, Uuid)> = self
            .cx
            .query(&statement, &[Codec::Uuid, Codec::Uuid])
            .await?
            .iter()
            .filter_map(|r| Some((r[0].as_id()?, r[1].as_id()?)))
            .collect();
        let mut near: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for (one, other) in pairs {
            near.entry(one).or_default().push(other);
        }
        let ids: Vec<Uuid> = near.keys().copied().collect();
        let found = self.among(near.into_iter().map(|(id, near)| (Who::Stored(id), near)).collect()).await?;
        Ok(ids.into_iter().zip(found).collect())
    }

    /// For each the most alike of its candidates, a few rows in memory at a time.
    async fn among(&self, all: Vec<(Who, Vec<Uuid>)>) -> Outcome<Vec<Vec<Found>>> {
        let mut found = Vec::with_capacity(all.len());
        let mut rest = all.into_iter().peekable();
        while rest.peek().is_some() {
            let mut ids = BTreeSet::new();
            let mut part = vec![];
            while let Some((who, near)) = rest.next_if(|_| ids.len() < HELD) {
                ids.extend(near.iter().copied());
                if let Who::Stored(id) = who {
                    ids.insert(id);
                }
                part.push((who, near));
            }
            let stored = self.rows(&Vec::from_iter(ids)).await?;
            let known: HashMap<Uuid, Profile> =
                stored.iter().map(|(id, row)| (*id, self.profile(row))).collect();
            for (who, near) in part {
                let profile = match &who {
                    Who::Row(profile) => Some(profile),
                    Who::Stored(id) => known.get(id),
                };
                let alike = |id: Uuid| self.reported(profile?, known.get(&id)?, stored.get(&id)?);
                let mut some: Vec<Found> = near.into_iter().filter_map(alike).collect();
                most_alike(&mut some);
                found.push(some);
            }
        }
        Ok(found)
    }

    /// What tells duplicates, and what the records are called: the candidates were found within reach.
    async fn rows(&self, ids: &[Uuid]) -> Outcome<HashMap<Uuid, Row>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let (statement, codecs) =
            query::write::some_of(self.object, self.grant.workspace(), ids, &self.fields);
        let rows = self
            .cx
            .query(&statement, &codecs)
            .await?
            .into_iter()
            .map(|values| self.fields.iter().map(|f| f.name.clone()).zip(values).collect::<Row>());
        Ok(rows.filter_map(|row| Some((row.get("id")?.as_id()?, row))).collect())
    }

    fn profile(&self, row: &Row) -> Profile {
        Profile::of(self.object, &self.spec, row)
    }

    fn reported(&self, profile: &Profile, known: &Profile, other: &Row) -> Option<Found> {
        let alike = compare(profile, known, &self.spec.weights);
        let id = other.get("id")?.as_id()?;
        let title = other.get(&self.object.title).cloned().unwrap_or_default();
        alike.is_reported().then(|| Found { id, title: self.shown(title), alike })
    }

    fn shown(&self, title: Value) -> Value {
        if self.grant.may_see(&self.object.title) { title } else { Value::Null }
    }
}

/// Whether anybody looks for duplicates of the object: its blueprint says which fields tell them.
pub fn looks_for(object: &Object) -> bool {
    object.duplicates.is_some() && object.table.starts_with("data.")
}

fn most_alike(found: &mut Vec<Found>) {
    found.sort_by(|a, b| b.alike.score.total_cmp(&a.alike.score).then(a.id.cmp(&b.id)));
    found.truncate(TOLD);
}

/// A body as somebody types it: what does not parse yet tells nothing yet.
pub(crate) fn typed(object: &Object, body: &Body) -> Row {
    let value = |(name, json): (&String, &Json)| {
        let field = object.fields.get(name).filter(|_| !json.is_null())?;
        Some((name.clone(), meta::parse(field, json).ok()?))
    };
    body.iter().filter_map(value).collect()
}

fn probe(object: &Object, spec: &Duplicates, row: &Row) -> Probe {
    let field = |name: &String| object.fields.get(name).filter(|f| f.place == Place::Column);
    let texts = |names: &[String]| -> Vec<String> {
        let all = names.iter().filter_map(|n| row.get(&field(n)?.name)?.as_text());
        all.map(str::to_string).collect()
    };
    let is_address = |name: &&String| field(name).is_some_and(|f| f.kind == Kind::Address);
    let addresses = spec.address.iter().filter(is_address).filter_map(|n| match row.get(n) {
        Some(Value::Json(json)) => Some(json.clone()),
        _ => None,
    });
    let companies = spec.company.iter().filter_map(|n| match row.get(&field(n)?.name)? {
        Value::Id(id) => Some(id.to_string()),
        Value::Text(text) => Some(text.clone()),
        _ => None,
    });
    let days = spec.birth_date.iter().filter_map(|n| match row.get(&field(n)?.name)? {
        Value::Date(date) => Some(date.to_string()),
        _ => None,
    });
    let own = |f: &&Field| f.place == Place::Custom;
    let certain = spec.email.iter().chain(&spec.phone).chain(&spec.identifier);
    let custom = certain.filter_map(|n| object.fields.get(n)).filter(own).filter_map(|f| {
        let text = row.get(&f.name)?.as_text().filter(|t| !t.is_empty())?;
        Some(json!({ f.name.clone(): text }))
    });
    let lines: Vec<String> = spec.address.iter().filter(|n| !is_address(n)).cloned().collect();
    Probe {
        name: texts(&spec.name).join(" "),
        emails: texts(&spec.email),
        phones: texts(&spec.phone),
        identifiers: texts(&spec.identifier),
        companies: companies.collect(),
        addresses: addresses.collect(),
        lines: texts(&lines).join(" "),
        days: days.collect(),
        custom: custom.collect(),
    }
}

/// What the asking routes need of the engine.
#[derive(Clone)]
pub struct Detector {
    pub(crate) engine: Engine,
}

impl Detector {
    pub fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Who looks like a record that is being typed, within the asker's reach.
    pub async fn of_draft(&self, actor: &Actor, plural: &str, body: &Body) -> Outcome<Json> {
        let cx = self.engine.store().begin_read(actor).await?;
        let model = cx.model().clone();
        let finder = Finder::new(&cx, &model, actor, plural)?;
        let mut found = finder.of_row(&typed(finder.object, body)).await?;
        // A form over a stored record names it: nobody is their own duplicate.
        let own = body.get("id").and_then(Json::as_str).and_then(|id| id.parse::<Uuid>().ok());
        found.retain(|f| Some(f.id) != own);
        Ok(json!({ "duplicates": found.iter().map(Found::to_json).collect::<Vec<_>>() }))
    }

    /// Who looks like each of these records that are about to be made, within the asker's reach; in their order.
    /// Nobody, where nobody looks for duplicates of the object.
    pub async fn of_drafts(&self, actor: &Actor, plural: &str, bodies: &[Body]) -> Outcome<Vec<Vec<Found>>> {
        let cx = self.engine.store().begin_read(actor).await?;
        let model = cx.model().clone();
        if !looks_for(model.by_plural(plural)?) {
            return Ok(vec![vec![]; bodies.len()]);
        }
        let finder = Finder::new(&cx, &model, actor, plural)?;
        let rows: Vec<Row> = bodies.iter().map(|body| typed(finder.object, body)).collect();
        finder.of_rows(&rows).await
    }

    /// Whether there is anybody within the asker's reach who could be looked like.
    pub async fn has_any(&self, actor: &Actor, plural: &str) -> Outcome<bool> {
        let cx = self.engine.store().begin_read(actor).await?;
        let model = cx.model().clone();
        if !looks_for(model.by_plural(plural)?) {
            return Ok(false);
        }
        let finder = Finder::new(&cx, &model, actor, plural)?;
        let first = alike::walk(&model, finder.object, &finder.grant, Uuid::nil(), 1);
        Ok(!cx.query(&first, &[Codec::Uuid]).await?.is_empty())
    }

    /// Who looks like a stored record.
    pub async fn of_record(&self, actor: &Actor, plural: &str, id: Uuid) -> Outcome<Json> {
        let cx = self.engine.store().begin_read(actor).await?;
        let model = cx.model().clone();
        let finder = Finder::new(&cx, &model, actor, plural)?;
        let there = query::write::present(&model, finder.object, &finder.grant, &[id]);
        if cx.query(&there, &[Codec::Uuid]).await?.is_empty() {
            return Err(records::not_found(finder.object, id).into());
        }
        let row = finder.rows(&[id]).await?.remove(&id).unwrap_or_default();
        let mut found = finder.of_row(&row).await?;
        found.retain(|f| f.id != id);
        Ok(json!({ "duplicates": found.iter().map(Found::to_json).collect::<Vec<_>>() }))
    }
}
