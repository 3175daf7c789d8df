//! Activities: calls, e-mails, meetings, messages, letters, notes.

pub mod glance;
mod mutations;
mod types;

pub use mutations::ActivityMutations;
pub use types::{Activity, Subjects};
