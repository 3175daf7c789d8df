//! GraphQL: from a request to its answer.
//!
//! `app` is the company that is open, `context` what a request brings along, `engine` parses, measures and carries out.
//! The schema has one folder per subject, merged into three roots by `schema`.

#![expect(clippy::unused_async, reason = "resolvers are async by the contract of the library")]

pub mod app;
pub mod context;
pub mod engine;
pub mod error;
pub mod limits;

mod access;
mod account;
mod activity;
mod agreement;
mod as_of;
mod attribute;
mod catalog;
mod company;
mod contact;
mod enums;
pub mod event;
mod event_type;
pub mod ids;
mod intake;
mod lead;
mod lists;
mod long;
mod mutation;
mod node;
mod object;
mod opportunity;
mod page;
mod permit;
mod pipeline;
mod privacy;
mod report;
mod scalars;
mod schema;
mod task;
mod timeline;
mod values;

pub use schema::{LetopisSchema, schema, sdl};
