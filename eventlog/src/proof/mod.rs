//! What leaves the log so that others can check it: signed checkpoints, proofs, and an auditor's export.
//!
//! Everything here that verifies works offline, on bytes: it needs no log.

mod audit;
mod certificate;
mod checkpoint;
mod consistency;
mod export;
mod hashes;
mod keys;
pub(crate) mod shown;
mod tlog_proof;

pub use audit::{Audit, AuditError, verify_export};
pub use certificate::{CERTIFICATE_FORMAT, Certificate, CertificateError, Tree};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use consistency::{ConsistencyProof, Continuation, ContinuationError};
pub use export::{ExportHeader, ExportSummary, ExportWriter, WriteEventError};
pub use keys::{KeyError, SIGNING_KEYS_FILE, SigningKeys, VERIFYING_KEYS_FILE, VerifyingKeys};
pub use shown::ShownEvent;
pub use tlog_proof::{TlogProof, TlogProofError};

pub(crate) use keys::KeyId;

#[cfg(test)]
mod tests;
