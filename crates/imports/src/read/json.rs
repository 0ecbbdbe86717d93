//! JSON as rows: an array of objects, one object a line, or an object around the array. Nested objects become dotted
//! columns (`address.city`); numbers keep the digits that stand in the file.
use super::pairs::{self, Pairs, Records, Take};
use super::text::Text;
use super::{Reader, Sink, unreadable};
use crate::report::RowError;
use indexmap::IndexMap;
use kernel::Problem;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::io::BufReader;
use std::ops::ControlFlow;

/// Members under which programs wrap the array of their records.
const ENVELOPES: [&str; 5] = ["records", "data", "results", "rows", "value"];
/// What stands between the texts of a list in one cell.
const BETWEEN: &str = ";";

pub struct Objects {
    text: Text,
}

impl Objects {
    pub fn new(text: Text) -> Self {
        Self { text }
    }
}

impl Reader for Objects {
    fn read(&mut self, sink: &mut dyn Sink) -> Result<(), Problem> {
        self.text.notes.drain(..).for_each(|n| sink.note(n));
        pairs::read(self, sink)
    }
}

impl Records for Objects {
    fn file(&self) -> &str {
        &self.text.file
    }

    fn walk(&mut self, take: &mut Take<'_>) -> Result<(), Problem> {
        let file = self.text.file.clone();
        let source = BufReader::with_capacity(64 << 10, self.text.open()?);
        let mut values = serde_json::Deserializer::from_reader(source);
        let mut walk = Walk { file: &file, take, number: 0, stopped: false };
        // `end` looks whether another value follows; it takes nothing away.
        while !walk.stopped && values.end().is_err() {
            let read = (Top { walk: &mut walk, within: false }).deserialize(&mut values);
            // A break is raised as an error too, the only way out of a deserializer.
            if let Err(e) = read
                && !walk.stopped
            {
                return Err(unreadable(&file, &format!("it is not JSON ({e})")));
            }
        }
        Ok(())
    }
}

struct Walk<'a, 't> {
    file: &'a str,
    take: &'a mut Take<'t>,
    number: u64,
    stopped: bool,
}

impl Walk<'_, '_> {
    fn record<E: serde::de::Error>(&mut self, raw: &RawValue) -> Result<(), E> {
        let pairs = match serde_json::from_str::<Members>(raw.get()) {
            Ok(members) => Ok(flat(members)),
            Err(_) => Err(()),
        };
        self.give(pairs)
    }

    fn give<E: serde::de::Error>(&mut self, pairs: Result<Pairs, ()>) -> Result<(), E> {
        self.number += 1;
        let not_one = |()| {
            RowError::row(self.file, self.number, "import.row", "This is not an object with named members.")
        };
        let given = pairs.map_err(not_one);
        match (self.take)(self.number, given) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => {
                self.stopped = true;
                Err(E::custom("enough"))
            }
        }
    }
}

type Members = IndexMap<String, Box<RawValue>>;

/// A value at the top of the file, or (`within`) behind a member that may wrap the records.
struct Top<'w, 'a, 't> {
    walk: &'w mut Walk<'a, 't>,
    within: bool,
}

/// What came behind such a member.
enum Came {
    Records,
    Cells(Pairs),
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_, '_> {
    type Value = Came;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Came, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_, '_> {
    type Value = Came;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects, or objects one after the other")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Came, A::Error> {
        while let Some(raw) = seq.next_element::<Box<RawValue>>()? {
            self.walk.record(&raw)?;
        }
        Ok(Came::Records)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Came, A::Error> {
        let (mut pairs, mut wrapped) = (vec![], false);
        while let Some(name) = map.next_key::<String>()? {
            if !self.within && ENVELOPES.contains(&name.as_str()) {
                match map.next_value_seed(Top { walk: &mut *self.walk, within: true })? {
                    Came::Records => wrapped = true,
                    Came::Cells(cells) => pairs.extend(cells.into_iter().map(|(member, text)| {
                        let dot = if member.is_empty() { "" } else { "." };
                        (format!("{name}{dot}{member}"), text)
                    })),
                }
            } else {
                let raw = map.next_value::<Box<RawValue>>()?;
                cells(&name, &raw, &mut pairs);
            }
        }
        if !self.within && !wrapped && !pairs.is_empty() {
            self.walk.give(Ok(pairs))?;
            return Ok(Came::Records);
        }
        Ok(Came::Cells(pairs))
    }
    fn visit_str<E>(self, text: &str) -> Result<Came, E> {
        Ok(Came::Cells(vec![(String::new(), text.into())]))
    }
    fn visit_bool<E>(self, v: bool) -> Result<Came, E> {
        Ok(Came::Cells(vec![(String::new(), v.to_string())]))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Came, E> {
        Ok(Came::Cells(vec![(String::new(), v.to_string())]))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Came, E> {
        Ok(Came::Cells(vec![(String::new(), v.to_string())]))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Came, E> {
        Ok(Came::Cells(vec![(String::new(), v.to_string())]))
    }
    fn visit_unit<E>(self) -> Result<Came, E> {
        Ok(Came::Cells(vec![]))
    }
}

fn flat(members: Members) -> Pairs {
    let mut pairs = vec![];
    members.iter().for_each(|(name, raw)| cells(name, raw, &mut pairs));
    pairs
}

/// The cells of one member: itself, its members, or the texts of a list.
fn cells(path: &str, raw: &RawValue, pairs: &mut Pairs) {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: Members = serde_json::from_str(text).unwrap_or_default();
            members.iter().for_each(|(name, raw)| cells(&format!("{path}.{name}"), raw, pairs));
        }
        Some(b'[') => {
            let items: Vec<Box<RawValue>> = serde_json::from_str(text).unwrap_or_default();
            let plain = items.iter().all(|i| !i.get().starts_with(['{', '[']));
            let joined = || items.iter().map(|i| scalar(i.get())).collect::<Vec<_>>().join(BETWEEN);
            pairs.push((path.into(), if plain { joined() } else { text.into() }));
        }
        _ => pairs.push((path.into(), scalar(text))),
    }
}

fn scalar(text: &str) -> String {
    match text {
        "null" => String::new(),
        text => serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned()),
    }
}
