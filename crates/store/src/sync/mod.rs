//! Schema sync: the model's tables against the catalogue, and the additive steps between them.
pub(crate) mod names;

mod found;
mod run;
mod steps;
mod wanted;

pub(crate) use found::Catalogue;
pub(crate) use run::run;
pub(crate) use steps::{Planned, plan};
pub(crate) use wanted::tables;
