//! The event log: bytes, order, durability and conditions. It knows events only as registered facts.

pub mod environment;
pub mod error;
pub mod keys;
pub mod limits;
pub mod log;

pub mod chunk;
pub mod codec;
pub mod memory;
pub mod transact;

pub mod proof;
pub mod rocks;
pub mod tree;

pub mod backup;

mod checked_line;
mod copies;
mod frame;
mod shelf;
mod stamps;

#[cfg(test)]
mod contract;
