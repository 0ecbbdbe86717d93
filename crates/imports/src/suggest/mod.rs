//! Where the columns of a file would go: by what they are called, what others call it, how alike that is, and what their
//! values look like.
mod shapes;
mod words;

use crate::mapping::{Mapping, OneOrMore, Target, Targets};
use crate::names::{mapping_problem, target_of, writable};
use crate::read::{Sheet, SheetRow};
use kernel::Problem;
use meta::{Field, Kind, Model, Object};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use words::{WORDS, plain, tight};

/// Below this a column is better chosen by hand.
const LEAST: f64 = 0.5;
/// From here on nobody needs to look.
const SURE: f64 = 0.9;
/// How alike words must be to be taken for a slip of the pen.
const ALIKE: f64 = 0.9;

#[derive(Debug, Clone, Serialize)]
pub struct Suggestion {
    pub column: String,
    /// `email`, `address.city`; null: none fits.
    pub field: Option<String>,
    /// 0 to 1; 1: the column is called as the field is.
    pub confidence: f64,
    /// A sentence for the person who looks it over.
    pub reason: String,
    /// How the texts are read, where that must be said: `by`, `format`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub how: Map<String, Json>,
    /// What else it might be, best first.
    pub alternatives: Vec<String>,
    /// The first different values.
    pub samples: Vec<String>,
}

/// A place that a column may go to.
struct Place<'m> {
    field: &'m Field,
    member: Option<&'static str>,
    /// Words for it, each with how sure it makes.
    words: Vec<(String, f64, &'static str)>,
}

impl Place<'_> {
    fn path(&self) -> String {
        match self.member {
            Some(member) => format!("{}.{member}", self.field.name),
            None => self.field.name.clone(),
        }
    }
}

struct Fit {
    column: usize,
    place: usize,
    score: f64,
    reason: String,
}

/// One suggestion a column, in the order of the file. No field is suggested twice.
pub fn columns(model: &Model, object: &Object, header: &[String], rows: &[SheetRow]) -> Vec<Suggestion> {
    let places = places(model, object);
    let values: Vec<Vec<&str>> = (0..header.len()).map(|i| filled(rows, i)).collect();
    let mut fits = vec![];
    for (column, name) in header.iter().enumerate() {
        for (index, place) in places.iter().enumerate() {
            let found = score(place, name, &values[column]);
            fits.extend(found.map(|(score, reason)| Fit { column, place: index, score, reason }));
        }
    }
    // The best first; of equals the one further left.
    fits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.column.cmp(&b.column)));
    let mut chosen: Vec<Option<&Fit>> = vec![None; header.len()];
    let mut taken = vec![false; places.len()];
    for fit in fits.iter().filter(|f| f.score >= LEAST) {
        if chosen[fit.column].is_none() && !taken[fit.place] {
            chosen[fit.column] = Some(fit);
            taken[fit.place] = true;
        }
    }
    let suggest = |(column, name): (usize, &String)| {
        let best = chosen[column];
        let others = fits.iter().filter(|f| f.column == column && best.is_none_or(|b| b.place != f.place));
        let place = best.map(|b| &places[b.place]);
        Suggestion {
            column: name.clone(),
            field: place.map(Place::path),
            confidence: best.map_or(0.0, |b| (b.score * 100.0).round() / 100.0),
            reason: best.map_or("No field is called so, or looks so.".into(), |b| b.reason.clone()),
            how: place.map(|p| how(p, name, &values[column])).unwrap_or_default(),
            alternatives: others.take(3).map(|f| places[f.place].path()).collect(),
            samples: samples(&values[column]),
        }
    };
    header.iter().enumerate().map(suggest).collect()
}

fn filled(rows: &[SheetRow], column: usize) -> Vec<&str> {
    let cells = rows.iter().filter_map(|r| r.cells.get(column)).map(str::trim);
    cells.filter(|t| !t.is_empty()).collect()
}

fn samples(values: &[&str]) -> Vec<String> {
    let mut seen: Vec<String> = vec![];
    for value in values {
        let short: String = value.chars().take(80).collect();
        if !seen.contains(&short) {
            seen.push(short);
        }
        if seen.len() == 3 {
            break;
        }
    }
    seen
}

