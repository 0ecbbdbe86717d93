//! Roles with everything expanded: wildcards, what permissions grant, what parts and links follow.
use super::{Built, permission};
use crate::fault::suggestion;
use crate::load::Placed;
use crate::model::{Action, MANAGE_OBJECTS, Model, OWN, ObjectGrant, ObjectRights, Permission, Reach, Role};
use crate::source::{RightsSource, RoleSource};
use indexmap::IndexMap;

/// `own_roles`: how many of the roles, from the end, are the workspace's own.
pub fn fill(built: &mut Built, own_roles: usize) {
    for source in &built.permissions {
        add_permission(&mut built.model.permissions, permission(&source.item), &built.excluded);
    }
    let shipped = built.roles.len() - own_roles;
    for (i, source) in built.roles.iter().enumerate() {
        let mut role = role(&built.model, source);
        role.system = i < shipped;
        add_role(&mut built.model.roles, role);
    }
    own_objects(built);
    let model = &built.model;
    let filled: Vec<Role> = model.roles.values().map(|r| follow(model, r.clone())).collect();
    built.model.roles = filled.into_iter().map(|r| (r.name.clone(), r)).collect();
}

/// An object that the workspace made: who may change the model may everything with it, the others what its maker said.
/// What a role may do with "every object" was said before anybody thought of this one.
fn own_objects(built: &mut Built) {
    let own = built.objects.iter().filter(|(_, merged)| merged.blueprint == OWN);
    let names_it = |role: &str, object: &str| {
        built.roles.iter().any(|r| r.item.name == role && r.item.objects.contains_key(object))
    };
    for (name, merged) in own {
        for role in built.model.roles.values_mut().filter(|r| !r.super_admin) {
            let said = merged.source.rights.as_ref().and_then(|all| all.get(&role.name));
            let manages = MANAGE_OBJECTS.iter().any(|right| role.permissions.iter().any(|p| p == right));
            match said {
                Some(said) => role.objects.insert(name.clone(), as_said(said)),
                // A role of the workspace's own may name it as it names any object.
                None if names_it(&role.name, name) => None,
                None if manages => role.objects.insert(name.clone(), everything()),
                None => role.objects.shift_remove(name),
            };
        }
    }
}

fn as_said(said: &RightsSource) -> ObjectRights {
    let mut rights =
        ObjectRights { hidden: said.hidden.clone(), read_only: said.read_only.clone(), ..Default::default() };
    for action in Action::ALL {
        *rights.reach_mut(action) = said.reach(action).unwrap_or_default();
    }
    rights
}

/// A right of a trade with the name of a core right grants both.
fn add_permission(
    all: &mut IndexMap<String, Permission>,
    mut new: Permission,
    excluded: &std::collections::HashSet<String>,
) {
    new.grants.retain(|g| !excluded.contains(&g.object));
    match all.get_mut(&new.name) {
        Some(old) => {
            old.label = new.label;
            old.grants.extend(new.grants.into_iter().filter(|g| !old.grants.contains(g)).collect::<Vec<_>>());
        }
        None => {
            all.insert(new.name.clone(), new);
        }
    }
}

/// A role of a trade with the name of a core role adds to it; its entries for an object take the place of the old.
fn add_role(all: &mut IndexMap<String, Role>, new: Role) {
    match all.get_mut(&new.name) {
        Some(old) => {
            old.label = new.label;
            if !new.description.is_empty() {
                old.description = new.description;
            }
            old.super_admin |= new.super_admin;
            old.permissions.extend(
                new.permissions.into_iter().filter(|p| !old.permissions.contains(p)).collect::<Vec<_>>(),
            );
            old.objects.extend(new.objects);
        }
        None => {
            all.insert(new.name.clone(), new);
        }
    }
}

fn role(model: &Model, source: &Placed<RoleSource>) -> Role {
    let s = &source.item;
    let mut role = Role {
        name: s.name.clone(),
        label: s.label.clone().unwrap_or_else(|| super::label_of(&s.name)),
        description: s.description.clone().unwrap_or_default(),
        super_admin: s.super_admin.unwrap_or(false),
        ..Role::default()
    };
    if role.super_admin {
        role.permissions = model.permissions.keys().cloned().collect();
        role.objects = model.objects.keys().map(|o| (o.clone(), everything())).collect();
        return role;
    }
    role.permissions = expand(model, &s.permissions);
    for name in model.objects.keys() {
        if let Some(rights) = rights(model, name, s) {
            role.objects.insert(name.clone(), rights);
        }
    }
    grant(model, &mut role);
    role
}

