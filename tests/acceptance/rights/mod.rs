//! Who comes in, what they see, and who knows of it.

mod access_log;
mod company;
mod first_start;
mod hidden;
mod identity;
mod roles;
mod walk;
