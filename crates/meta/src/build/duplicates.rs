//! What is evidence of a duplicate: what the blueprint says, the fields' kinds where it is silent.
use super::Merged;
use crate::Kind;
use crate::model::{Duplicates, EvidenceWeights, Field, Object, Unique};
use crate::source::{DuplicatesSource, EvidenceWord};

/// `object` has its fields and its title already.
pub fn fields(said: &DuplicatesSource, merged: &Merged, object: &Object) -> Duplicates {
    let own = || object.fields.values().filter(|f| !f.system && !f.secret);
    let of_kind = |kind: Kind| own().filter(|f| f.kind == kind).map(|f| f.name.clone()).collect();
    let unique_texts = || {
        let unique = |f: &&Field| f.kind == Kind::Text && f.unique == Unique::Workspace;
        own().filter(unique).map(|f| f.name.clone()).collect()
    };
    let client = || merged.source.client.iter().filter(|c| *c != "id" && !c.contains('.')).cloned().collect();
    let known = |said: &Option<Vec<String>>, usual: &dyn Fn() -> Vec<String>| {
        let mut fields = said.clone().unwrap_or_else(usual);
        fields.retain(|f| object.fields.contains_key(f));
        fields
    };
    Duplicates {
        name: known(&said.name, &|| name(object)),
        email: known(&said.email, &|| of_kind(Kind::Email)),
        phone: known(&said.phone, &|| of_kind(Kind::Phone)),
        company: known(&said.company, &client),
        address: known(&said.address, &|| of_kind(Kind::Address)),
        birth_date: known(&said.birth_date, &Vec::new),
        identifier: known(&said.identifier, &unique_texts),
        weights: weights(said),
    }
}

/// The title; a title that is computed has the texts instead that it is made of, because a record that is not stored
/// yet has only those.
fn name(object: &Object) -> Vec<String> {
    let Some(title) = object.fields.get(&object.title) else { return vec![] };
    let Some(formula) = &title.formula else {
        return if title.stored_kind() == Kind::Text { vec![title.name.clone()] } else { vec![] };
    };
    let mut parts: Vec<String> = vec![];
    for word in formula.cel.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        let is_text = object.fields.get(word).is_some_and(|f| f.kind == Kind::Text && !f.secret);
        if is_text && !parts.iter().any(|p| p == word) {
            parts.push(word.into());
        }
    }
    parts
}

fn weights(said: &DuplicatesSource) -> EvidenceWeights {
    let mut weights = EvidenceWeights::default();
    for (word, number) in &said.weights {
        let at = match word {
            EvidenceWord::Email => &mut weights.email,
            EvidenceWord::Phone => &mut weights.phone,
            EvidenceWord::Name => &mut weights.name,
            EvidenceWord::Company => &mut weights.company,
            EvidenceWord::Address => &mut weights.address,
            EvidenceWord::BirthDate => &mut weights.birth_date,
            EvidenceWord::Identifier => &mut weights.identifier,
        };
        *at = number.as_f64().unwrap_or(*at).clamp(0.0, 1.0);
    }
    weights
}