fn everything() -> ObjectRights {
    let mut rights = ObjectRights::default();
    Action::ALL.iter().for_each(|a| *rights.reach_mut(*a) = Reach::All);
    rights
}

/// Names and wildcards to names.
fn expand(model: &Model, words: &[String]) -> Vec<String> {
    let held = |name: &str| words.iter().any(|w| matches(w, name));
    model.permissions.keys().filter(|n| held(n)).cloned().collect()
}

/// `*`, `interests.*` or the name itself.
pub fn matches(word: &str, permission: &str) -> bool {
    match word.strip_suffix('*') {
        Some("") => true,
        Some(prefix) if prefix.ends_with('.') => permission.starts_with(prefix),
        _ => word == permission,
    }
}

/// What a role says about one object: its own entry, else `*`. An entry that only cuts fields keeps the reach of `*`.
fn rights(model: &Model, object: &str, role: &RoleSource) -> Option<ObjectRights> {
    let own = role.objects.get(object);
    let follows = model.objects.get(object).is_some_and(|o| o.part_of.is_some() || o.link.is_some());
    let general = role.objects.get("*").filter(|_| !follows);
    let reaches = own.filter(|r| r.says_reach()).or(general);
    if own.is_none() && reaches.is_none() {
        return None;
    }
    let mut rights = ObjectRights { follows: follows && reaches.is_none(), ..ObjectRights::default() };
    for action in Action::ALL {
        *rights.reach_mut(action) = reaches.and_then(|r| r.reach(action)).unwrap_or_default();
    }
    let cut = |pick: fn(&RightsSource) -> &Vec<String>| {
        own.or(general).map(|r| pick(r).clone()).unwrap_or_default()
    };
    let has = |f: &String| model.objects.get(object).is_some_and(|o| o.fields.contains_key(f));
    rights.hidden = cut(|r| &r.hidden).into_iter().filter(has).collect();
    rights.read_only = cut(|r| &r.read_only).into_iter().filter(has).collect();
    Some(rights)
}

/// The further reach wins.
fn grant(model: &Model, role: &mut Role) {
    let held = role.permissions.iter().filter_map(|p| model.permissions.get(p));
    let grants: Vec<ObjectGrant> = held.flat_map(|p| p.grants.iter().cloned()).collect();
    for g in grants {
        let named = |o: &&String| g.object == "*" || **o == g.object;
        for object in model.objects.keys().filter(named) {
            let rights = role.objects.entry(object.clone()).or_default();
            rights.follows = false;
            let reach = rights.reach_mut(g.action);
            *reach = (*reach).max(g.reach);
        }
    }
}

/// Parts follow their whole, links their first end, unless they have reaches of their own.
pub fn follow(model: &Model, mut role: Role) -> Role {
    for (name, object) in &model.objects {
        let Some(lead) = model.leader(object).and_then(|leader| role.objects.get(leader).cloned()) else {
            continue;
        };
        let silent = || ObjectRights { follows: true, ..ObjectRights::default() };
        let rights = role.objects.entry(name.clone()).or_insert_with(silent);
        if rights.follows {
            for action in Action::ALL {
                *rights.reach_mut(action) = lead.reach(action);
            }
        }
    }
    role
}

/// `reminder:read=own`, `client:*`: what a permission stands for.
pub fn parse_grant(text: &str) -> Result<Vec<ObjectGrant>, (String, Option<String>)> {
    let (object, rest) = text
        .split_once(':')
        .ok_or_else(|| (format!("`{text}` is not `object:action` or `object:action=reach`."), None))?;
    let (action, reach) = rest.split_once('=').unwrap_or((rest, "all"));
    let reach: Reach = word(reach, &["all", "location", "team", "assigned", "own", "none"], "reach")?;
    let names = Action::ALL.map(Action::name);
    let actions = match action {
        "*" => Action::ALL.to_vec(),
        _ => vec![word::<Action>(action, &names, "action")?],
    };
    Ok(actions.into_iter().map(|action| ObjectGrant { object: object.into(), action, reach }).collect())
}

fn word<T: serde::de::DeserializeOwned>(
    text: &str,
    known: &[&str],
    what: &str,
) -> Result<T, (String, Option<String>)> {
    serde_json::from_value(text.into())
        .map_err(|_| (format!("`{text}` is no {what}."), suggestion(text, known.iter().copied())))
}
