//! Invitations by link: how people become members.
use crate::account::checked_email;
use crate::keys::by_a_person;
use crate::members::{known_role, may_give};
use crate::{Happened, Identity, Invitation, Opened, token};
use kernel::{Outcome, Problem, Uuid};
use policy::{Actor, Origin};
use serde::{Deserialize, Serialize};
use store::doors::identity as door;

/// An invitation and the only copy of its link's secret.
#[derive(Debug, Serialize)]
pub struct Invited {
    pub token: String,
    #[serde(flatten)]
    pub invitation: Invitation,
}

/// What somebody who follows the link says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub password: String,
    pub confirmation: Option<String>,
}

impl Identity {
    pub async fn invite(
        &self,
        actor: &Actor,
        email: &str,
        role: &str,
        location: Option<Uuid>,
    ) -> Outcome<Invited> {
        by_a_person(actor)?;
        let email = checked_email(email)?;
        let model = self.store().model(actor.workspace).await?;
        known_role(&model, role)?;
        self.known_location(actor, location).await?;
        may_give(&model, actor, role, location)?;
        let token = token::random();
        let new = door::NewInvitation {
            workspace: actor.workspace,
            email: &email,
            role,
            location,
            token: &token::fingerprint(&token),
            life: self.0.config.invitation_life,
            invited_by: Some(actor.member).filter(|m| !m.is_nil()),
        };
        let invitation = door::invite(self.store(), &new).await?;
        let told = serde_json::json!({ "invitation": invitation.id, "role": role });
        self.log(Happened::new("invited").by(actor).with(told));
        Ok(Invited { token, invitation })
    }

    pub async fn invitations(&self, actor: &Actor) -> Outcome<Vec<Invitation>> {
        door::invitations(self.store(), actor.workspace).await
    }

    pub async fn withdraw_invitation(&self, actor: &Actor, id: Uuid) -> Outcome<()> {
        match door::withdraw_invitation(self.store(), actor.workspace, id).await? {
            true => Ok(()),
            false => {
                Err(Problem::new("record.not_found", "There is no open invitation with this id.").into())
            }
        }
    }

    /// What a link invites to, and whether its address has an account already.
    pub async fn invitation(&self, token: &str) -> Outcome<(Invitation, bool)> {
        let found = door::open_invitation(self.store(), &token::fingerprint(token)).await?;
        let invitation = found.ok_or_else(invalid)?;
        let user = door::user_by_email(self.store(), &invitation.email).await?;
        let has_account = user.is_some_and(|u| u.password_hash.is_some());
        Ok((invitation, has_account))
    }

    /// Uses the link up, makes the member with the role, and signs them in. Somebody who has an account shows
    /// that by its password; a new one chooses name and password.
    pub async fn accept(&self, token: &str, say: &Acceptance, origin: &Origin) -> Outcome<Opened> {
        let (invitation, has_account) = self.invitation(token).await?;
        let user = door::user_by_email(self.store(), &invitation.email).await?;
        let hash = match has_account {
            true => {
                self.prove(&invitation.email, user.as_ref(), &say.password, origin).await?;
                None
            }
            false => Some(self.new_password(say).await?),
        };
        let name = match &user {
            Some(user) => user.name.clone(),
            None => say.name.trim().to_owned(),
        };
        let who = door::NewMember {
            workspace: invitation.workspace,
            user: user.as_ref().map(|u| u.id),
            email: &invitation.email,
            name: &name,
            password_hash: hash.as_deref(),
        };
        let accepted = door::accept_invitation(self.store(), &token::fingerprint(token), &who).await?;
        let id = accepted.ok_or_else(invalid)?;
        self.0.cache.forget("user", id);
        let user = door::user_by_id(self.store(), id).await?.ok_or_else(invalid)?;
        let all = door::memberships(self.store(), id).await?;
        let slug = all.iter().find(|m| m.id == invitation.workspace).map(|m| m.slug.as_str());
        self.log(Happened::new("invitation_accepted").user(id).from(origin));
        self.open(&user, slug, origin).await
    }

    async fn prove(
        &self,
        email: &str,
        user: Option<&door::User>,
        password: &str,
        origin: &Origin,
    ) -> Outcome<()> {
        self.count_attempt(email, origin).await?;
        let hash = user.and_then(|u| u.password_hash.as_deref());
        if !self.0.hasher.fits(password, hash).await? {
            let detail = "This address has an account: its password is needed to accept.";
            return Err(Problem::new("auth.bad_credentials", detail).at("password").into());
        }
        if user.is_some_and(|u| !u.is_active) {
            return Err(crate::sign_in::disabled("Account disabled").into());
        }
        self.forget_attempts(email, origin).await
    }

    /// Name and password of a new account; everything wrong at once.
    async fn new_password(&self, say: &Acceptance) -> Outcome<String> {
        let mut problems =
            self.0.rule.check(&say.password, say.confirmation.as_deref()).err().unwrap_or_default();
        if say.name.trim().is_empty() {
            problems.insert(0, Problem::new("field.required", "Your name is needed.").at("name"));
        }
        if !problems.is_empty() {
            return Err(problems.into());
        }
        self.0.hasher.hash(&say.password).await
    }
}

fn invalid() -> Problem {
    Problem::new(
        "auth.invitation_invalid",
        "This invitation is not valid: it was used, withdrawn, or is too old.",
    )
    .hint("Ask for a new one.")
}
