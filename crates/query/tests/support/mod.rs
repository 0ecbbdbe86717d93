//! What the tests of this crate share.
// Every test binary takes a part of it, and what one leaves out would be told as dead.
#![allow(dead_code)]
pub mod database;
pub mod fixtures;
pub mod shop;
