//! One person's data (S4-044): taken out for them, or erased as far as the law lets it go.
mod erase;
mod forget;
mod related;
mod take;

pub use erase::{Erased, erase};
pub(crate) use erase::{forget_person, forget_record, left_behind, with_merged};
pub use forget::Forgetter;
pub(crate) use forget::{Gone, forget_later};
pub use related::PERSONS;
pub(crate) use related::{is_person, seeing_all, the_person};
pub use take::order;
pub(crate) use take::take;
