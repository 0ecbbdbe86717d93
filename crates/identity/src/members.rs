//! Members of a workspace and their roles, as administrators change them.
use crate::{AssignmentEntry, Happened, Identity, OverrideEntry};
use kernel::{Outcome, Problem, Uuid};
use meta::Model;
use policy::{Actor, Overrides};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use store::doors::identity as door;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemberWish {
    pub is_active: Option<bool>,
    pub job_title: Option<String>,
    /// The client that the member represents; null: none.
    #[serde(deserialize_with = "said")]
    pub client_id: Option<Option<Uuid>>,
}

/// Tells "absent" from "null".
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Uuid>>, D::Error> {
    Option::deserialize(from).map(Some)
}

impl Identity {
    /// Makes a user a member with a role in the whole workspace: command line and sample data.
    pub async fn add_member(&self, workspace: Uuid, user: Uuid, role: &str) -> Outcome<Uuid> {
        known_role(&*self.store().model(workspace).await?, role)?;
        let user = door::user_by_id(self.store(), user).await?;
        let user = user.ok_or_else(|| Problem::new("record.not_found", "There is no such account."))?;
        let member = door::add_member(self.store(), workspace, user.id, &user.name, &user.email).await?;
        door::assign(self.store(), workspace, member, role, None).await?;
        self.0.cache.forget("user", user.id);
        Ok(member)
    }

    pub async fn update_member(&self, actor: &Actor, member: Uuid, wish: &MemberWish) -> Outcome<()> {
        self.may_touch(actor, member).await?;
        if wish.is_active == Some(false) {
            if member == actor.member {
                return Err(refused("You cannot disable yourself.").at("is_active").into());
            }
            self.somebody_remains(actor, member).await?;
        }
        let change = door::MemberChange {
            is_active: wish.is_active,
            job_title: wish.job_title.clone(),
            client: wish.client_id,
        };
        if !door::update_member(self.store(), actor.workspace, member, &change).await? {
            return Err(no_member().into());
        }
        self.0.cache.forget("member", member);
        self.log(Happened::new("member_changed").by(actor).with(json!({ "member": member })));
        Ok(())
    }

    pub async fn assignments(&self, actor: &Actor, member: Uuid) -> Outcome<Vec<AssignmentEntry>> {
        door::assignments(self.store(), actor.workspace, member).await
    }

    pub async fn assign(
        &self,
        actor: &Actor,
        member: Uuid,
        role: &str,
        location: Option<Uuid>,
    ) -> Outcome<AssignmentEntry> {
        let model = self.store().model(actor.workspace).await?;
        known_role(&model, role)?;
        self.known_location(actor, location).await?;
        may_give(&model, actor, role, location)?;
        if door::member_user(self.store(), actor.workspace, member).await?.is_none() {
            return Err(no_member().into());
        }
        let id = door::assign(self.store(), actor.workspace, member, role, location).await?;
        self.0.cache.forget("member", member);
        let told = json!({ "member": member, "role": role, "location": location });
        self.log(Happened::new("role_assigned").by(actor).with(told));
        Ok(AssignmentEntry { id, role: role.into(), location_id: location })
    }

    pub async fn unassign(&self, actor: &Actor, member: Uuid, assignment: Uuid) -> Outcome<()> {
        let model = self.store().model(actor.workspace).await?;
        let held = self.assignments(actor, member).await?;
        let gone = held.iter().find(|a| a.id == assignment);
        let gone = gone.ok_or_else(|| Problem::new("record.not_found", "There is no such assignment."))?;
        may_give(&model, actor, &gone.role, gone.location_id)?;
        if managing_roles(&model).contains(&gone.role) && gone.location_id.is_none() {
            self.somebody_remains(actor, member).await?;
        }
        door::unassign(self.store(), actor.workspace, member, assignment).await?;
        self.0.cache.forget("member", member);
        let told = json!({ "member": member, "role": gone.role, "location": gone.location_id });
        self.log(Happened::new("role_withdrawn").by(actor).with(told));
        Ok(())
    }

    pub async fn overrides(&self, actor: &Actor) -> Outcome<Vec<OverrideEntry>> {
        door::overrides(self.store(), actor.workspace).await
    }

    /// What a role may in one location; replaces what was said before about the pair.
    pub async fn put_override(
        &self,
        actor: &Actor,
        location: Uuid,
        role: &str,
        rights: &Value,
    ) -> Outcome<()> {
        let model = self.store().model(actor.workspace).await?;
        known_role(&model, role)?;
        self.known_location(actor, Some(location)).await?;
        let overrides = Overrides::parse(&model, rights)?;
        // Rights added to a role here are rights given: nobody gives more than they have.
        let merged = overrides.over(&model, &model.roles[role]);
        may_give_rights(&model, actor, &merged, Some(location))?;
        door::put_override(self.store(), actor.workspace, location, role, rights).await?;
        self.0.cache.forget("workspace", actor.workspace);
        let told = json!({ "role": role, "location": location });
        self.log(Happened::new("role_overridden").by(actor).with(told));
        Ok(())
    }

