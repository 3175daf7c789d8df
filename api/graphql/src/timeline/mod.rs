//! Timelines: what happened with a customer, in the order in which it happened.

mod subscriptions;
mod types;

pub use subscriptions::TimelineSubscriptions;
pub use types::{TimelineArguments, TimelineConnection, TimelineEntry};
