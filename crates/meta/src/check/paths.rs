//! `amount`, or one hop: `client.email`.
use crate::fault::suggestion;
use crate::model::{Field, Model, Object};

pub type NotFound = (String, Option<String>);

/// The field that a path leads to.
pub fn resolve<'a>(model: &'a Model, object: &'a Object, path: &str) -> Result<&'a Field, NotFound> {
    match path.split_once('.') {
        None => own_field(object, path),
        Some((embed, rest)) => own_field(target(model, object, embed)?, rest),
    }
}

fn own_field<'a>(object: &'a Object, name: &str) -> Result<&'a Field, NotFound> {
    object.fields.get(name).ok_or_else(|| {
        let hint = match to_one(object).find(|(embed, _)| *embed == name) {
            Some((_, field)) => Some(format!("The field is called `{field}`.")),
            None => suggestion(name, object.fields.keys().map(String::as_str)),
        };
        (format!("`{}` has no field `{name}`.", object.name), hint)
    })
}

/// The object that a to-one reference leads to, by its embedded name.
fn target<'a>(model: &'a Model, object: &'a Object, embed: &str) -> Result<&'a Object, NotFound> {
    let found = object.fields.values().filter_map(|f| f.reference.as_ref()).find(|r| r.embed == embed);
    let missing = || {
        let hint = suggestion(embed, to_one(object).map(|(embed, _)| embed));
        (format!("`{}` has no reference `{embed}`.", object.name), hint)
    };
    let reference = found.ok_or_else(missing)?;
    model.objects.get(&reference.to).ok_or_else(|| (format!("There is no object `{}`.", reference.to), None))
}

fn to_one(object: &Object) -> impl Iterator<Item = (&str, &str)> {
    object.fields.values().filter_map(|f| Some((f.reference.as_ref()?.embed.as_str(), f.name.as_str())))
}
