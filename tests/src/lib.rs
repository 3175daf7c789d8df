//! Support for tests across crates.
