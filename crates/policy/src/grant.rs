//! Leave given. A `Grant` cannot be made outside this file.
use crate::{Actor, Assignment};
use kernel::{Problem, Uuid};
use meta::{Action, Model, ObjectRights, Reach, Role};
use std::collections::BTreeSet;
use std::marker::PhantomData;

/// An action as a type, so that a function can ask for leave to read or to delete in its signature.
pub trait Act: Send + Sync + 'static {
    const ACTION: Action;
}
macro_rules! acts {
    ($($name:ident),*) => { $(
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl Act for $name { const ACTION: Action = Action::$name; }
    )* };
}
acts!(Read, Create, Update, Archive, Delete);

/// Proof that `policy` said yes to one action on one object, and for which rows and fields.
#[derive(Debug, Clone)]
pub struct Grant<A> {
    object: String,
    scopes: Vec<Scope>,
    hidden: BTreeSet<String>,
    read_only: BTreeSet<String>,
    /// Secret fields, which are written and not read.
    secret: BTreeSet<String>,
    workspace: Uuid,
    member: Uuid,
    team: std::sync::Arc<[Uuid]>,
    client: Option<Uuid>,
    location: Option<Uuid>,
    of: PhantomData<A>,
}

/// Rows that one assignment opens: a reach, in one location or in all. A grant is the union of its scopes.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    pub reach: Reach,
    pub location: Option<Uuid>,
}

impl<A: Act> Grant<A> {
    pub fn object(&self) -> &str {
        &self.object
    }
    /// Never empty. `[Scope { reach: All, location: None }]` means every row of the workspace.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }
    /// How far the widest scope reaches.
    pub fn furthest(&self) -> Reach {
        self.scopes.iter().map(|s| s.reach).max().unwrap_or_default()
    }
    /// Every row of the workspace: no predicate is needed besides the tenant's.
    pub fn is_unbounded(&self) -> bool {
        self.location.is_none() && self.scopes.iter().any(|s| s.reach == Reach::All && s.location.is_none())
    }
    pub fn may_see(&self, field: &str) -> bool {
        !self.hidden.contains(field) && !self.secret.contains(field)
    }
    /// Whether the field exists for the asker, its value aside.
    pub fn knows(&self, field: &str) -> bool {
        !self.hidden.contains(field)
    }
    pub fn may_write(&self, field: &str) -> bool {
        !self.hidden.contains(field) && !self.read_only.contains(field)
    }
    pub fn workspace(&self) -> Uuid {
        self.workspace
    }
    pub fn member(&self) -> Uuid {
        self.member
    }
    pub fn team(&self) -> &[Uuid] {
        &self.team
    }
    /// The client that the member represents.
    pub fn client(&self) -> Option<Uuid> {
        self.client
    }
    /// The location this request is narrowed to, where the object has locations.
    pub fn location(&self) -> Option<Uuid> {
        self.location
    }
    /// Whether the grant holds in this location at all; `None`: for records that are in none.
    pub fn holds_in(&self, location: Option<Uuid>) -> bool {
        let narrowed = self.location.is_none_or(|l| location == Some(l));
        narrowed && self.scopes.iter().any(|s| s.location.is_none_or(|l| location == Some(l)))
    }
}

/// Leave for `actor` to do `A` with `object`, or the refusal that names the missing right and who can grant it.
pub fn grant<A: Act>(model: &Model, actor: &Actor, object: &str) -> Result<Grant<A>, Problem> {
    let shape = model.object(object)?;
    let located = located(model, shape);
    let cuts = cuts(model, actor, object, A::ACTION, located);
    let mut scopes: Vec<Scope> = match actor.super_admin {
        true => vec![Scope { reach: Reach::All, location: None }],
        false => cuts.iter().map(|c| Scope { reach: c.reach, location: c.location }).collect(),
    };
    let keyed = actor.scopes.as_ref().is_none_or(|keys| key_allows(keys, object, A::ACTION));
    if scopes.is_empty() || !keyed {
        return Err(denied(model, &format!("{object}:{}", A::ACTION.name())));
    }
    scopes.dedup();
    let narrowed = actor.location.filter(|_| located);
    Ok(Grant {
        object: object.into(),
        scopes,
        hidden: cut(&cuts, narrowed, |c| c.hidden),
        read_only: cut(&cuts, narrowed, |c| c.read_only),
        secret: secrets::<A>(model, actor, shape),
        workspace: actor.workspace,
        member: actor.member,
        team: actor.team.clone(),
        client: actor.client,
        location: narrowed,
        of: PhantomData,
    })
}

