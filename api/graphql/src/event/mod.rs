//! The log itself: events as they were recorded, and news as it arrives.

mod queries;
mod subscriptions;
mod types;

pub use queries::{EventConnection, EventQueries, EventQueryInput, page_of_positions, refused_proof};
pub use subscriptions::{EventSubscriptions, Follow, show, start, until_error};
pub use types::{RecordedEvent, payload};
