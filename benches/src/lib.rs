//! Support for benchmarks.
