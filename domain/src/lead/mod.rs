//! Leads: inquiries until they are converted or rejected.

mod assign_lead;
mod conversion;
mod convert_lead;
mod events;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod properties;
mod qualify_lead;
mod receive_lead;
mod recycle_lead;
mod reject_lead;
mod reopen_lead;
mod standing;
mod state;

pub use assign_lead::AssignLead;
pub use conversion::{ConversionAccount, ConversionContact, ConversionOpportunity};
pub use convert_lead::ConvertLead;
pub use events::*;
pub use qualify_lead::QualifyLead;
pub use receive_lead::ReceiveLead;
pub use recycle_lead::RecycleLead;
pub use reject_lead::RejectLead;
pub use reopen_lead::ReopenLead;
pub use state::{Lead, LeadConversion, LeadDismissal, LeadStatus};
