//! What the tests of this crate share.
#![allow(dead_code)]
pub mod database;
pub mod fixtures;
pub mod shop;
