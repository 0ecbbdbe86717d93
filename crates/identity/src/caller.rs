//! From a token to an `Actor`.
use crate::sign_in::{disabled, no_workspace};
use crate::{Identity, Location, token};
use kernel::{Outcome, Problem, Timestamp, Uuid};
use meta::Model;
use policy::{Actor, ActorKind, Assignment, Origin, Overrides};
use std::sync::Arc;
use store::doors::identity::{self as door, Which};

#[derive(Debug, Clone, Copy)]
pub enum Credential<'a> {
    Session(&'a str),
    Key(&'a str),
}

/// What somebody came with, kept by what goes on after their request.
#[derive(Debug, Clone)]
pub struct Pass {
    pub secret: Secret,
    /// `X-Workspace`: slug.
    pub workspace: Option<String>,
    pub origin: Origin,
}

#[derive(Clone)]
pub enum Secret {
    Session(String),
    Key(String),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<Credential<'_>> for Secret {
    fn from(credential: Credential<'_>) -> Self {
        match credential {
            Credential::Session(secret) => Self::Session(secret.into()),
            Credential::Key(secret) => Self::Key(secret.into()),
        }
    }
}

/// What a request says besides its token.
#[derive(Debug, Clone, Default)]
pub struct Asked<'a> {
    /// `X-Workspace`: slug.
    pub workspace: Option<&'a str>,
    /// `X-Location-Id`: id or slug.
    pub location: Option<&'a str>,
    pub origin: Origin,
}

#[derive(Debug, Clone)]
pub struct Authenticated {
    pub actor: Arc<Actor>,
    /// Absent with an API key.
    pub session: Option<SessionRef>,
}

#[derive(Debug, Clone)]
pub struct SessionRef {
    pub id: Uuid,
    /// What `X-CSRF-Token` must say.
    pub csrf: Arc<str>,
    /// The token that takes the place of the one presented, when it was due.
    pub renewed: Option<String>,
    pub expires_at: Timestamp,
}

impl SessionRef {
    pub fn accepts_csrf(&self, given: &str) -> bool {
        token::same(&self.csrf, given)
    }
}

/// What is known about a token, for all requests that bring it.
#[derive(Debug)]
pub(crate) struct Known {
    credential: Holder,
    actor: Actor,
    /// Where the actor holds a role.
    locations: Vec<Location>,
    expires_at: Option<Timestamp>,
}

#[derive(Debug)]
enum Holder {
    Session { id: Uuid, csrf: Arc<str>, rotate_at: Option<Timestamp> },
    Key { id: Uuid },
}

impl Known {
    pub fn is_about(&self, what: &str, id: Uuid) -> bool {
        match (what, &self.credential) {
            ("session", Holder::Session { id: own, .. }) | ("key", Holder::Key { id: own }) => *own == id,
            ("user", _) => self.actor.user == id,
            ("member", _) => self.actor.member == id,
            ("workspace", _) => self.actor.workspace == id,
            _ => false,
        }
    }
    fn is_over(&self) -> bool {
        self.expires_at.is_some_and(|end| end <= Timestamp::now())
    }
}

impl Identity {
    /// Who it is, or `auth.required`. A token seen within half a minute costs no round trip.
    pub async fn authenticate(
        &self,
        credential: Credential<'_>,
        asked: &Asked<'_>,
    ) -> Outcome<Authenticated> {
        let (Credential::Session(secret) | Credential::Key(secret)) = credential;
        let fingerprint = token::fingerprint(secret);
        let known = self.known(credential, &fingerprint, asked.workspace).await?;
        let actor = Arc::new(for_request(&known, asked)?);
        let session = self.session_ref(&known, &fingerprint).await?;
        Ok(Authenticated { actor, session })
    }

    /// Who holds the pass now, with the rights of now. Its token is left as it is: nobody is there to be given another.
    pub async fn holder(&self, pass: &Pass) -> Outcome<Arc<Actor>> {
        let credential = match &pass.secret {
            Secret::Session(secret) => Credential::Session(secret),
            Secret::Key(secret) => Credential::Key(secret),
        };
        let (Credential::Session(secret) | Credential::Key(secret)) = credential;
        let workspace = pass.workspace.as_deref();
        let known = self.known(credential, &token::fingerprint(secret), workspace).await?;
        let asked = Asked { workspace, location: None, origin: pass.origin.clone() };
        Ok(Arc::new(for_request(&known, &asked)?))
    }

    /// Changes whenever a session, a key or somebody's rights may have: a reason to ask for the holder again.
    pub fn turns(&self) -> tokio::sync::watch::Receiver<()> {
        self.0.cache.told.subscribe()
    }

