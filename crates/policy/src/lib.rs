//! Who may do what. Pure: (model, actor, action) -> grant. Only this crate can make a `Grant`.
mod actor;
mod administration;
mod explain;
mod exports;
mod grant;
mod overrides;

pub use actor::{Actor, ActorKind, Assignment, Origin};
pub use administration::{
    covers, manage_members, may_manage_members, may_manage_objects, may_see_backups, role_manages_members,
};
pub use explain::{Decision, Explanation, explain, explain_permission};
pub use exports::may_export;
pub use grant::{Act, Archive, Create, Delete, Grant, Read, Scope, Update, grant, may, may_in, rights, role};
pub use overrides::Overrides;