fn places<'m>(model: &'m Model, object: &'m Object) -> Vec<Place<'m>> {
    let mut places = vec![];
    let mut addresses = 0;
    for field in object.fields.values() {
        if writable(object, &field.name).is_err() || field.read_only {
            continue;
        }
        match field.stored_kind() {
            Kind::Address => {
                addresses += 1;
                for member in ["street", "street2", "city", "region", "postal_code", "country"] {
                    places.push(of_address(field, member, addresses == 1));
                }
            }
            Kind::GeoPoint => {
                for member in ["lat", "lon"] {
                    places.push(Place {
                        field,
                        member: Some(member),
                        words: of_member(field, member, "", 1.0),
                    });
                }
            }
            _ => places.push(Place { field, member: None, words: of_field(model, field) }),
        }
    }
    places
}

const NAMED: &str = "The column is called as the field is.";
const OTHERWISE: &str = "The column has another word for the field.";

fn of_field(model: &Model, field: &Field) -> Vec<(String, f64, &'static str)> {
    let mut words = vec![(plain(&field.name), 1.0, NAMED), (plain(&field.label), 1.0, NAMED)];
    let known = WORDS.fields.get(&field.name).into_iter().flatten();
    // The word that the list has first is the one that is meant most often.
    words.extend(known.enumerate().map(|(i, w)| (w.clone(), 0.95 - 0.002 * i as f64, OTHERWISE)));
    if let Some(object) = target_of(field).and_then(|to| model.objects.get(to)) {
        let own = field.name.trim_end_matches("_id") == object.name;
        let called = [plain(&object.name), plain(&object.label)];
        words.extend(called.into_iter().filter(|_| own).map(|w| (w, 0.95, OTHERWISE)));
    }
    words
}

fn of_address<'m>(field: &'m Field, member: &'static str, first: bool) -> Place<'m> {
    let own = plain(&field.label.to_lowercase().replace("address", ""));
    let mut words = of_member(field, member, &own, 1.0);
    if first {
        for (place, sure) in WORDS.places.iter().filter(|(place, _)| **place != own) {
            words.extend(of_member(field, member, place, *sure));
        }
    }
    Place { field, member: Some(member), words }
}

fn of_member(field: &Field, member: &str, place: &str, sure: f64) -> Vec<(String, f64, &'static str)> {
    let known = WORDS.members.get(member).into_iter().flatten();
    let before = if place.is_empty() { String::new() } else { format!("{place} ") };
    let mut words: Vec<_> = known
        .enumerate()
        .map(|(i, w)| (format!("{before}{w}"), (0.95 - 0.002 * i as f64) * sure, OTHERWISE))
        .collect();
    words.push((plain(&format!("{}.{member}", field.name)), 1.0, NAMED));
    words
}

/// How well a column fits a place, and why. `None`: not at all.
fn score(place: &Place<'_>, header: &str, values: &[&str]) -> Option<(f64, String)> {
    let shape = shapes::fit(place.field, place.member, values);
    let named = by_name(place, header);
    match (named, shape) {
        (Some((score, reason)), None) => Some((score, reason)),
        (Some((score, reason)), Some(share)) if share >= 0.9 => Some((score, reason)),
        // Hashed or muddled values do not make a column another one, but somebody should look.
        (Some((score, reason)), Some(share)) => {
            let odd = format!("{reason} {:.0} % of the values are none for it.", (1.0 - share) * 100.0);
            Some((score * (0.6 + 0.4 * share) - 0.05, odd))
        }
        (None, Some(share)) if share >= 0.95 && values.len() >= 2 => {
            let like = shapes::tells(place.field)?;
            Some((0.55 * share, format!("Its values look like {like}.")))
        }
        (None, _) => None,
    }
}

