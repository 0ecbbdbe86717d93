//! vCard 2.1, 3.0 and 4.0 as rows: one a card, its columns named as contacts name their fields.
use super::pairs::{self, Pairs, Records, Take};
use super::text::Text;
use super::{Reader, Sink, unreadable};
use crate::report::RowError;
use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardProperty, VCardValue};
use calcard::{Entry, Parser};
use kernel::Problem;
use std::io::{BufRead, BufReader};

/// A card with its pictures. What is larger is no card.
const LARGEST: usize = 16 << 20;

pub struct Cards {
    text: Text,
}

impl Cards {
    pub fn new(text: Text) -> Self {
        Self { text }
    }
}

impl Reader for Cards {
    fn read(&mut self, sink: &mut dyn Sink) -> Result<(), Problem> {
        self.text.notes.drain(..).for_each(|n| sink.note(n));
        pairs::read(self, sink)
    }
}

impl Records for Cards {
    fn file(&self) -> &str {
        &self.text.file
    }

    fn walk(&mut self, take: &mut Take<'_>) -> Result<(), Problem> {
        let file = self.text.file.clone();
        let broken = |why: &str| unreadable(&file, why);
        let mut lines = BufReader::with_capacity(64 << 10, self.text.open()?);
        let (mut card, mut line, mut depth, mut number) = (String::new(), String::new(), 0, 0);
        loop {
            line.clear();
            if lines.read_line(&mut line).map_err(|e| broken(&e.to_string()))? == 0 {
                break;
            }
            let word = line.trim().to_ascii_lowercase();
            // Cards may stand in cards (AGENT).
            depth += usize::from(word == "begin:vcard");
            if depth == 0 {
                continue;
            }
            card.push_str(&line);
            if card.len() > LARGEST {
                return Err(broken(&format!("card {} is larger than 16 MB or never ends", number + 1)));
            }
            if word == "end:vcard" {
                depth -= 1;
                if depth == 0 {
                    number += 1;
                    let pairs = parse(&card).ok_or_else(|| unclear(&file, number));
                    card.clear();
                    if take(number, pairs).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        if depth > 0 {
            number += 1;
            let reason = "The card never ends: `END:VCARD` is missing.";
            let _last = take(number, Err(RowError::row(&file, number, "import.row", reason)));
        }
        Ok(())
    }
}

fn unclear(file: &str, number: u64) -> RowError {
    RowError::row(file, number, "import.row", "This card cannot be understood.")
}

fn parse(card: &str) -> Option<Pairs> {
    match Parser::new(card).entry() {
        Entry::VCard(card) => Some(pairs_of(&card)),
        _ => None,
    }
}

/// Cells in the order in which they were found; the second of a kind gets a number.
#[derive(Default)]
struct Cells(Pairs);

impl Cells {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, t)| t.as_str())
    }
    /// The first of a kind stays.
    fn set(&mut self, name: &str, text: &str) {
        let text = text.trim();
        if !text.is_empty() && self.get(name).is_none() {
            self.0.push((name.into(), text.into()));
        }
    }
    fn number(&mut self, name: &str, text: &str) {
        let known = self.0.iter().any(|(n, t)| n.starts_with(name) && t == text.trim());
        let names = std::iter::once(name.to_owned()).chain((2..=9).map(|n| format!("{name}_{n}")));
        let free = names.into_iter().find(|n| self.get(n).is_none()).filter(|_| !known);
        if let Some(name) = free {
            self.set(&name, text);
        }
    }
}

fn pairs_of(card: &VCard) -> Pairs {
    let mut cells = Cells::default();
    for entry in preferred_first(card) {
        property(entry, &mut cells);
    }
    name(&mut cells);
    cells.0
}

/// What the owner of the card prefers comes first of its kind.
fn preferred_first(card: &VCard) -> Vec<&VCardEntry> {
    let mut entries: Vec<&VCardEntry> = card.entries.iter().collect();
    entries.sort_by_key(|e| !(e.parameters(&VCardParameterName::Pref).next().is_some() || is(e, "pref")));
    entries
}

