//! Data subjects: consents, legal holds, erasure.

mod mutations;
mod queries;
mod types;

pub use mutations::PrivacyMutations;
pub use queries::PrivacyQueries;
pub use types::{DataSubject, LegalHold};
