//! What the server promises, asked over real HTTP and WebSocket of a real data folder: one module per capability.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../harness/mod.rs"]
mod harness;
mod world;

mod any_document;
mod as_of;
mod audit;
mod bad_input;
mod command_line;
mod disaster;
mod entities;
mod erasure;
mod erasure_papers;
mod graphiql;
mod held;
mod idempotency;
mod lists;
mod one_person;
mod own_writes;
mod people;
mod real_data;
mod refusals;
mod replay;
mod reports;
mod rights;
mod schema;
mod sockets;
mod subscriptions;
