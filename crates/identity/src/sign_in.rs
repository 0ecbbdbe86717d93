//! Signing in and out.
use crate::{Happened, Identity, Membership, token};
use kernel::{Outcome, Problem, Uuid};
use policy::Origin;
use serde_json::json;
use store::doors::identity as door;

/// What somebody types to sign in.
#[derive(Debug, Clone, Default)]
pub struct SignIn<'a> {
    pub email: &'a str,
    pub password: &'a str,
    /// Slug of the workspace to open; else the preferred one, else the first.
    pub workspace: Option<&'a str>,
}

/// A session that was just opened. The token is in nobody else's hands yet.
#[derive(Debug, Clone)]
pub struct Opened {
    pub session: Uuid,
    pub token: String,
    pub csrf: String,
    pub life: std::time::Duration,
    pub user: Uuid,
    pub workspace: Membership,
}

impl Identity {
    /// An unknown address, a wrong password and an account without a password are one answer, after the same work.
    pub async fn sign_in(&self, ask: &SignIn<'_>, origin: &Origin) -> Outcome<Opened> {
        self.count_attempt(ask.email, origin).await?;
        let user = door::user_by_email(self.store(), ask.email.trim()).await?;
        let hash = user.as_ref().and_then(|u| u.password_hash.as_deref());
        let fits = self.0.hasher.fits(ask.password, hash).await?;
        let Some(user) = user.filter(|_| fits) else {
            self.log(Happened::new("login_failed").from(origin));
            return Err(
                Problem::new("auth.bad_credentials", "The e-mail address or the password is wrong.").into()
            );
        };
        if !user.is_active {
            self.log(
                Happened::new("login_failed").user(user.id).from(origin).with(json!({"reason": "disabled"})),
            );
            return Err(disabled("Account disabled").into());
        }
        self.forget_attempts(ask.email, origin).await?;
        self.open(&user, ask.workspace, origin).await
    }

    /// A session without a password: after an invitation was accepted.
    pub(crate) async fn open(
        &self,
        user: &door::User,
        workspace: Option<&str>,
        origin: &Origin,
    ) -> Outcome<Opened> {
        let workspace = self.choose_workspace(user, workspace).await?;
        let (session, token, csrf) = (kernel::new_id(), token::random(), token::random());
        let life = self.0.config.session_life;
        let new = door::NewSession {
            id: session,
            token: &token::fingerprint(&token),
            csrf: &csrf,
            user: user.id,
            workspace: workspace.id,
            life,
            ip: origin.ip,
            user_agent: &origin.user_agent,
        };
        door::open_session(self.store(), &new).await?;
        self.log(Happened::new("login").user(user.id).member(&workspace).from(origin));
        Ok(Opened { session, token, csrf, life, user: user.id, workspace })
    }

    async fn choose_workspace(&self, user: &door::User, wanted: Option<&str>) -> Outcome<Membership> {
        let mut all = door::memberships(self.store(), user.id).await?;
        let preferred = user.preferences["defaultWorkspace"].as_str();
        let at = match wanted {
            Some(slug) => all.iter().position(|m| m.slug == slug).ok_or_else(|| no_workspace(slug))?,
            None => all.iter().position(|m| Some(m.slug.as_str()) == preferred).unwrap_or(0),
        };
        if all.is_empty() {
            let hint = "Ask an administrator for an invitation.";
            return Err(disabled("This account is not a member of any workspace.").hint(hint).into());
        }
        Ok(all.swap_remove(at))
    }

    pub async fn sign_out(&self, user: Uuid, session: Uuid, origin: &Origin) -> Outcome<()> {
        door::end_session(self.store(), user, session).await?;
        self.0.cache.forget("session", session);
        self.log(Happened::new("logout").user(user).from(origin));
        Ok(())
    }

    pub(crate) async fn count_attempt(&self, email: &str, origin: &Origin) -> Outcome<()> {
        let config = &self.0.config;
        let (address, network) = subjects(email, origin);
        let most = (config.attempts_per_email as i32, config.attempts_per_ip as i32);
        let span = config.attempts_span;
        let Some(wait) = door::count_attempt(self.store(), &address, network.as_ref(), most, span).await?
        else {
            return Ok(());
        };
        self.log(Happened::new("locked_out").from(origin));
        let minutes = wait.div_ceil(60);
        let plural = if minutes == 1 { "" } else { "s" };
        let detail = format!("Too many failed sign-in attempts. Try again in {minutes} minute{plural}.");
        Err(Problem::new("auth.locked_out", detail).with(json!({"retry_after": wait})).into())
    }

    pub(crate) async fn forget_attempts(&self, email: &str, origin: &Origin) -> Outcome<()> {
        let (address, network) = subjects(email, origin);
        door::forget_attempts(self.store(), &address, network.as_ref()).await
    }
}

/// Attempts are counted by fingerprint: the table of failures holds no addresses.
fn subjects(email: &str, origin: &Origin) -> (token::Fingerprint, Option<token::Fingerprint>) {
    let address = token::fingerprint(&format!("email:{}", email.trim().to_lowercase()));
    (address, origin.ip.map(|ip| token::fingerprint(&format!("ip:{ip}"))))
}

pub(crate) fn disabled(detail: &str) -> Problem {
    Problem::new("auth.account_disabled", detail)
}

pub(crate) fn no_workspace(slug: &str) -> Problem {
    Problem::new("workspace.no_access", format!("You are not a member of a workspace `{slug}`."))
        .hint("`GET /api/v1/me` lists your workspaces.")
}
