//! `entities.toml`: every entity of the trade's description has a home that exists.
use super::Check;
use crate::entities::ENGINE_TABLES;
use crate::fault::suggestion;
use crate::load::Blueprint;
use crate::node::At;

const HOMES: [&str; 6] = ["object", "part", "link", "field", "engine", "overlay"];

pub fn check(check: &mut Check<'_>, blueprint: &Blueprint) {
    for (entity, at) in blueprint.entities.iter().zip(&blueprint.entities_at) {
        home(check, &entity.home, &at.key("home"));
    }
}

fn home(check: &mut Check<'_>, home: &str, at: &At) {
    let Some((word, name)) = home.split_once(':') else {
        return check.say(at, format!("`{home}` is not `object:<name>`, `engine:<table>` or the like."));
    };
    match word {
        "object" | "overlay" => {
            check.known_object(name, at);
        }
        "part" => {
            if check.known_object(name, at).is_some_and(|o| o.part_of.is_none()) {
                check.say(at, format!("`{name}` is no part of anything."));
            }
        }
        "link" => {
            if check.known_object(name, at).is_some_and(|o| o.link.is_none()) {
                check.say(at, format!("`{name}` is no link."));
            }
        }
        "field" => {
            let (object, field) = name.split_once('.').unwrap_or((name, ""));
            if let Some(object) = check.known_object(object, at) {
                check.field(object, field, at);
            }
        }
        "engine" if ENGINE_TABLES.contains(&name) => {}
        "engine" => {
            check.hint(at, format!("The engine has no table `{name}`."), suggestion(name, ENGINE_TABLES))
        }
        _ => check.hint(at, format!("`{word}` is no kind of home."), suggestion(word, HOMES)),
    }
}
