//! Sample data of a blueprint: members, locations, records, always the same, through the one write path.
mod dice;
mod fake;
mod make;
#[cfg(test)]
mod tests;
mod words;

use crate::resolve::BATCH;
use dice::Dice;
use identity::Identity;
use kernel::{Failure, Outcome, Problem, Uuid};
use make::{Made, Workshop};
use meta::{Demo, DemoMember, DemoRecords, Object};
use policy::Actor;
use records::{Body, Engine, RowResult, Source, SourceKind};
use std::collections::HashSet;

/// Throws until a record is unlike the others.
const ATTEMPTS: u32 = 100;

/// What `kontor demo` prints.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filled {
    pub members: Vec<FilledMember>,
    /// Object to number of records.
    pub records: Vec<(String, u64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FilledMember {
    pub name: String,
    pub email: String,
    pub role: String,
    /// Whether the password given to [`fill`] is theirs; an account that was there before keeps its own.
    pub has_password: bool,
}

/// Fills a workspace. `password` becomes that of the members whom the blueprint names; generated colleagues have
/// none and cannot sign in (hashing fifty passwords would take longer than all the rest). `progress` hears what is
/// being made, and how many of how many.
pub async fn fill(
    engine: &Engine,
    identity: &Identity,
    workspace: Uuid,
    demo: &Demo,
    password: &str,
    progress: impl Fn(&str, u64, u64) + Send + Sync,
) -> Outcome<Filled> {
    let mut fill = Filling {
        engine,
        identity,
        workspace,
        // Every kind of thing has its own dice, so that one more client does not change every invoice.
        seed: demo.seed,
        today: demo.today.unwrap_or_else(|| jiff::Zoned::now().date()),
        actor: Actor::system(workspace, "Sample data"),
        made: Made::default(),
        taken: HashSet::new(),
        filled: Filled::default(),
    };
    fill.locations(demo).await?;
    for member in &demo.members {
        fill.members(member, password).await?;
    }
    let total = demo.records.iter().map(|r| u64::from(r.count)).sum();
    let mut done = 0;
    for (index, records) in demo.records.iter().enumerate() {
        progress(&records.object, done, total);
        fill.records(index, records).await?;
        done += u64::from(records.count);
    }
    progress("", done, total);
    Ok(fill.filled)
}

struct Filling<'a> {
    engine: &'a Engine,
    identity: &'a Identity,
    workspace: Uuid,
    seed: u64,
    today: jiff::civil::Date,
    actor: Actor,
    made: Made,
    /// What further records must be unlike, over all recipes of an object.
    taken: HashSet<String>,
    filled: Filled,
}

