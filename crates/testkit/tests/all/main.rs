//! Stories over a real PostgreSQL and, where the promise is HTTP, a real socket. One binary, because linking is slow.
mod helsinki;
mod northwind;
mod records;
mod salesforce;
mod shared;
