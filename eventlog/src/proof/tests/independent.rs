//! The verifier in `docs/verifier`, which shares no code with this one.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::proof::{AuditError, CheckpointError};

/// What it says; or the code with which it refuses.
pub(super) fn verify(file: &str, checkpoint: Option<&str>, keys: &Path) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verifier/verify.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(program).arg(written("file", file)).arg("--key").arg(keys);
    if let Some(checkpoint) = checkpoint {
        command.arg("--checkpoint").arg(written("checkpoint", checkpoint));
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let refused = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let code = refused.strip_prefix("REFUSED, ").and_then(|refused| refused.split_once(':'));
    Err(code.unwrap_or_else(|| panic!("it broke: {refused}")).0.to_owned())
}

/// The codes with which it may refuse what was refused with this error.
pub(super) const fn codes(error: &AuditError) -> &'static [&'static str] {
    match error {
        AuditError::Malformed { .. } | AuditError::Io(_) => &["malformed", "manifest differs", "incomplete"],
        AuditError::Checkpoint(CheckpointError::Forged { .. }) | AuditError::Manifest(_) => &["forged"],
        AuditError::Checkpoint(_) => &["untrusted", "other log", "malformed"],
        AuditError::OtherLog { .. } => &["other log"],
        AuditError::Truncated { .. } => &["truncated"],
        AuditError::NoConsistencyProof { .. } => &["no consistency proof"],
        AuditError::Inconsistent { .. } => &["inconsistent"],
        AuditError::OutOfOrder { .. } => &["out of order"],
        AuditError::Changed(_) => &["changed"],
        // It does not know the contents of events, but the manifest covers them.
        AuditError::ShownDiffers { .. } => &["shown differs", "manifest differs"],
        AuditError::Incomplete => &["incomplete"],
        AuditError::EventsMissing { .. } => &["events missing"],
        AuditError::ManifestDiffers => &["manifest differs"],
    }
}
