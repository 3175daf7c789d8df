//! Contacts: people.

mod mutations;
mod queries;
mod types;

pub use mutations::ContactMutations;
pub use queries::ContactQueries;
pub use types::Contact;
