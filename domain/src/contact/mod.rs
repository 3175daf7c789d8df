//! Contacts: people.

mod create_contact;
mod events;
mod one_person;
mod state;
mod update_contact;

pub use create_contact::CreateContact;
pub use events::*;
pub use state::Contact;
pub use update_contact::UpdateContact;
