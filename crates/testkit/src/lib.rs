//! What tests of the whole house are made of: a database per test, a server on it, clients that call it.
mod app;
mod db;

pub use app::{Answer, Client, Cookies, Node, PASSWORD, Person, Setup, TestApp};
pub use db::TestDb;
pub use reqwest::Method;