fn by_name(place: &Place<'_>, header: &str) -> Option<(f64, String)> {
    let (header, squeezed) = (plain(header), tight(&plain(header)));
    if squeezed.is_empty() {
        return None;
    }
    let same = place.words.iter().filter(|(w, ..)| *w == header || tight(w) == squeezed);
    if let Some((_, sure, why)) = same.max_by(|a, b| a.1.total_cmp(&b.1)) {
        return Some((*sure, (*why).to_owned()));
    }
    // Short words are alike by chance.
    if squeezed.len() < 5 {
        return None;
    }
    let alike = place.words.iter().filter(|(w, ..)| w.len() >= 5).map(|(w, sure, _)| {
        let alike = strsim::normalized_damerau_levenshtein(&tight(w), &squeezed)
            .max(if tight(w).len() >= 8 { strsim::jaro(&tight(w), &squeezed) - 0.05 } else { 0.0 });
        (alike, *sure, w)
    });
    let (alike, sure, word) = alike.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (alike >= ALIKE - 0.08)
        .then(|| (alike * sure * 0.85, format!("The column's name is much like “{word}”.")))
}

/// By what a reference is found, and how dates are written.
fn how(place: &Place<'_>, header: &str, values: &[&str]) -> Map<String, Json> {
    let mut how = Map::new();
    if let Some(target) = target_of(place.field) {
        let by = match () {
            () if values.iter().any(|v| shapes::is_email(v)) => Some("email"),
            () if values.iter().all(|v| v.parse::<kernel::Uuid>().is_ok()) && !values.is_empty() => None,
            () if target == "member" => Some("name"),
            () if plain(header).ends_with(" id") => Some("external_id"),
            () => Some("name"),
        };
        how.extend(by.map(|by| ("by".to_owned(), json!(by))));
    }
    if matches!(place.field.kind, Kind::Date | Kind::DateTime)
        && let Some(format) = shapes::date_format(place.field.kind, values).filter(|f| !shapes::is_plain(f))
    {
        how.insert("format".into(), json!(format));
    }
    if place.field.many || matches!(place.field.kind, Kind::MultiSelect | Kind::Tags) {
        let mark = [";", "|", ","].into_iter().find(|m| values.iter().any(|v| v.contains(m)));
        how.extend(mark.map(|m| ("split".to_owned(), json!(m))));
    }
    how
}

/// The mapping of all suggestions, as `POST /imports/jobs` takes it. What finds a record again becomes the key.
pub fn mapping(object: &Object, columns: &[Suggestion]) -> Json {
    let mut feeds = Map::new();
    for suggestion in columns {
        let feed = match &suggestion.field {
            None => json!(false),
            Some(field) if suggestion.how.is_empty() => json!(field),
            Some(field) => {
                let mut feed = suggestion.how.clone();
                feed.insert("field".into(), json!(field));
                Json::Object(feed)
            }
        };
        feeds.entry(suggestion.column.clone()).or_insert(feed);
    }
    let unique = |s: &&Suggestion| {
        let field = s.field.as_deref().and_then(|f| object.fields.get(f));
        field.is_some_and(|f| f.name == "external_id" && f.unique != meta::Unique::No)
    };
    let key: Vec<&str> = columns.iter().filter(unique).filter_map(|s| s.field.as_deref()).collect();
    json!({ "object": object.name, "key": key, "columns": feeds })
}

/// Columns of a mapping that names only its object: those that are sure.
pub fn fill(mapping: &mut Mapping, model: &Model, sheet: &Sheet, head: &[SheetRow]) -> Result<(), Problem> {
    let object = crate::names::find(model, &mapping.object).map_err(|p| p.at("mapping.object"))?;
    for suggestion in columns(model, object, &sheet.header, head) {
        let Some(field) = suggestion.field.filter(|_| suggestion.confidence >= SURE) else { continue };
        let text = |name: &str| suggestion.how.get(name).and_then(Json::as_str).map(str::to_owned);
        let target = Target {
            by: text("by"),
            split: text("split"),
            format: OneOrMore(text("format").into_iter().collect()),
            ..Target::field(&field)
        };
        mapping.columns.entry(suggestion.column).or_insert(Targets(vec![target]));
    }
    match mapping.columns.is_empty() {
        true => Err(mapping_problem(&format!(
            "No column of `{}` is surely a field of {}.",
            sheet.file, object.name
        ))
        .at("mapping")
        .hint("Ask for suggestions, and send a mapping.")),
        false => Ok(()),
    }
}