    pub async fn delete_override(&self, actor: &Actor, location: Uuid, role: &str) -> Outcome<()> {
        if !door::delete_override(self.store(), actor.workspace, location, role).await? {
            let detail = "This role has no overrides in this location.";
            return Err(Problem::new("record.not_found", detail).into());
        }
        self.0.cache.forget("workspace", actor.workspace);
        let told = json!({ "role": role, "location": location });
        self.log(Happened::new("role_override_removed").by(actor).with(told));
        Ok(())
    }

    /// The actor that somebody is in a workspace, without a request.
    pub async fn actor_of_user(&self, workspace: Uuid, user: Uuid) -> Outcome<Actor> {
        self.standing_actor(user, workspace).await
    }

    /// Switches a member off by the address of their account. Whether there was one to be switched off.
    pub async fn switch_off(&self, workspace: Uuid, email: &str) -> Outcome<bool> {
        let Some(user) = self.user_by_email(email).await? else { return Ok(false) };
        let actor = match self.standing_actor(user, workspace).await {
            Ok(actor) => actor,
            Err(kernel::Failure::Refused(_)) => return Ok(false),
            Err(broken) => return Err(broken),
        };
        let change = door::MemberChange { is_active: Some(false), ..Default::default() };
        let done = door::update_member(self.store(), workspace, actor.member, &change).await?;
        self.0.cache.forget("member", actor.member);
        Ok(done)
    }

    /// The actor that a member is, without a request: for "why can't they?".
    pub async fn actor_of(&self, workspace: Uuid, member: Uuid) -> Outcome<Actor> {
        let user = door::member_user(self.store(), workspace, member).await?.ok_or_else(no_member)?;
        self.standing_actor(user, workspace).await
    }

    /// Whom a job acts for: the member with the rights of this moment, narrowed as the one who ordered it was.
    pub async fn actor_for(&self, run: &jobs::Run) -> Outcome<Actor> {
        let Some(member) = run.member else { return Ok(Actor::system(run.workspace, "Kontor")) };
        let mut actor = self.actor_of(run.workspace, member).await?;
        actor.scopes = run.scopes.clone().map(Into::into);
        actor.location = run.location;
        Ok(actor)
    }

    pub(crate) async fn known_location(&self, actor: &Actor, location: Option<Uuid>) -> Outcome<()> {
        let Some(id) = location else { return Ok(()) };
        let all = door::locations(self.store(), actor.workspace).await?;
        match all.iter().any(|l| l.id == id) {
            true => Ok(()),
            false => Err(Problem::new("reference.not_found", "There is no such location.")
                .at("location_id")
                .into()),
        }
    }

    /// Somebody with fewer rights does not disable somebody with more.
    async fn may_touch(&self, actor: &Actor, member: Uuid) -> Outcome<()> {
        let model = self.store().model(actor.workspace).await?;
        for held in self.assignments(actor, member).await? {
            may_give(&model, actor, &held.role, held.location_id)?;
        }
        Ok(())
    }

    /// A workspace whose members nobody can manage is locked for good.
    async fn somebody_remains(&self, actor: &Actor, without: Uuid) -> Outcome<()> {
        let roles = managing_roles(&*self.store().model(actor.workspace).await?);
        if door::holders(self.store(), actor.workspace, &roles, without).await? == 0 {
            let detail = "Nobody else could manage the members of this workspace.";
            return Err(refused(detail).hint("Give somebody else such a role first.").into());
        }
        Ok(())
    }
}

pub(crate) fn known_role(model: &Model, role: &str) -> Result<(), Problem> {
    match model.roles.contains_key(role) {
        true => Ok(()),
        false => {
            let all: Vec<_> = model.roles.keys().map(String::as_str).collect();
            Err(Problem::new("field.unknown_option", format!("There is no role `{role}`."))
                .at("role")
                .hint(format!("Roles here: {}.", all.join(", "))))
        }
    }
}

/// Nobody gives, takes, or undoes a role that says more than their own rights (a way up for oneself).
pub(crate) fn may_give(
    model: &Model,
    actor: &Actor,
    role: &str,
    location: Option<Uuid>,
) -> Result<(), Problem> {
    match model.roles.get(role) {
        Some(role) => may_give_rights(model, actor, role, location),
        None => Ok(()),
    }
}

fn may_give_rights(
    model: &Model,
    actor: &Actor,
    role: &meta::Role,
    location: Option<Uuid>,
) -> Result<(), Problem> {
    if actor.super_admin {
        return Ok(());
    }
    let held: Vec<&meta::Role> = actor
        .assignments
        .iter()
        .filter(|a| a.location.is_none() || a.location == location)
        .filter_map(|a| policy::role(model, a))
        .collect();
    let enough = held.iter().any(|r| policy::role_manages_members(r)) && policy::covers(&held, role);
    if enough {
        return Ok(());
    }
    let detail = format!("Insufficient permissions: the role `{}` may more than you may give.", role.name);
    Err(Problem::new("policy.denied", detail)
        .at("role")
        .hint("Somebody whose own role covers it can give it.")
        .with(json!({ "right": policy::manage_members(model) })))
}

fn managing_roles(model: &Model) -> Vec<String> {
    model.roles.values().filter(|r| policy::role_manages_members(r)).map(|r| r.name.clone()).collect()
}

fn refused(detail: &str) -> Problem {
    Problem::new("rule.refused", detail)
}

fn no_member() -> Problem {
    Problem::new("record.not_found", "There is no such member.")
}
