//! Why somebody may or may not: the same decision as `grant`, told step by step.
use crate::{Actor, ActorKind, Assignment, grant, role_manages_members};
use kernel::{Problem, Uuid};
use meta::{Action, Model, Reach, Role};
use serde::Serialize;

/// The answer to "why can't I?". Says the same as `grant` and `may`; a test compares them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    pub allowed: bool,
    /// The right that was asked for: `client:update` or `interests.change_stage`.
    pub right: String,
    /// One sentence.
    pub why: String,
    /// What each assignment contributes, in the order of the assignments.
    pub decided_by: Vec<Decision>,
    /// Fields of the object that stay hidden or unwritable all the same.
    pub hidden: Vec<String>,
    pub read_only: Vec<String>,
    /// Roles of this workspace that have the right.
    pub roles_with_it: Vec<String>,
    /// Roles that may give it: those that manage members.
    pub granted_by: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    pub role: String,
    /// Where the role is held; absent: everywhere.
    pub location: Option<Uuid>,
    /// Whether the location changes what the role usually may (S2-030).
    pub overridden: bool,
    pub reach: Reach,
    pub gives: bool,
    pub says: String,
}

/// Why `actor` may, or may not, do `action` with `object`.
pub fn explain(model: &Model, actor: &Actor, object: &str, action: Action) -> Result<Explanation, Problem> {
    let shape = model.object(object)?;
    let right = format!("{object}:{}", action.name());
    let mut decisions: Vec<Decision> = actor
        .assignments
        .iter()
        .map(|assignment| {
            let reach = match grant::role(model, assignment) {
                Some(role) if role.super_admin => Reach::All,
                Some(role) => role.objects.get(object).map_or(Reach::None, |r| r.reach(action)),
                None => Reach::None,
            };
            let here = assignment.location.filter(|_| grant::located(model, shape));
            let says = reach_sentence(&shape.label_plural, action, reach, here.is_some());
            decision(model, assignment, reach, says)
        })
        .collect();
    if actor.super_admin {
        decisions = vec![super_admin()];
    }
    let keyed = actor.scopes.as_ref().is_none_or(|keys| grant::key_allows(keys, object, action));
    let (hidden, read_only) = cut_fields(model, actor, object, action);
    Ok(Explanation { hidden, read_only, ..conclude(model, actor, right, decisions, keyed) })
}

/// Why `actor` holds, or does not hold, the named right.
pub fn explain_permission(model: &Model, actor: &Actor, permission: &str) -> Explanation {
    let mut decisions: Vec<Decision> = actor
        .assignments
        .iter()
        .map(|assignment| {
            let held = grant::role(model, assignment)
                .is_some_and(|r| r.super_admin || r.permissions.iter().any(|p| p == permission));
            let reach = if held { Reach::All } else { Reach::None };
            let says = if held { "has the right" } else { "does not have the right" };
            decision(model, assignment, reach, says.into())
        })
        .collect();
    if actor.super_admin {
        decisions = vec![super_admin()];
    }
    let keyed = actor.scopes.as_ref().is_none_or(|keys| grant::key_holds(keys, permission));
    conclude(model, actor, permission.into(), decisions, keyed)
}

fn conclude(
    model: &Model,
    actor: &Actor,
    right: String,
    decided_by: Vec<Decision>,
    keyed: bool,
) -> Explanation {
    let given = decided_by.iter().any(|d| d.gives);
    let why = match (given, keyed) {
        _ if actor.assignments.is_empty() && !actor.super_admin => {
            "No role is assigned, so nothing is allowed.".into()
        }
        (true, false) => format!("The owner holds `{right}`, but the scopes of this API key leave it out."),
        (false, _) => {
            format!("None of the roles held ({}) gives `{right}`.", role_names(&decided_by))
        }
        (true, true) => {
            let first = decided_by.iter().find(|d| d.gives).map_or("", |d| &d.role);
            match actor.kind {
                ActorKind::ApiKey => format!("`{first}` gives `{right}`, and the API key's scopes allow it."),
                _ => format!("`{first}` gives `{right}`."),
            }
        }
    };
    Explanation {
        allowed: given && keyed,
        why,
        decided_by,
        hidden: vec![],
        read_only: vec![],
        roles_with_it: roles(model, |r| grant::holds(r, &right)),
        granted_by: roles(model, role_manages_members),
        right,
    }
}

fn decision(model: &Model, assignment: &Assignment, reach: Reach, says: String) -> Decision {
    let known = grant::role(model, assignment).is_some();
    Decision {
        role: assignment.role.clone(),
        location: assignment.location,
        overridden: assignment.overridden.is_some(),
        reach,
        gives: reach != Reach::None,
        says: if known { says } else { "is no longer a role of this workspace".into() },
    }
}

fn super_admin() -> Decision {
    Decision {
        role: "super administrator".into(),
        location: None,
        overridden: false,
        reach: Reach::All,
        gives: true,
        says: "passes every check".into(),
    }
}

fn reach_sentence(plural: &str, action: Action, reach: Reach, in_location: bool) -> String {
    let verb = action.name();
    let place = if in_location { " of its location" } else { "" };
    match reach {
        Reach::None => format!("may not {verb} {plural}"),
        Reach::Own => format!("may {verb} own {plural}{place}"),
        Reach::Assigned => format!("may {verb} {plural}{place} assigned to the member"),
        Reach::Team => format!("may {verb} {plural}{place} of the member's team"),
        Reach::Location => format!("may {verb} {plural} of the member's locations"),
        Reach::All => format!("may {verb} all {plural}{place}"),
    }
}

/// As in `grant`.
fn cut_fields(model: &Model, actor: &Actor, object: &str, action: Action) -> (Vec<String>, Vec<String>) {
    let located = model.object(object).is_ok_and(|o| grant::located(model, o));
    let cuts = grant::cuts(model, actor, object, action, located);
    let narrowed = actor.location.filter(|_| located);
    let hidden = grant::cut(&cuts, narrowed, |c| c.hidden);
    let read_only = grant::cut(&cuts, narrowed, |c| c.read_only);
    (hidden.into_iter().collect(), read_only.into_iter().collect())
}

fn roles(model: &Model, fits: impl Fn(&Role) -> bool) -> Vec<String> {
    model.roles.values().filter(|r| fits(r)).map(|r| r.name.clone()).collect()
}

fn role_names(decisions: &[Decision]) -> String {
    decisions.iter().map(|d| d.role.as_str()).collect::<Vec<_>>().join(", ")
}
