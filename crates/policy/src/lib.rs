//! Who may do what. Pure: (model, actor, action) -> grant. Only this crate can make a `Grant`.
mod actor;
mod explain;
mod grant;
mod overrides;

pub use actor::{Actor, ActorKind, Assignment, Origin};
pub use explain::{Decision, Explanation, explain, explain_permission};
pub use grant::{Act, Archive, Create, Delete, Grant, Read, Scope, Update, grant, may, rights};
pub use overrides::Overrides;

/// The named right that invites, disables and gives roles to members, in every blueprint.
pub const MANAGE_MEMBERS: &str = "admin.manage_users";
