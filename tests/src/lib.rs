//! Support for tests across crates.

pub mod edits;
