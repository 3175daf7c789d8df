//! The GraphQL schema: one folder per subject, merged into three roots.

#![expect(clippy::unused_async, reason = "resolvers are async by the contract of the library")]

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
mod pipeline;
mod privacy;
mod report;
mod scalars;
mod schema;
mod task;
mod timeline;
mod values;

pub use schema::{LetopisSchema, schema, sdl};
