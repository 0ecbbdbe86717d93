//! `[duplicates]`: names that lead nowhere, kinds that do not fit, weights out of range.
use super::Check;
use crate::Kind;
use crate::build::Merged;
use crate::fault::suggestion;
use crate::model::Object;
use crate::node::At;

pub fn check<'a>(check: &mut Check<'a>, object: &'a Object, merged: &Merged) {
    let Some(said) = &merged.source.duplicates else { return };
    let at = merged.at.key("duplicates");
    const TEXTS: [Kind; 2] = [Kind::Text, Kind::LongText];
    let lists = [
        ("name", &said.name, &TEXTS[..], "texts"),
        ("email", &said.email, &[Kind::Email], "e-mail addresses"),
        ("phone", &said.phone, &[Kind::Phone], "telephone numbers"),
        ("company", &said.company, &[Kind::Reference, Kind::Text], "references and texts"),
        ("address", &said.address, &[Kind::Address, Kind::Text], "addresses and texts"),
        ("birth_date", &said.birth_date, &[Kind::Date], "dates"),
        ("identifier", &said.identifier, &TEXTS, "texts"),
    ];
    for (key, names, kinds, takes) in lists {
        for (i, name) in names.iter().flatten().enumerate() {
            let at = at.key(key).index(i);
            match object.fields.get(name) {
                None if merged.is_hidden(name) => {}
                None => {
                    let hint = suggestion(name, object.fields.keys().map(String::as_str));
                    check.hint(&at, format!("`{}` has no field `{name}`.", object.name), hint);
                }
                Some(field) if field.secret => {
                    check.say(&at, format!("`{name}` is secret; it cannot tell duplicates."))
                }
                Some(field) if !kinds.contains(&field.kind) => {
                    check.say(&at, format!("`{name}` is of another kind; `{key}` takes {takes}."))
                }
                Some(_) => {}
            }
        }
    }
    weights(check, said, &at);
    if object.part_of.is_some() || object.link.is_some() || object.engine {
        check.say(&at, "Parts, links and the engine's own objects have no duplicates of their own.");
    }
}

fn weights(check: &mut Check<'_>, said: &crate::source::DuplicatesSource, at: &At) {
    for (word, weight) in &said.weights {
        if !weight.as_f64().is_some_and(|w| (0.0..=1.0).contains(&w)) {
            check.say(&at.key("weights"), format!("The weight of {word:?} is not between 0 and 1."));
        }
    }
}
