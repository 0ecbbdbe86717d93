//! Duplicates by what people are reached at: the same e-mail address (0.9), the same phone number (0.8), together
//! 1 − ∏(1 − s) (decisions.md, "Duplicate score"). Names alone never make a duplicate, so they are not asked for.
use super::duplicate::{DuplicateFinder, Match};
use crate::resolve::{Resolver, canonical, quoted};
use jobs::BoxFuture;
use kernel::{Outcome, Uuid};
use meta::{Field, Kind, Object};
use policy::Actor;
use records::{Body, Engine};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const SAME_EMAIL: f64 = 0.9;
const SAME_PHONE: f64 = 0.8;
const REPORTED: f64 = 0.75;
/// Texts of one filter.
const ASKED: usize = 500;

pub struct Contacted(pub Engine);

/// What two records may have in common. The order is that of the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Way {
    Email,
    Phone,
}

impl Way {
    fn of(field: &Field) -> Option<Self> {
        match field.kind {
            _ if field.secret || field.many => None,
            Kind::Email => Some(Self::Email),
            // A fax or an assistant's number is shared by many.
            Kind::Phone if matches!(field.name.as_str(), "phone" | "mobile") => Some(Self::Phone),
            _ => None,
        }
    }
    fn score(self) -> f64 {
        match self {
            Self::Email => SAME_EMAIL,
            Self::Phone => SAME_PHONE,
        }
    }
    fn name(self) -> &'static str {
        match self {
            Self::Email => "same e-mail address",
            Self::Phone => "same phone number",
        }
    }
}

impl DuplicateFinder for Contacted {
    fn find<'a>(
        &'a self,
        actor: &'a Actor,
        object: &'a Object,
        rows: &'a [Body],
    ) -> BoxFuture<'a, Outcome<Vec<Option<Match>>>> {
        Box::pin(self.look(actor, object, rows))
    }
}

impl Contacted {
    async fn look(&self, actor: &Actor, object: &Object, rows: &[Body]) -> Outcome<Vec<Option<Match>>> {
        let model = self.0.model(actor).await?;
        let resolver = Resolver::new(&self.0, actor, &model);
        // What somebody may not see must not be found out by way of an import.
        let grant = policy::grant::<policy::Read>(&model, actor, &object.name)?;
        let fields: Vec<(&Field, Way)> = object
            .fields
            .values()
            .filter(|f| grant.may_see(&f.name))
            .filter_map(|f| Some((f, Way::of(f)?)))
            .collect();
        let own: Vec<BTreeSet<(Way, String)>> = rows.iter().map(|row| reached(&fields, row)).collect();
        let mut stored: HashMap<(Way, String), BTreeSet<Uuid>> = HashMap::new();
        for (field, way) in &fields {
            // As they stand in the file and in small letters: addresses are stored as they were typed.
            let typed = rows.iter().filter_map(|row| canonical(field, row.get(&field.name)?));
            let same = own.iter().flatten().filter(|(w, _)| w == way).map(|(_, t)| t.clone());
            let texts: BTreeSet<String> = typed.chain(same).map(|t| quoted(&t)).collect();
            let texts: Vec<String> = texts.into_iter().collect();
            for texts in texts.chunks(ASKED) {
                let select = format!("id,{}", field.name);
                let pairs = [("select", select), (field.name.as_str(), format!("in.({})", texts.join(",")))];
                for row in resolver.rows(&object.plural, &pairs).await? {
                    let id = row.get("id").and_then(Json::as_str).and_then(|id| id.parse().ok());
                    let text =
                        row.get(&field.name).and_then(|v| canonical(field, v)).map(|t| t.to_lowercase());
                    if let (Some(id), Some(text)) = (id, text) {
                        stored.entry((*way, text)).or_default().insert(id);
                    }
                }
            }
        }
        Ok(own.iter().map(|ways| best(ways, &stored)).collect())
    }
}

fn reached(fields: &[(&Field, Way)], row: &Body) -> BTreeSet<(Way, String)> {
    let one =
        |(field, way): &(&Field, Way)| Some((*way, canonical(field, row.get(&field.name)?)?.to_lowercase()));
    fields.iter().filter_map(one).collect()
}

fn best(ways: &BTreeSet<(Way, String)>, stored: &HashMap<(Way, String), BTreeSet<Uuid>>) -> Option<Match> {
    let mut alike: BTreeMap<Uuid, BTreeSet<Way>> = BTreeMap::new();
    for way in ways {
        for id in stored.get(way).into_iter().flatten() {
            alike.entry(*id).or_default().insert(way.0);
        }
    }
    let scored = alike.into_iter().map(|(id, ways)| {
        let score = 1.0 - ways.iter().map(|w| 1.0 - w.score()).product::<f64>();
        let names: Vec<_> = ways.iter().map(|w| w.name()).collect();
        Match { id, score, reason: format!("{}.", names.join(", ")) }
    });
    scored.filter(|m| m.score >= REPORTED).max_by(|a, b| a.score.total_cmp(&b.score).then(b.id.cmp(&a.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_records_have_in_common_adds_up() {
        let (ann, bo) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let of = |way, text: &str| (way, text.to_owned());
        let stored = HashMap::from([
            (of(Way::Email, "a@x.org"), BTreeSet::from([ann])),
            (of(Way::Phone, "+491"), BTreeSet::from([ann, bo])),
        ]);
        let both = best(&BTreeSet::from([of(Way::Email, "a@x.org"), of(Way::Phone, "+491")]), &stored);
        let both = both.expect("alike");
        assert_eq!((both.id, both.reason.as_str()), (ann, "same e-mail address, same phone number."));
        assert!((both.score - 0.98).abs() < 1e-9);
        assert_eq!(best(&BTreeSet::from([of(Way::Email, "b@x.org")]), &stored), None);
    }
}
