//! How alike two records are. Every match is evidence with a strength s; together they make 1 − ∏(1 − s) (spec:
//! "Duplicate score"). What goes beyond the spec, for people without mail or phone, is decision 0020.
use crate::profile::Profile;
use crate::text::{containment, one_slip, similarity};
use kernel::Date;
use meta::EvidenceWeights;

/// Pairs that score less are not told.
pub const REPORTED: f64 = 0.75;

/// Names less alike than this are different names (`pg_trgm.similarity_threshold`).
const NAME_COUNTS_FROM: f64 = 0.3;
/// From here on two names are "similar", which makes a shared company or address tell more.
const SIMILAR_NAME: f64 = 0.5;
/// A name with a word less that lies wholly in the other ("Kilby", "Josephine Kilby") is nearly the same name.
const PART_OF_NAME: f64 = 0.9;
const ADDRESS_COUNTS_FROM: f64 = 0.3;
/// Trigrams are lost faster than likeness: one slip in a short line costs a tenth of them.
const ADDRESS_CURVE: f64 = 0.6;
/// An address without a similar name: a family, an office.
const ADDRESS_ALONE: f64 = 0.7;
/// A date or number that one slip parts.
const NEAR_DATE: f64 = 0.7;
const NEAR_IDENTIFIER: f64 = 0.6;

/// One kind of evidence and how strong it is, 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// `email`, `phone`, `name`, `company`, `address`, `birth_date`, `identifier`
    pub kind: &'static str,
    pub strength: f64,
    /// How alike, 0 to 1, where it is a matter of degree.
    pub likeness: f64,
}

/// What two records have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Match {
    /// 0 to 1, three digits.
    pub score: f64,
    /// Strongest first.
    pub evidence: Vec<Evidence>,
}

impl Match {
    pub fn is_reported(&self) -> bool {
        self.score >= REPORTED
    }

    /// `[{kind, likeness, strength}]`
    pub fn to_json(&self) -> serde_json::Value {
        let round = |x: f64| (x * 1000.0).round() / 1000.0;
        let one = |e: &Evidence| serde_json::json!({ "kind": e.kind, "likeness": round(e.likeness), "strength": round(e.strength) });
        self.evidence.iter().map(one).collect()
    }

    /// The matches as a sentence: "Same e-mail, similar name (83 %)".
    pub fn reason(&self) -> String {
        let words: Vec<String> = self.evidence.iter().map(Evidence::words).collect();
        let mut reason = words.join(", ");
        if let Some(first) = reason.get(..1).map(str::to_uppercase) {
            reason.replace_range(..1, &first);
        }
        reason
    }
}

impl Evidence {
    fn words(&self) -> String {
        let what = match self.kind {
            "email" => "e-mail",
            "phone" => "phone",
            "birth_date" => "date of birth",
            other => other,
        };
        match self.likeness {
            l if l >= 0.9995 => format!("same {what}"),
            l if matches!(self.kind, "birth_date" | "identifier") && l < 1.0 => {
                format!("nearly the same {what}")
            }
            l => format!("similar {what} ({:.0} %)", l * 100.0),
        }
    }
}

/// Compares two records of one object.
pub fn compare(a: &Profile, b: &Profile, weights: &EvidenceWeights) -> Match {
    let name = name_likeness(a, b);
    let company = f64::from(u8::from(!a.companies.is_disjoint(&b.companies)));
    let found = [
        evidence("email", weights.email, f64::from(u8::from(!a.emails.is_disjoint(&b.emails)))),
        evidence("phone", weights.phone, f64::from(u8::from(!a.phones.is_disjoint(&b.phones)))),
        evidence("name", weights.name, if name >= NAME_COUNTS_FROM { name } else { 0.0 }),
        evidence("company", weights.company, if name >= SIMILAR_NAME { company } else { 0.0 }),
        address(a, b, weights.address, name),
        evidence("birth_date", weights.birth_date, date_likeness(a, b)),
        evidence("identifier", weights.identifier, identifier_likeness(a, b)),
    ];
    let mut evidence: Vec<Evidence> = found.into_iter().flatten().collect();
    let unlike: f64 = evidence.iter().map(|e| 1.0 - e.strength).product();
    evidence.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    Match { score: ((1.0 - unlike) * 1000.0).round() / 1000.0, evidence }
}

fn evidence(kind: &'static str, weight: f64, likeness: f64) -> Option<Evidence> {
    let strength = weight * likeness;
    (strength > 0.0).then_some(Evidence { kind, strength, likeness })
}

fn name_likeness(a: &Profile, b: &Profile) -> f64 {
    let (a, b) = (&a.name, &b.name);
    let alike = similarity(&a.trigrams, &b.trigrams);
    if a.words == b.words { alike } else { alike.max(PART_OF_NAME * containment(&a.trigrams, &b.trigrams)) }
}

fn address(a: &Profile, b: &Profile, weight: f64, name: f64) -> Option<Evidence> {
    let pairs = a.addresses.iter().flat_map(|x| b.addresses.iter().map(move |y| similarity(x, y)));
    let likeness = pairs.fold(0.0, f64::max);
    if likeness < ADDRESS_COUNTS_FROM {
        return None;
    }
    let weight = if name >= SIMILAR_NAME { weight } else { weight * ADDRESS_ALONE };
    let strength = weight * likeness.powf(ADDRESS_CURVE);
    Some(Evidence { kind: "address", strength, likeness })
}

fn date_likeness(a: &Profile, b: &Profile) -> f64 {
    let pairs = a.birth_dates.iter().flat_map(|x| b.birth_dates.iter().map(move |y| (*x, *y)));
    let likeness = pairs.map(|(x, y)| match x == y {
        true => 1.0,
        false if is_slip(x, y) => NEAR_DATE,
        false => 0.0,
    });
    likeness.fold(0.0, f64::max)
}

/// One digit off, two digits swapped, or day and month swapped.
fn is_slip(a: Date, b: Date) -> bool {
    let swapped = a.year() == b.year() && a.month() == b.day() && a.day() == b.month();
    swapped || one_slip(&a.to_string(), &b.to_string())
}

fn identifier_likeness(a: &Profile, b: &Profile) -> f64 {
    let pairs = a.identifiers.iter().flat_map(|x| b.identifiers.iter().map(move |y| (x, y)));
    let likeness = pairs.filter(|(x, y)| x.0 == y.0).map(|(x, y)| match x.1 == y.1 {
        true => 1.0,
        // In a short number one digit makes another one's number.
        false if x.1.chars().count() >= 6 && one_slip(&x.1, &y.1) => NEAR_IDENTIFIER,
        false => 0.0,
    });
    likeness.fold(0.0, f64::max)
}
