//! The event log: bytes, order, durability and conditions. It knows events only as registered facts.

pub mod environment;
pub mod error;
pub mod log;
pub mod transact;
