//! Who is asking.
use kernel::Uuid;
use std::net::IpAddr;
use std::sync::Arc;

/// A member of a workspace at work, with everything that a decision needs. Made by `identity` from a session or
/// an API key, or by a named system door of `store` for work that nobody asked for.
#[derive(Debug, Clone)]
pub struct Actor {
    pub workspace: Uuid,
    /// `kontor.members.id`; what `created_by` and user fields hold.
    pub member: Uuid,
    /// `kontor.users.id`; nil for the system.
    pub user: Uuid,
    pub name: Arc<str>,
    pub kind: ActorKind,
    /// Passes every check (S2-054): super administrator of the installation, or a role marked so.
    pub super_admin: bool,
    pub assignments: Arc<[Assignment]>,
    /// Members who share a team with the actor, the actor included.
    pub team: Arc<[Uuid]>,
    /// The client that the member represents (portal users, "own only").
    pub client: Option<Uuid>,
    /// Location chosen for this request (`X-Location-Id`): narrows reads, is the default of what is created.
    pub location: Option<Uuid>,
    /// API keys: what the key may do at most, `client:read`, `client:*`, `*`. `None`: everything its owner may.
    pub scopes: Option<Arc<[String]>>,
    pub origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    Member,
    ApiKey,
    System,
}

/// A role, in the whole workspace or in one location.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    pub role: String,
    pub location: Option<Uuid>,
    /// Overrides of that role in that location (S2-030), already merged over the role's rights; `None`: as shipped.
    pub overridden: Option<Arc<meta::Role>>,
}

/// Where the request came from, for the change log.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub request_id: String,
    pub ip: Option<IpAddr>,
    pub user_agent: String,
}

impl Actor {
    /// The system itself, in one workspace: imports on the command line, demo data, jobs without an owner.
    pub fn system(workspace: Uuid, name: &str) -> Self {
        Self {
            workspace,
            member: Uuid::nil(),
            user: Uuid::nil(),
            name: name.into(),
            kind: ActorKind::System,
            super_admin: true,
            assignments: [].into(),
            team: [].into(),
            client: None,
            location: None,
            scopes: None,
            origin: Origin::default(),
        }
    }
}
