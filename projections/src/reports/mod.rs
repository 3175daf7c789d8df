//! Reports: questions about many rows at once, each answered as of a position.

pub mod activity_totals;
pub mod audit;
pub mod bursts;
pub mod funnel;
pub mod lead_conversion;
pub mod timeline;
