//! Read models: what the log says, folded into answers.
//!
//! Every row keeps the positions at which it opened and closed, so every read is a read as of a position: a live
//! question takes the position reached at its start, and the same question as of that position gives the same answer
//! for ever. Reading order: `handle` (open, follow, wait), `views` (the questions), `reports` and `entries` (the
//! answers); then `projection` and `models` (how rows come about), `table` and `store` (how they are kept).

#![expect(clippy::unnested_or_patterns, reason = "the families of events are patterns of their own")]

pub mod handle;
pub mod projector;
pub mod rebuild;
pub mod views;

pub mod digest;
pub mod entity;
pub mod entries;
pub mod filter;
pub mod lists;
pub mod page;
pub mod person;
pub mod reports;
pub mod value;

mod calendar;
mod eyes;
mod facts;
mod generation;
mod models;
mod names;
mod particulars;
mod projection;
mod quantile;
mod scope;
mod seen;
mod shown;
mod sight;
mod store;
mod table;
mod witness;

#[cfg(test)]
mod tests;

pub use handle::{Found, Unusable, Views};
pub use models::activities::ActivityKind;
pub use projector::Projector;
pub use scope::Between;
pub use seen::Page as EventPage;
pub use sight::{Sight, Viewer};
pub use store::StoreError;
pub use views::{AsOf, View, ViewError};
pub use witness::Witness;
