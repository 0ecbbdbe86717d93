//! One's own account, and accounts as the command line makes them.
use crate::{Happened, Identity, Location, Membership};
use kernel::{Outcome, Problem, Problems, Timestamp, Uuid};
use policy::Actor;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::doors::identity::{self as door, AssignmentEntry};

/// What a signed-in person is told about themselves.
#[derive(Debug, Serialize)]
pub struct Me {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub image: Option<String>,
    pub timezone: Option<String>,
    pub preferences: Value,
    pub is_super_admin: bool,
    pub last_login_at: Option<Timestamp>,
    pub member_id: Uuid,
    pub client_id: Option<Uuid>,
    pub roles: Vec<AssignmentEntry>,
    pub workspace: Option<Membership>,
    pub workspaces: Vec<Membership>,
    /// Where the person holds a role.
    pub locations: Vec<Location>,
    pub location_id: Option<Uuid>,
}

/// What people may change about themselves.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: Option<String>,
    pub image: Option<String>,
    /// IANA name.
    pub timezone: Option<String>,
    /// Merged key by key; null takes a key away.
    pub preferences: Option<serde_json::Map<String, Value>>,
}

impl Identity {
    pub async fn me(&self, actor: &Actor) -> Outcome<Me> {
        let user = self.user(actor.user).await?;
        let workspaces = door::memberships(self.store(), actor.user).await?;
        let all = door::locations(self.store(), actor.workspace).await?;
        Ok(Me {
            id: user.id,
            email: user.email,
            name: user.name,
            image: user.image,
            timezone: user.timezone,
            preferences: user.preferences,
            is_super_admin: user.is_super_admin,
            last_login_at: user.last_login_at,
            member_id: actor.member,
            client_id: actor.client,
            roles: door::assignments(self.store(), actor.workspace, actor.member).await?,
            workspace: workspaces.iter().find(|w| w.id == actor.workspace).cloned(),
            workspaces,
            locations: crate::caller::reachable(actor, all),
            location_id: actor.location,
        })
    }

    pub async fn update_me(&self, actor: &Actor, profile: Profile) -> Outcome<()> {
        check(&profile)?;
        let change = door::UserChange {
            name: profile.name.map(|n| n.trim().to_owned()),
            image: profile.image,
            timezone: profile.timezone,
            preferences: profile.preferences.map(Value::Object),
        };
        door::update_user(self.store(), actor.user, &change).await?;
        self.0.cache.forget("user", actor.user);
        Ok(())
    }

    /// Asks for the current password, and signs every other device out.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: &str,
        new: &str,
        confirmation: Option<&str>,
        keep: Option<Uuid>,
    ) -> Outcome<()> {
        self.0.rule.check(new, confirmation)?;
        let user = self.user(actor.user).await?;
        // Guessing here is guessing a password, so it counts as such.
        self.count_attempt(&user.email, &actor.origin).await?;
        if !self.0.hasher.fits(current, user.password_hash.as_deref()).await? {
            let problem = Problem::new("field.invalid", "This is not your current password.");
            return Err(problem.at("current_password").into());
        }
        self.forget_attempts(&user.email, &actor.origin).await?;
        let hash = self.0.hasher.hash(new).await?;
        door::set_password(self.store(), user.id, &hash).await?;
        door::end_sessions(self.store(), user.id, keep).await?;
        self.0.cache.forget("user", user.id);
        self.log(Happened::new("password_changed").by(actor));
        Ok(())
    }

    /// An account, from the command line or sample data. Without a password it can only be invited in.
    pub async fn create_user(
        &self,
        email: &str,
        name: &str,
        password: Option<&str>,
        is_super_admin: bool,
    ) -> Outcome<Uuid> {
        let email = checked_email(email)?;
        let hash = match password {
            Some(password) => {
                self.0.rule.check(password, None)?;
                Some(self.0.hasher.hash(password).await?)
            }
            None => None,
        };
        let made =
            door::create_user(self.store(), &email, name.trim(), hash.as_deref(), is_super_admin).await?;
        made.ok_or_else(|| taken().into())
    }

    /// What is wrong with the address and the password of an account that is to be made.
    pub fn check_account(&self, email: &str, password: &str) -> Result<(), Problems> {
        let mut problems = self.0.rule.check(password, None).err().unwrap_or_default();
        problems.extend(checked_email(email).err());
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Characters that a password has at least.
    pub fn password_minimum(&self) -> usize {
        self.0.config.password_minimum
    }

    pub async fn user_by_email(&self, email: &str) -> Outcome<Option<Uuid>> {
        Ok(door::user_by_email(self.store(), email.trim()).await?.map(|u| u.id))
    }

    /// Sets a password without knowing the old one (command line): every session of the account ends.
    pub async fn reset_password(&self, user: Uuid, password: &str) -> Outcome<()> {
        self.0.rule.check(password, None)?;
        let hash = self.0.hasher.hash(password).await?;
        door::set_password(self.store(), user, &hash).await?;
        door::end_sessions(self.store(), user, None).await?;
        self.0.cache.forget("user", user);
        Ok(())
    }

    /// Switches an account on or off over all workspaces.
    pub async fn set_user_active(&self, user: Uuid, active: bool) -> Outcome<()> {
        if !door::set_user_active(self.store(), user, active).await? {
            return Err(Problem::new("record.not_found", "There is no such account.").into());
        }
        self.0.cache.forget("user", user);
        Ok(())
    }

    async fn user(&self, id: Uuid) -> Outcome<door::User> {
        let user = door::user_by_id(self.store(), id).await?;
        user.ok_or_else(|| Problem::new("record.not_found", "There is no such account.").into())
    }
}

fn check(profile: &Profile) -> Result<(), Vec<Problem>> {
    let mut problems = vec![];
    if let Some(name) = &profile.name {
        match name.trim().chars().count() {
            0 => problems.push(Problem::new("field.required", "A name is needed.").at("name")),
            256.. => {
                problems.push(Problem::new("field.too_long", "A name has at most 255 characters.").at("name"))
            }
            _ => {}
        }
    }
    if profile.image.as_ref().is_some_and(|i| i.chars().count() > 500) {
        let detail = "The address of a picture has at most 500 characters.";
        problems.push(Problem::new("field.too_long", detail).at("image"));
    }
    if let Some(zone) = profile.timezone.as_ref().filter(|z| jiff::tz::TimeZone::get(z).is_err()) {
        let detail = format!("`{zone}` is not a time zone.");
        problems.push(
            Problem::new("field.invalid", detail).at("timezone").hint("For example `America/Anguilla`."),
        );
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Something that can be an address: checked for form only, the invitation shows whether it is one.
pub(crate) fn checked_email(email: &str) -> Result<String, Problem> {
    let email = email.trim().to_lowercase();
    let parts = email.split_once('@').filter(|(local, domain)| {
        let plain = |s: &str| !s.is_empty() && !s.contains(|c: char| c.is_whitespace() || c == '@');
        plain(local)
            && plain(domain)
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    });
    match parts {
        Some(_) if email.len() <= 255 => Ok(email),
        _ => Err(Problem::new("field.invalid", "Invalid email").at("email")),
    }
}

fn taken() -> Problem {
    Problem::new("field.duplicate", "There is an account with this e-mail address.").at("email")
}