impl Filling<'_> {
    async fn locations(&mut self, demo: &Demo) -> Outcome<()> {
        let bodies: Vec<Body> =
            demo.locations.iter().map(|l| l.fields.clone().into_iter().collect::<Body>()).collect();
        if bodies.is_empty() {
            return Ok(());
        }
        self.made.locations = self.write("location", bodies).await?;
        Ok(())
    }

    async fn members(&mut self, recipe: &DemoMember, password: &str) -> Outcome<()> {
        let mut dice = self.dice(&recipe.email);
        for n in 1..=recipe.count {
            let (name, email) = if n == 1 {
                (recipe.name.clone(), recipe.email.clone())
            } else {
                (fake::person(&mut dice), numbered(&recipe.email, n))
            };
            let password = (n == 1).then_some(password);
            let known = self.identity.user_by_email(&email).await?;
            let user = match known {
                Some(user) => user,
                None => self.identity.create_user(&email, &name, password, false).await?,
            };
            let member = self.identity.add_member(self.workspace, user, &recipe.role).await?;
            self.made.members.entry(recipe.role.clone()).or_default().push(member);
            self.made.members.entry(String::new()).or_default().push(member);
            let has_password = password.is_some() && known.is_none();
            self.filled.members.push(FilledMember { name, email, role: recipe.role.clone(), has_password });
        }
        Ok(())
    }

    async fn records(&mut self, index: usize, recipe: &DemoRecords) -> Outcome<()> {
        let mut dice = self.dice(&format!("{index} {}", recipe.object));
        let model = self.engine.model(&self.actor).await?;
        let object = model.object(&recipe.object)?;
        let before = self.made.records.get(&recipe.object).map_or(0, Vec::len) as u64;
        let mut n = 0;
        while n < recipe.count {
            let size = (recipe.count - n).min(BATCH as u32);
            let mut bodies = vec![];
            for k in 1..=size {
                bodies.push(self.record(object, recipe, &mut dice, before + u64::from(n + k))?);
            }
            let places: Vec<_> = bodies.iter().map(location_of).collect();
            for (id, place) in self.write(&recipe.object, bodies).await?.into_iter().zip(places) {
                self.made.add(&recipe.object, id, place);
            }
            n += size;
        }
        match self.filled.records.iter_mut().find(|(object, _)| *object == recipe.object) {
            Some((_, count)) => *count += u64::from(recipe.count),
            None => self.filled.records.push((recipe.object.clone(), recipe.count.into())),
        }
        Ok(())
    }

    /// One record, unlike the others where the model asks for it: a pair of a link, a number within its harbour.
    fn record(
        &mut self,
        object: &Object,
        recipe: &DemoRecords,
        dice: &mut Dice,
        n: u64,
    ) -> Result<Body, Problem> {
        for _ in 0..ATTEMPTS {
            let body = self.attempt(object, recipe, dice, n).map_err(|p| at(recipe, p))?;
            let keys = keys(object, &body);
            if keys.iter().all(|key| key.as_ref().is_some_and(|k| !self.taken.contains(k))) {
                self.taken.extend(keys.into_iter().flatten());
                return Ok(body);
            }
        }
        let detail = format!("record {n} is like another one in {ATTEMPTS} attempts; ask for fewer.");
        Err(at(recipe, Problem::new("field.duplicate", detail)))
    }

    fn attempt(
        &self,
        object: &Object,
        recipe: &DemoRecords,
        dice: &mut Dice,
        n: u64,
    ) -> Result<Body, Problem> {
        let chosen = recipe.fields.contains_key("location_id");
        let location = match object.location_scoped && !chosen && !self.made.locations.is_empty() {
            true => Some(*dice.pick(&self.made.locations)),
            false => None,
        };
        let mut workshop = Workshop { made: &self.made, dice, today: self.today, location };
        let mut body = workshop.body(&recipe.fields, n)?;
        as_lists(object, &mut body);
        if let Some(location) = location {
            body.insert("location_id".into(), location.to_string().into());
        }
        Ok(body)
    }

    /// One change set, all or nothing.
    async fn write(&self, object: &str, bodies: Vec<Body>) -> Outcome<Vec<Uuid>> {
        let source =
            Source::new(SourceKind::Demo).note(format!("Sample data: {object}")).without_automations();
        let mut batch = self.engine.batch(&self.actor, source).await?;
        let results = batch.create(object, bodies).await?;
        if let Some(problems) = results.iter().enumerate().find_map(|(i, r)| refused(object, i, r)) {
            return Err(Failure::Refused(problems));
        }
        batch.commit().await?;
        Ok(results.iter().filter_map(RowResult::id).collect())
    }

    fn dice(&self, what: &str) -> Dice {
        // FNV-1a: a hash whose result does not depend on the version of the standard library.
        let hash = what
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Dice::new(self.seed ^ hash)
    }
}

fn location_of(body: &Body) -> Option<Uuid> {
    body.get("location_id")?.as_str()?.parse().ok()
}

/// What must be unlike, per rule; `None` where a record is linked with itself.
fn keys(object: &Object, body: &Body) -> Vec<Option<String>> {
    let value = |field: &String| body.get(field).filter(|v| !v.is_null());
    let link = object.link.iter().map(|pair| {
        let (a, b) = (value(&pair[0]), value(&pair[1]));
        (a != b).then(|| format!("{} {a:?} {b:?}", object.name))
    });
    let rules = object.unique.iter().filter_map(|rule| {
        let values: Option<Vec<_>> = rule.fields.iter().map(value).collect();
        Some(Some(format!("{} {:?} {:?}", object.name, rule.fields, values?)))
    });
    link.chain(rules).collect()
}

/// `assignee_ids = { member = [...] }` makes one member, and a field of several members takes a list.
fn as_lists(object: &Object, body: &mut Body) {
    let is_many = |name: &str| object.fields.get(name).is_some_and(|f| f.many);
    for (_, value) in body.iter_mut().filter(|(name, value)| value.is_string() && is_many(name)) {
        *value = vec![value.take()].into();
    }
}

/// The blueprint's author reads this: object, record, field and reason.
fn refused(object: &str, index: usize, result: &RowResult) -> Option<Vec<Problem>> {
    let RowResult::Refused(problems) = result else { return None };
    let place = |p: &Problem| format!("{object} {}: {}", index + 1, p.detail);
    Some(problems.iter().map(|p| Problem { detail: place(p), ..p.clone() }).collect())
}

fn at(recipe: &DemoRecords, problem: Problem) -> Problem {
    Problem { detail: format!("{}: {}", recipe.object, problem.detail), ..problem }
}

/// The address of the `n`th of generated colleagues: `team@demo.kontor.local`, then `team2@demo.kontor.local`.
pub fn numbered(email: &str, n: u32) -> String {
    if n == 1 {
        return email.into();
    }
    match email.split_once('@') {
        Some((mailbox, host)) => format!("{mailbox}{n}@{host}"),
        None => format!("{email}{n}"),
    }
}
