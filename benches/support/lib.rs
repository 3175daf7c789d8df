//! What all benchmarks share: a table row per measured bar, the raw disk beside it, medians, the company measured.

mod probe;
mod row;
mod space;
mod stats;
mod workload;

pub use probe::{Probe, Raw};
pub use row::Row;
pub use space::size_of;
pub use stats::{Latencies, median, spread};
pub use workload::{Workload, fill};