fn property(entry: &VCardEntry, cells: &mut Cells) {
    let texts = texts(entry);
    let at = |i: usize| texts.get(i).map(String::as_str).unwrap_or_default();
    let all = || texts.join(", ");
    match &entry.name {
        VCardProperty::Fn => cells.set("full_name", &texts.join(",")),
        VCardProperty::N => {
            for (i, name) in
                ["last_name", "first_name", "middle_name", "salutation", "suffix"].iter().enumerate()
            {
                cells.set(name, at(i));
            }
        }
        VCardProperty::Nickname => cells.set("nickname", &all()),
        VCardProperty::Org => {
            cells.set("organisation", at(0));
            cells.set("department", &texts.iter().skip(1).cloned().collect::<Vec<_>>().join(", "));
        }
        VCardProperty::Title => cells.set("job_title", &all()),
        VCardProperty::Role => cells.set("role", &all()),
        VCardProperty::Email => cells.number("email", at(0).trim_start_matches("mailto:")),
        VCardProperty::Tel => phone(entry, at(0), cells),
        VCardProperty::Adr => address(&texts, cells),
        VCardProperty::Url => cells.number("website", &all()),
        VCardProperty::Note => cells.set("note", &texts.join("; ")),
        VCardProperty::Categories => cells.set("categories", &texts.join(";")),
        VCardProperty::Bday => birthday(entry, at(0), cells),
        VCardProperty::Uid => cells.set("uid", at(0)),
        VCardProperty::Lang => cells.set("language", at(0)),
        _ => {}
    }
}

/// Texts of an entry's components, in order.
fn texts(entry: &VCardEntry) -> Vec<String> {
    let one = |value: &VCardValue| match value {
        VCardValue::Text(text) => text.clone(),
        VCardValue::Component(parts) => parts.join(", "),
        VCardValue::Integer(i) => i.to_string(),
        VCardValue::Float(f) => f.to_string(),
        VCardValue::Boolean(b) => b.to_string(),
        _ => String::new(),
    };
    entry.values.iter().map(one).collect()
}

/// Whether the entry has this type, as `TYPE=work` or, in old cards, as a bare `WORK`.
fn is(entry: &VCardEntry, word: &str) -> bool {
    entry.params.iter().any(|p| {
        let value = p.value.as_text().unwrap_or_default();
        let bare = match &p.name {
            VCardParameterName::Type => return value.split(',').any(|v| v.trim().eq_ignore_ascii_case(word)),
            VCardParameterName::Other(name) => name,
            _ => return false,
        };
        bare.eq_ignore_ascii_case(word)
    })
}

fn phone(entry: &VCardEntry, text: &str, cells: &mut Cells) {
    let text = text.trim_start_matches("tel:");
    let text = text.split(";ext=").next().unwrap_or(text);
    match () {
        () if is(entry, "pager") => {}
        () if is(entry, "fax") => cells.number("fax", text),
        () if is(entry, "cell") => cells.number("mobile", text),
        () if is(entry, "home") => cells.number("home_phone", text),
        () => cells.number("phone", text),
    }
}

/// Post office box, extension, street, city, region, postal code, country (RFC 6350, 6.3.1).
fn address(texts: &[String], cells: &mut Cells) {
    const NAMES: [&str; 7] = ["street", "street2", "street", "city", "region", "postal_code", "country"];
    if texts.iter().all(|t| t.trim().is_empty()) {
        return;
    }
    let taken = |prefix: &str, cells: &Cells| {
        NAMES.iter().any(|name| cells.get(&format!("{prefix}.{name}")).is_some())
    };
    let Some(prefix) = ["address", "address_2", "address_3"].into_iter().find(|p| !taken(p, cells)) else {
        return;
    };
    // The street where there is one, else the box.
    for i in [2, 0, 1, 3, 4, 5, 6] {
        let text = texts.get(i).map(String::as_str).unwrap_or_default().replace('\n', ", ");
        cells.set(&format!("{prefix}.{}", NAMES[i]), &text);
    }
}

/// A whole day goes into `birth_date`; what has no year stays a text of its own.
fn birthday(entry: &VCardEntry, text: &str, cells: &mut Cells) {
    let at = entry.values.first().and_then(VCardValue::as_partial_date_time);
    match at.map(|at| (at.year, at.month, at.day)) {
        Some((Some(year), Some(month), Some(day))) => {
            cells.set("birth_date", &format!("{year:04}-{month:02}-{day:02}"));
        }
        Some((None, Some(month), Some(day))) => cells.set("birthday", &format!("{month:02}-{day:02}")),
        _ => cells.set("birth_date", text),
    }
}

/// Every card can be called something: by its name, else by what else it says.
fn name(cells: &mut Cells) {
    let of = |cells: &Cells, name: &str| cells.get(name).unwrap_or_default().to_owned();
    if cells.get("full_name").is_none() {
        let parts = ["first_name", "middle_name", "last_name"].map(|n| of(cells, n));
        let joined = parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ");
        let told = [joined, of(cells, "nickname"), of(cells, "organisation"), of(cells, "email")];
        let called = told.into_iter().find(|t| !t.is_empty()).unwrap_or_default();
        cells.set("full_name", &called);
    }
    if cells.get("last_name").is_none() {
        let full = of(cells, "full_name");
        match full.rsplit_once(' ').filter(|_| cells.get("first_name").is_none()) {
            Some((first, last)) => {
                cells.set("first_name", first);
                cells.set("last_name", last);
            }
            None => cells.set("last_name", &full),
        }
    }
}