/// Whether the named right (`interests.change_stage`) is held in any assignment.
pub fn may(model: &Model, actor: &Actor, permission: &str) -> Result<(), Problem> {
    held(model, actor, permission, |_| true)
}

/// Whether the named right is held where a record is: a role in one location gives its rights there only. `None`: the
/// record is in no location, and every assignment counts.
pub fn may_in(model: &Model, actor: &Actor, permission: &str, location: Option<Uuid>) -> Result<(), Problem> {
    held(model, actor, permission, |a| location.is_none() || a.location.is_none() || a.location == location)
}

fn held(
    model: &Model,
    actor: &Actor,
    permission: &str,
    counts: impl Fn(&Assignment) -> bool,
) -> Result<(), Problem> {
    let held = actor.super_admin
        || actor
            .assignments
            .iter()
            .filter(|a| counts(a))
            .filter_map(|a| role(model, a))
            .any(|r| r.super_admin || r.permissions.iter().any(|p| p == permission));
    let keyed = actor.scopes.as_ref().is_none_or(|keys| key_holds(keys, permission));
    if held && keyed { Ok(()) } else { Err(denied(model, permission)) }
}

/// Whether a role in one location narrows the rows. Parts and links have no location of their own: they are where
/// their whole, or their first end, is (`query::reach` goes through it).
pub(crate) fn located(model: &Model, object: &meta::Object) -> bool {
    let home = model.leader(object).and_then(|name| model.objects.get(name));
    object.location_scoped
        || home.is_some_and(|h| {
            h.name != object.name && (h.location_scoped || h.part_of.is_some() && located(model, h))
        })
}

/// The rights of one assignment's role on one object.
pub fn rights<'a>(model: &'a Model, assignment: &'a Assignment, object: &str) -> Option<&'a ObjectRights> {
    role(model, assignment)?.objects.get(object)
}

/// The role of an assignment as it is where it holds.
pub fn role<'a>(model: &'a Model, assignment: &'a Assignment) -> Option<&'a Role> {
    assignment.overridden.as_deref().or_else(|| model.roles.get(&assignment.role))
}

/// What a role that passes every check may do with an object.
static OPEN: ObjectRights = ObjectRights {
    read: Reach::All,
    create: Reach::All,
    update: Reach::All,
    archive: Reach::All,
    delete: Reach::All,
    hidden: vec![],
    follows: false,
    read_only: vec![],
};

/// Who holds it reads the values of secret fields.
const SECRETS: &str = "secrets.view";

fn secrets<A: Act>(model: &Model, actor: &Actor, object: &meta::Object) -> BTreeSet<String> {
    let mut all = object.fields.values().filter(|f| f.secret).peekable();
    if A::ACTION != Action::Read || all.peek().is_none() || may(model, actor, SECRETS).is_ok() {
        return BTreeSet::new();
    }
    all.map(|f| f.name.clone()).collect()
}

/// The fields that one assignment cuts, and of which rows.
pub(crate) struct Cut<'a> {
    pub reach: Reach,
    pub location: Option<Uuid>,
    pub hidden: &'a [String],
    pub read_only: &'a [String],
}

