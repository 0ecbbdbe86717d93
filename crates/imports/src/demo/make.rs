//! Recipes of `demo.toml` to the bodies of records. Pure: the same seed and the same ids give the same bodies.
use super::dice::Dice;
use super::fake::fake;
use indexmap::IndexMap;
use jiff::ToSpan;
use jiff::civil::Date;
use kernel::{Decimal, Problem, Uuid};
use meta::Maker;
use records::Body;
use serde_json::{Number, Value as Json};
use std::collections::HashMap;

/// What was made so far, for recipes that refer to it.
#[derive(Default)]
pub struct Made {
    /// Members by role, with the time of their making; every member under `""`.
    pub members: IndexMap<String, Vec<Uuid>>,
    pub records: HashMap<String, Vec<Uuid>>,
    /// The same by object and location, so that an offer in one port is for a berth of that port.
    pub placed: HashMap<(String, Uuid), Vec<Uuid>>,
    pub locations: Vec<Uuid>,
}

impl Made {
    pub fn add(&mut self, object: &str, id: Uuid, location: Option<Uuid>) {
        self.records.entry(object.into()).or_default().push(id);
        if let Some(location) = location {
            self.placed.entry((object.into(), location)).or_default().push(id);
        }
    }
}

pub struct Workshop<'a> {
    pub made: &'a Made,
    pub dice: &'a mut Dice,
    pub today: Date,
    /// Where the record is going to lie: what it refers to lies there too, if there is any.
    pub location: Option<Uuid>,
}

