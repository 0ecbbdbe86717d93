//! Who may do what. Pure: (model, actor, action) -> grant. Only this crate can make a `Grant`.
mod actor;
mod grant;

pub use actor::{Actor, ActorKind, Assignment, Origin};
pub use grant::{Act, Archive, Create, Delete, Grant, Read, Scope, Update, grant, may, rights};
