//! The to-many sides: what other objects say about this one.
use crate::Kind;
use crate::model::{Inverse, Model, Object, Through};

pub fn fill(model: &mut Model) {
    let mut found: Vec<(String, Inverse)> = vec![];
    for object in model.objects.values() {
        found.extend(direct(object));
    }
    let direct_names: Vec<(String, String)> =
        found.iter().map(|(to, i)| (to.clone(), i.name.clone())).collect();
    for object in model.objects.values() {
        // A reference of that name is nearer than a link.
        found.extend(
            through(model, object)
                .into_iter()
                .filter(|(to, i)| !direct_names.contains(&(to.clone(), i.name.clone()))),
        );
    }
    for (to, inverse) in found {
        if let Some(object) = model.objects.get_mut(&to) {
            object.inverses.push(inverse);
        }
    }
}

fn direct(object: &Object) -> Vec<(String, Inverse)> {
    // Fields of the blueprint first: where the engine's `location_id` would give a name that is taken, it gives way.
    let (system, own): (Vec<_>, Vec<_>) = object.fields.values().partition(|f| f.system);
    let mut all: Vec<(String, Inverse)> = vec![];
    for field in own.into_iter().chain(system) {
        let Some(reference) = field.reference.as_ref().filter(|r| !r.inverse.is_empty()) else { continue };
        let inverse = Inverse {
            name: reference.inverse.clone(),
            object: object.name.clone(),
            field: field.name.clone(),
            through: None,
        };
        let taken = |(to, i): &(String, Inverse)| *to == reference.to && i.name == inverse.name;
        if field.kind != Kind::User && !(field.system && all.iter().any(taken)) {
            all.push((reference.to.clone(), inverse));
        }
    }
    all
}

/// `contacts` on `deal`, `deals` on `contact`.
fn through(model: &Model, link: &Object) -> Vec<(String, Inverse)> {
    let Some([a, b]) = &link.link else { return vec![] };
    let way = |from: &str, to: &str| {
        let near = link.fields.get(from)?.reference.as_ref()?;
        let far = link.fields.get(to)?.reference.as_ref()?;
        let inverse = Inverse {
            name: model.objects.get(&far.to)?.plural.clone(),
            object: link.name.clone(),
            field: from.into(),
            through: Some(Through { object: far.to.clone(), field: to.into() }),
        };
        Some((near.to.clone(), inverse))
    };
    way(a, b).into_iter().chain(way(b, a)).collect()
}
