//! What all benchmarks share: a table row per measured bar, the raw disk beside it, medians, tallies.

mod probe;
mod row;
mod stats;

pub use probe::{Probe, Raw};
pub use row::Row;
pub use stats::{Latencies, median, spread};