    async fn known(
        &self,
        credential: Credential<'_>,
        fingerprint: &token::Fingerprint,
        workspace: Option<&str>,
    ) -> Outcome<Arc<Known>> {
        let key = (*fingerprint, workspace.map(str::to_owned));
        let known = match self.0.cache.get(&key) {
            Some(known) => known,
            None => {
                let generation = self.0.cache.generation();
                let known = Arc::new(self.look_up(credential, fingerprint, workspace).await?);
                self.0.cache.keep(key, known.clone(), generation);
                known
            }
        };
        if known.is_over() {
            return Err(required().into());
        }
        Ok(known)
    }

    /// Whether the answer is at hand without asking the database.
    pub fn remembers(&self, credential: Credential<'_>, workspace: Option<&str>) -> bool {
        let (Credential::Session(secret) | Credential::Key(secret)) = credential;
        self.0.cache.get(&(token::fingerprint(secret), workspace.map(str::to_owned))).is_some()
    }

    async fn look_up(
        &self,
        credential: Credential<'_>,
        fingerprint: &token::Fingerprint,
        workspace: Option<&str>,
    ) -> Outcome<Known> {
        match credential {
            Credential::Session(_) => self.known_by_session(fingerprint, workspace).await,
            Credential::Key(_) => self.known_by_key(fingerprint, workspace).await,
        }
    }

    async fn known_by_session(
        &self,
        fingerprint: &token::Fingerprint,
        workspace: Option<&str>,
    ) -> Outcome<Known> {
        let config = &self.0.config;
        let found = door::session(self.store(), fingerprint, config.grace).await?;
        let session = found.ok_or_else(required)?;
        let which = match (workspace, session.workspace) {
            (Some(slug), _) => Which::Slug(slug),
            (None, Some(id)) => Which::Id(id),
            (None, None) => return Err(no_workspace("that you signed in to").into()),
        };
        let (actor, locations) = self.actor(session.user, which, workspace, ActorKind::Member).await?;
        // A replaced token leads to the session for the grace only, and never to another token.
        let (rotate_at, expires_at) = match session.replaced {
            true => (None, session.refreshed_at + signed(config.grace)),
            false => (Some(session.refreshed_at + signed(config.rotate_after)), session.expires_at),
        };
        let credential = Holder::Session { id: session.id, csrf: session.csrf.into(), rotate_at };
        Ok(Known { credential, actor, locations, expires_at: Some(expires_at.min(session.expires_at)) })
    }

    async fn known_by_key(
        &self,
        fingerprint: &token::Fingerprint,
        workspace: Option<&str>,
    ) -> Outcome<Known> {
        let found = door::key(self.store(), fingerprint).await?;
        let key = found.ok_or_else(required)?;
        let (mut actor, locations) =
            self.actor(key.user, Which::Id(key.workspace), workspace, ActorKind::ApiKey).await?;
        actor.scopes = Some(key.scopes.into());
        self.touch(key.id);
        let credential = Holder::Key { id: key.id };
        Ok(Known { credential, actor, locations, expires_at: key.expires_at })
    }

    fn touch(&self, key: Uuid) {
        let store = self.store().clone();
        tokio::spawn(async move {
            if let Err(error) = door::touch_key(&store, key).await {
                tracing::warn!("The last use of an API key was not noted: {error}");
            }
        });
    }

    async fn actor(
        &self,
        user: Uuid,
        which: Which<'_>,
        named: Option<&str>,
        kind: ActorKind,
    ) -> Outcome<(Actor, Vec<Location>)> {
        let found = door::member(self.store(), user, which).await?;
        let member = found.ok_or_else(|| no_workspace(named.unwrap_or("that you signed in to")))?;
        if named.is_some_and(|slug| slug != member.workspace_slug) {
            return Err(no_workspace(named.unwrap_or_default()).into());
        }
        if !member.is_active {
            return Err(disabled("Account disabled").into());
        }
        let model = self.store().model(member.workspace).await?;
        let locations = door::locations(self.store(), member.workspace).await?;
        let assignments = assignments(&model, &member, &locations);
        let super_role = |a: &Assignment| {
            a.location.is_none() && model.roles.get(&a.role).is_some_and(|role| role.super_admin)
        };
        let actor = Actor {
            workspace: member.workspace,
            member: member.member,
            user,
            name: member.name.as_str().into(),
            kind,
            super_admin: member.is_super_admin || assignments.iter().any(super_role),
            team: member.team.clone().into(),
            client: member.client,
            location: None,
            scopes: None,
            origin: Origin::default(),
            assignments: assignments.into(),
        };
        let mine = reachable(&actor, locations);
        Ok((actor, mine))
    }

