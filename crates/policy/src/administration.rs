//! Who gives rights to whom: members are managed by a named right, and nobody gives more than they have.
use crate::{Actor, grant};
use kernel::Problem;
use meta::{Action, MANAGE_OBJECTS, Model, Reach, Role};

/// The right to invite, disable and give roles: the engine's own name, and the marina's for the same (S2-052).
const MANAGE_MEMBERS: [&str; 2] = ["members.manage", "admin.manage_users"];

/// The name under which this model knows the right.
pub fn manage_members(model: &Model) -> &'static str {
    let given = |name: &&&str| model.roles.values().any(|r| r.permissions.iter().any(|p| p == **name));
    MANAGE_MEMBERS.iter().find(given).unwrap_or(&MANAGE_MEMBERS[0])
}

pub fn may_manage_members(model: &Model, actor: &Actor) -> Result<(), Problem> {
    let refusal = grant::may(model, actor, manage_members(model));
    match refusal.is_err() && MANAGE_MEMBERS.iter().any(|name| grant::may(model, actor, name).is_ok()) {
        true => Ok(()),
        false => refusal,
    }
}

/// To see what is common to all workspaces of an installation: whoever administers one, unless the model has a right of
/// its own for backups (S2-059).
pub fn may_see_backups(model: &Model, actor: &Actor) -> Result<(), Problem> {
    const OWN: &str = "admin.system_backup";
    let right = if model.permissions.contains_key(OWN) { OWN } else { "settings.manage" };
    grant::may(model, actor, right)
}

/// The right to change what exists in a workspace: its own objects and fields.
pub fn may_manage_objects(model: &Model, actor: &Actor) -> Result<(), Problem> {
    let given = |name: &&&str| model.roles.values().any(|r| r.permissions.iter().any(|p| p == **name));
    let named = MANAGE_OBJECTS.iter().find(given).unwrap_or(&MANAGE_OBJECTS[0]);
    match MANAGE_OBJECTS.iter().any(|name| grant::may(model, actor, name).is_ok()) {
        true => Ok(()),
        false => grant::may(model, actor, named),
    }
}

pub fn role_manages_members(role: &Role) -> bool {
    MANAGE_MEMBERS.iter().any(|name| grant::holds(role, name))
}

/// Whether roles held together may all that `other` may. What somebody may do with their own records is left out:
/// nobody rises by it.
pub fn covers(held: &[&Role], other: &Role) -> bool {
    if held.iter().any(|r| r.super_admin) {
        return true;
    }
    let named = |p: &String| held.iter().any(|r| r.permissions.contains(p));
    !other.super_admin
        && other.permissions.iter().all(named)
        && other.objects.iter().all(|(object, rights)| {
            let within = |action| rights.reach(action) <= Reach::Own.max(furthest(held, object, action));
            Action::ALL.into_iter().all(within)
        })
}

fn furthest(held: &[&Role], object: &str, action: Action) -> Reach {
    held.iter().filter_map(|r| r.objects.get(object)).map(|o| o.reach(action)).max().unwrap_or_default()
}
