//! Stories over a real PostgreSQL and, where the promise is HTTP, a real socket. One binary, because linking is slow.
mod demo;
mod helsinki;
mod history;
mod hostile;
mod jobs;
mod manual;
mod northwind;
mod openapi;
mod postgrest_js;
mod postgrest_writes;
mod records;
mod review;
mod routes;
mod salesforce;
mod schemathesis;
mod search;
mod shared;
