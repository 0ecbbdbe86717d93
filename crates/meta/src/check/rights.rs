//! Permissions and roles: what they grant exists.
use super::Check;
use crate::build::{matches, parse_grant};
use crate::fault::suggestion;
use crate::load::Placed;
use crate::model::OWN;
use crate::node::At;
use crate::source::{PermissionSource, RightsSource, RoleSource};

pub fn check(check: &mut Check<'_>) {
    for placed in &check.built.permissions {
        permission(check, placed);
    }
    for placed in &check.built.roles {
        role(check, placed);
    }
    own_objects(check);
    twice(check);
}

/// What the maker of an object said of roles, and keys that blueprints have no use for.
fn own_objects(check: &mut Check<'_>) {
    for (name, merged) in &check.built.objects {
        let own = merged.blueprint == OWN;
        for (role, rights) in merged.source.rights.iter().flatten() {
            let at = merged.at.key("rights").key(role.as_str());
            super::pipelines::known_role(check, role, &at);
            fields(check, name, rights, &at);
        }
        let s = &merged.source;
        let only_own = [
            ("rights", s.rights.is_some()),
            ("archived", s.archived.is_some()),
            ("leaving", s.leaving.is_some()),
        ];
        for (key, said) in only_own {
            if said && !own {
                check.say(
                    &merged.at.key(key),
                    format!("`{key}` is for objects that a workspace makes itself."),
                );
            }
        }
    }
}

fn permission(check: &mut Check<'_>, placed: &Placed<PermissionSource>) {
    let (p, at) = (&placed.item, &placed.at);
    let is_word = |w: &str| {
        !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    if !p.name.split_once('.').is_some_and(|(a, b)| is_word(a) && is_word(b)) {
        check.say(&at.key("name"), format!("`{}` is not `resource.action` in small letters.", p.name));
    }
    for (i, text) in p.grants.iter().enumerate() {
        let at = at.key("grants").index(i);
        match parse_grant(text) {
            Err((detail, hint)) => check.hint(&at, detail, hint),
            Ok(grants) => {
                if let Some(grant) = grants.first().filter(|g| g.object != "*") {
                    check.known_object(&grant.object, &at);
                }
            }
        }
    }
}

fn role(check: &mut Check<'_>, placed: &Placed<RoleSource>) {
    let (r, at) = (&placed.item, &placed.at);
    if !super::objects::is_snake_case(&r.name) {
        check.say(&at.key("name"), format!("`{}` is not snake_case.", r.name));
    }
    for (i, word) in r.permissions.iter().enumerate() {
        let rights = &check.built.model.permissions;
        if !rights.keys().any(|p| matches(word, p)) {
            let hint = suggestion(word, rights.keys().map(String::as_str));
            let at = at.key("permissions").index(i);
            check.hint(&at, format!("There is no right `{word}`."), hint);
        }
    }
    for (name, rights) in &r.objects {
        let at = at.key("objects").key(name.as_str());
        match name.as_str() {
            "*" => fields_of_all(check, rights, &at),
            _ => fields(check, name, rights, &at),
        }
    }
}

fn fields(check: &mut Check<'_>, object: &str, rights: &RightsSource, at: &At) {
    let Some(object) = check.known_object(object, at) else { return };
    for (key, names) in [("hidden", &rights.hidden), ("read_only", &rights.read_only)] {
        for (i, name) in
            names.iter().enumerate().filter(|(_, n)| !check.is_hidden(&object.name, n)).collect::<Vec<_>>()
        {
            let at = at.key(key).index(i);
            if name.contains('.') {
                check.say(&at, "Only fields of the object itself can be cut.");
            } else {
                check.field(object, name, &at);
            }
        }
    }
}

fn fields_of_all(check: &mut Check<'_>, rights: &RightsSource, at: &At) {
    for (key, names) in [("hidden", &rights.hidden), ("read_only", &rights.read_only)] {
        for (i, name) in names.iter().enumerate() {
            if !check.built.model.objects.values().any(|o| o.fields.contains_key(name)) {
                check.say(&at.key(key).index(i), format!("No object has a field `{name}`."));
            }
        }
    }
}

/// A trade may add to a right or a role of `core`; within one file a name stands once.
fn twice(check: &mut Check<'_>) {
    let names = check.built.permissions.iter().map(|p| (p.item.name.as_str(), &p.at));
    let doubles = doubles(names)
        .into_iter()
        .chain(doubles(check.built.roles.iter().map(|r| (r.item.name.as_str(), &r.at))));
    let doubles: Vec<(String, At)> = doubles.collect();
    for (name, at) in doubles {
        check.say(&at.key("name"), format!("`{name}` is there twice."));
    }
}

pub fn doubles<'n>(names: impl Iterator<Item = (&'n str, &'n At)>) -> Vec<(String, At)> {
    let mut seen: Vec<(&str, &str)> = vec![];
    let mut doubles = vec![];
    for (name, at) in names {
        if seen.contains(&(name, at.file())) {
            doubles.push((name.to_string(), at.clone()));
        }
        seen.push((name, at.file()));
    }
    doubles
}
