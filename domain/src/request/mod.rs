//! Requests: what the log remembers of them beyond their events.

mod events;

pub use events::*;