    pub(crate) async fn standing_actor(&self, user: Uuid, workspace: Uuid) -> Outcome<Actor> {
        Ok(self.actor(user, Which::Id(workspace), None, ActorKind::Member).await?.0)
    }

    /// Replaces a token that is due. One of several requests at once does it; the others go on with what they have.
    async fn session_ref(
        &self,
        known: &Known,
        fingerprint: &token::Fingerprint,
    ) -> Outcome<Option<SessionRef>> {
        let Holder::Session { id, csrf, rotate_at } = &known.credential else { return Ok(None) };
        let mut renewed = None;
        if rotate_at.is_some_and(|due| due <= Timestamp::now()) {
            let fresh = token::random();
            if door::rotate(self.store(), *id, fingerprint, &token::fingerprint(&fresh)).await? {
                renewed = Some(fresh);
            }
            self.0.cache.forget_token(fingerprint);
        }
        let expires_at = known.expires_at.unwrap_or(Timestamp::MAX);
        Ok(Some(SessionRef { id: *id, csrf: csrf.clone(), renewed, expires_at }))
    }
}

/// The roles held, each as it is where it holds. A role held everywhere that some location overrides is taken apart
/// into one assignment per location.
fn assignments(model: &Model, member: &door::Member, locations: &[Location]) -> Vec<Assignment> {
    let mut all = vec![];
    for (role, location) in &member.assignments {
        let overridden = |at: Uuid| overridden(model, member, role, at);
        let plain = |location| Assignment { role: role.clone(), location, overridden: None };
        match location {
            Some(at) => all.push(Assignment { overridden: overridden(*at), ..plain(Some(*at)) }),
            None if member.overrides.iter().any(|(_, r, _)| r == role) => {
                let each = locations.iter().map(|l| l.id);
                all.extend(each.map(|at| Assignment { overridden: overridden(at), ..plain(Some(at)) }));
            }
            None => all.push(plain(None)),
        }
    }
    all
}

fn overridden(model: &Model, member: &door::Member, role: &str, location: Uuid) -> Option<Arc<meta::Role>> {
    let (_, _, rights) = member.overrides.iter().find(|(l, r, _)| *l == location && r == role)?;
    let shipped = model.roles.get(role)?;
    match Overrides::parse(model, rights) {
        Ok(overrides) => Some(Arc::new(overrides.over(model, shipped))),
        Err(problems) => {
            // Written against an older model. Fewer rights are the safe reading of what is no longer understood.
            let first = problems.first().map_or("", |p| p.detail.as_str());
            tracing::warn!(%location, role, "The overrides of a role are not understood: {first}");
            let name = role.to_owned();
            Some(Arc::new(meta::Role { name, ..meta::Role::default() }))
        }
    }
}

/// Locations where the actor holds a role.
pub(crate) fn reachable(actor: &Actor, locations: Vec<Location>) -> Vec<Location> {
    let everywhere = actor.super_admin || actor.assignments.iter().any(|a| a.location.is_none());
    let held = |l: &Location| everywhere || actor.assignments.iter().any(|a| a.location == Some(l.id));
    locations.into_iter().filter(held).collect()
}

fn for_request(known: &Known, asked: &Asked<'_>) -> Result<Actor, Problem> {
    let mut actor = known.actor.clone();
    actor.origin = asked.origin.clone();
    if let Some(wanted) = asked.location {
        let id = wanted.parse::<Uuid>().ok();
        let here = known.locations.iter().find(|l| Some(l.id) == id || l.slug == wanted);
        let here = here.ok_or_else(no_location)?.id;
        actor.location = Some(here);
        // Where the location changes a role, its reading of the role is the one that counts there.
        if actor.assignments.iter().any(|a| a.location == Some(here) && a.overridden.is_some()) {
            let counts = |a: &&Assignment| a.location.is_none_or(|l| l == here);
            actor.assignments = actor.assignments.iter().filter(counts).cloned().collect();
        }
    }
    Ok(actor)
}

fn required() -> Problem {
    Problem::new("auth.required", "Authentication required")
}

fn no_location() -> Problem {
    Problem::new("location.no_access", "No access to this location")
        .hint("`GET /api/v1/me` lists your locations. Who may manage members can give you a role there.")
}

fn signed(d: std::time::Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(d).unwrap_or(jiff::SignedDuration::MAX)
}
