//! Reports: questions about many facts at once.

mod activity_totals;
mod columns;
mod funnel;
mod lead_conversion;
mod rejection_audit;

pub use activity_totals::ActivityTotalQueries;
pub use funnel::FunnelQueries;
pub use lead_conversion::LeadConversionQueries;
pub use rejection_audit::RejectionAuditQueries;