/// What each assignment opens of the object, and what it cuts. Nothing for a super administrator, whom none of them
/// limits.
pub(crate) fn cuts<'a>(
    model: &'a Model,
    actor: &'a Actor,
    object: &str,
    action: Action,
    located: bool,
) -> Vec<Cut<'a>> {
    if actor.super_admin {
        return vec![];
    }
    let opened = |assignment: &'a Assignment| {
        let role = role(model, assignment)?;
        let rights = if role.super_admin { &OPEN } else { role.objects.get(object)? };
        let reach = rights.reach(action);
        // A location role opens only rows of that location; an object without locations belongs to all of them.
        let location = assignment.location.filter(|_| located);
        let cut = Cut { reach, location, hidden: &rights.hidden, read_only: &rights.read_only };
        (reach != Reach::None).then_some(cut)
    };
    actor.assignments.iter().filter_map(opened).collect()
}

impl Cut<'_> {
    /// Whether every row that the other opens is opened by this one too.
    fn covers(&self, other: &Cut<'_>) -> bool {
        let there = self.location.is_none() || self.location == other.location;
        there && (self.reach >= Reach::Location || self.reach >= other.reach)
    }
}

/// A field that one assignment cuts stays cut, unless another that does not cut it opens all the same rows: a right in one
/// location, or on one's own rows, uncovers nothing elsewhere. Who names the location of a request (`narrowed`) has the
/// rights of that place.
pub(crate) fn cut<'a>(
    cuts: &[Cut<'a>],
    narrowed: Option<Uuid>,
    list: impl Fn(&Cut<'a>) -> &'a [String],
) -> BTreeSet<String> {
    let counts = |c: &&Cut<'a>| narrowed.is_none() || c.location.is_none() || c.location == narrowed;
    let here: Vec<&Cut<'a>> = cuts.iter().filter(counts).collect();
    let covers = |d: &Cut<'a>, c: &Cut<'a>| match narrowed {
        // All of them are at that one place.
        Some(_) => Cut { location: None, ..*d }.covers(c),
        None => d.covers(c),
    };
    let uncovered =
        |field: &String, c: &Cut<'a>| here.iter().any(|d| !list(d).contains(field) && covers(d, c));
    let cut_by = |c: &&Cut<'a>| list(c).iter().filter(|f| !uncovered(f, c)).cloned().collect::<Vec<_>>();
    here.iter().flat_map(cut_by).collect()
}

/// A key's scope names a right as `interests:change_stage`.
pub(crate) fn key_holds(keys: &[String], permission: &str) -> bool {
    let as_scope = permission.replacen('.', ":", 1);
    keys.iter().any(|k| k == "*" || *k == as_scope)
}

pub(crate) fn key_allows(keys: &[String], object: &str, action: Action) -> bool {
    let coarse = if action == Action::Read { "read" } else { "write" };
    keys.iter().any(|k| {
        k == "*"
            || k.split_once(':').is_some_and(|(o, a)| {
                (o == object || o == "*") && (a == "*" || a == coarse || a == action.name())
            })
    })
}

fn denied(model: &Model, right: &str) -> Problem {
    let holders: Vec<_> = model
        .roles
        .values()
        .filter(|r| holds(r, right))
        .map(|r| if r.label.is_empty() { r.name.as_str() } else { r.label.as_str() })
        .collect();
    let held = if holders.is_empty() {
        String::new()
    } else {
        format!(" Roles that have it: {}.", holders.join(", "))
    };
    Problem::new("policy.denied", format!("Insufficient permissions: `{right}` is missing."))
        .hint(format!("Who may manage members can give you a role that has it.{held}"))
        .with(serde_json::json!({ "right": right }))
}

pub(crate) fn holds(role: &Role, right: &str) -> bool {
    role.super_admin
        || match right.split_once(':') {
            Some((object, action)) => role.objects.get(object).is_some_and(|r| {
                Action::ALL.iter().any(|a| a.name() == action && r.reach(*a) != Reach::None)
            }),
            None => role.permissions.iter().any(|p| p == right),
        }
}
