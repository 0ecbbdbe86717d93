//! Records that are the same thing in the world: who is alike, how much, and why.
mod find;
mod pairs;
mod profile;
mod score;
mod text;
mod work;

pub use find::{Detector, Found, looks_for};
pub use pairs::PairsAsk;
pub use profile::Profile;
pub use score::{Evidence, Match, REPORTED, compare};
pub use work::{Check, SCAN_ALL, Scan, ScanAll, works};

#[cfg(test)]
mod tests;