impl Workshop<'_> {
    /// One record. `n` counts the records of the object from 1.
    pub fn body(&mut self, fields: &IndexMap<String, Maker>, n: u64) -> Result<Body, Problem> {
        let mut body = Body::new();
        // Dates that follow others are made last, whatever the order of the file.
        let (late, early): (Vec<_>, Vec<_>) = fields.iter().partition(|(_, m)| follows(m));
        for (name, maker) in early.into_iter().chain(late) {
            let value = self.value(maker, n, &body).map_err(|p| p.at(name))?;
            body.insert(name.clone(), value);
        }
        Ok(body)
    }

    fn value(&mut self, maker: &Maker, n: u64, body: &Body) -> Result<Json, Problem> {
        Ok(match maker {
            Maker::Fake { fake: what } => fake(*what, self.dice, n),
            Maker::Pick { pick } => self.pick(pick),
            Maker::Member { member } => self.member(member),
            Maker::AnyMember {} => self.member(&[]),
            Maker::Ref { r#ref } => self.record(r#ref)?,
            Maker::Money { money } => self.number(money, 2)?,
            Maker::Decimal { decimal, scale } => self.number(decimal, scale.unwrap_or(2))?,
            Maker::Integer { integer: [low, high] } => self.dice.between(*low, *high).into(),
            Maker::Date { date: [low, high] } => {
                day(self.today, self.dice.between(*low, *high))?.to_string().into()
            }
            Maker::DateTime { date_time: [low, high] } => self.moment(*low, *high)?,
            Maker::Chance { chance, then } => self.maybe(*chance, then.as_deref(), n, body)?,
            Maker::Some { some, max } => self.some(some, *max),
            Maker::Sequence { sequence } => sequence.replace("{n}", &n.to_string()).into(),
            Maker::Parts { parts: [low, high], fields } => self.parts(*low, *high, fields)?,
            Maker::After { after, days: [low, high] } => self.after(after, *low, *high, body)?,
            Maker::Value { value } => value.clone(),
            Maker::Fixed(fixed) => fixed.to_json(),
        })
    }

    /// `[["a", 5], ["b", 1]]` weighs; anything else is picked evenly.
    fn pick(&mut self, choices: &[Json]) -> Json {
        let weight = |c: &Json| match c.as_array().map(Vec::as_slice) {
            Some([value, weight]) => weight.as_u64().map(|w| (value.clone(), w)),
            _ => None,
        };
        let Some(weighed) = choices.iter().map(weight).collect::<Option<Vec<_>>>() else {
            return self.dice.pick(choices).clone();
        };
        let mut left = self.dice.below(weighed.iter().map(|(_, w)| w).sum());
        for (value, weight) in &weighed {
            if left < *weight {
                return value.clone();
            }
            left -= weight;
        }
        Json::Null
    }

    fn member(&mut self, roles: &[String]) -> Json {
        let all = "".to_string();
        let named = if roles.is_empty() { std::slice::from_ref(&all) } else { roles };
        let found: Vec<Uuid> =
            named.iter().filter_map(|r| self.made.members.get(r)).flatten().copied().collect();
        if found.is_empty() { Json::Null } else { self.dice.pick(&found).to_string().into() }
    }

    fn record(&mut self, object: &str) -> Result<Json, Problem> {
        let here = self.location.and_then(|l| self.made.placed.get(&(object.to_owned(), l)));
        let found = match object {
            "location" => Some(&self.made.locations),
            _ => here.or_else(|| self.made.records.get(object)),
        };
        match found.filter(|ids| !ids.is_empty()) {
            Some(ids) => Ok(self.dice.pick(ids).to_string().into()),
            None => {
                let detail = format!("There is no sample `{object}` yet; make it before what refers to it.");
                Err(Problem::new("reference.not_found", detail))
            }
        }
    }

    /// Whole units of the last digit, so that no binary fraction gets in.
    fn number(&mut self, [low, high]: &[Number; 2], scale: u32) -> Result<Json, Problem> {
        let units = |n: &Number| -> Option<i64> {
            let exact: Decimal = n.to_string().parse().ok()?;
            (exact * Decimal::from(10_i64.pow(scale))).trunc().try_into().ok()
        };
        let wrong = || Problem::new("field.invalid", format!("{low} to {high} is not a range of numbers."));
        let (low, high) = (units(low).ok_or_else(wrong)?, units(high).ok_or_else(wrong)?);
        Ok(Decimal::new(self.dice.between(low, high), scale).to_string().into())
    }

    fn moment(&mut self, low: i64, high: i64) -> Result<Json, Problem> {
        let at = day(self.today, self.dice.between(low, high))?;
        let (hour, quarter) = (self.dice.between(7, 17) as i8, self.dice.between(0, 3) as i8);
        Ok(format!("{at}T{hour:02}:{:02}:00Z", quarter * 15).into())
    }

    fn maybe(&mut self, chance: f64, then: Option<&Maker>, n: u64, body: &Body) -> Result<Json, Problem> {
        let hit = self.dice.chance(chance);
        match then {
            None => Ok(hit.into()),
            Some(maker) if hit => self.value(maker, n, body),
            Some(_) => Ok(Json::Null),
        }
    }

    fn some(&mut self, values: &[String], max: Option<u32>) -> Json {
        let most = max.map_or(values.len(), |m| values.len().min(m as usize));
        let mut left = values.to_vec();
        let count = self.dice.between(0, most as i64);
        (0..count)
            .map(|_| Json::from(left.swap_remove(self.dice.below(left.len() as u64) as usize)))
            .collect()
    }

    fn parts(&mut self, low: u32, high: u32, fields: &IndexMap<String, Maker>) -> Result<Json, Problem> {
        let count = self.dice.between(low.into(), high.into());
        (1..=count).map(|n| self.body(fields, n as u64).map(Json::Object)).collect()
    }

    fn after(&mut self, field: &str, low: i64, high: i64, body: &Body) -> Result<Json, Problem> {
        let days = self.dice.between(low, high);
        let Some(text) = body.get(field).and_then(Json::as_str) else { return Ok(Json::Null) };
        let wrong = || Problem::new("field.invalid", format!("`{field}` is not a date."));
        let (date, time) = text.split_at_checked(10).ok_or_else(wrong)?;
        let later = day(date.parse().map_err(|_| wrong())?, days)?;
        Ok(format!("{later}{time}").into())
    }
}

fn follows(maker: &Maker) -> bool {
    match maker {
        Maker::After { .. } => true,
        Maker::Chance { then: Some(then), .. } => follows(then),
        _ => false,
    }
}

fn day(from: Date, days: i64) -> Result<Date, Problem> {
    from.checked_add(days.days())
        .map_err(|_| Problem::new("field.out_of_range", format!("{days} days from {from} is no date.")))
}
