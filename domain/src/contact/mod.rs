//! Contacts: people.

mod create_contact;
mod events;
mod update_contact;

pub use create_contact::CreateContact;
pub use events::*;
pub use update_contact::UpdateContact;
