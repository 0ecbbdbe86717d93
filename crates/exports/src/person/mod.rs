//! One person's data (S4-044): taken out for them, or erased as far as the law lets it go.
mod erase;
mod related;
mod take;

pub use erase::{Erased, erase};
pub use related::PERSONS;
pub use take::order;
pub(crate) use take::take;
