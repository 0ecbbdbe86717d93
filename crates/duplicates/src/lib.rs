//! Records that are the same thing in the world: who is alike, how much, and why.
mod profile;
mod score;
mod text;

pub use profile::Profile;
pub use score::{Evidence, Match, REPORTED, compare};

#[cfg(test)]
mod tests;
