//! Verifies an auditor's file, offline, against a checkpoint that the auditor trusts.
//!
//! Every event is proved on its own: its stored bytes hash to a leaf of the checkpoint's tree, and what is shown of it
//! for people is made again from these bytes. That no event is missing nobody can prove but the log as a whole: the
//! manifest is what the operator has signed about it.

use std::io::BufRead;

use data_encoding::BASE64;
use letopis_domain::ids::Position;
use sha2::{Digest, Sha256};

use super::checkpoint::{Checkpoint, CheckpointError, verify_note};
use super::export::{EventLine, ExportHeader, FORMAT, Manifest, ManifestLine};
use super::keys::VerifyingKeys;
use super::shown;
use super::tlog_proof::check_inclusion;
use crate::frame::Frame;
use crate::tree::Hash;

/// How the last line starts, and no other.
const MANIFEST_START: &str = "{\"manifest\":";

/// Why an export is not what it says.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// It does not read as an export.
    #[error("line {line} of the export is not readable: {reason}")]
    Malformed {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Its checkpoint cannot be trusted.
    #[error("the checkpoint of the export cannot be trusted: {0}")]
    Checkpoint(CheckpointError),
    /// It is of another log than the trusted checkpoint.
    #[error("the export is of the log '{found}', the trusted checkpoint of '{trusted}'")]
    OtherLog {
        /// What the export says.
        found: String,
        /// What the trusted checkpoint says.
        trusted: String,
    },
    /// The log of the export is shorter than the auditor knows it to be.
    #[error(
        "the export is of a log with {found} records, the trusted checkpoint covers {trusted}: the log was truncated, or the export is older than the checkpoint; ask for an export against a later checkpoint"
    )]
    Truncated {
        /// Records of the export's checkpoint.
        found: u64,
        /// Records of the trusted checkpoint.
        trusted: u64,
    },
    /// There is no proof that both checkpoints are of one history.
    #[error(
        "the export does not prove that its log of {size} records goes on from the trusted {trusted}; ask for an export since that checkpoint"
    )]
    NoConsistencyProof {
        /// Records of the trusted checkpoint.
        trusted: u64,
        /// Records of the export's checkpoint.
        size: u64,
    },
    /// Both checkpoints are of different histories.
    #[error(
        "the log of the export, {size} records, does not go on from the trusted checkpoint over {trusted}: history was rewritten"
    )]
    Inconsistent {
        /// Records of the trusted checkpoint.
        trusted: u64,
        /// Records of the export's checkpoint.
        size: u64,
    },
    /// Positions do not ascend.
    #[error("the event at position {position} stands after the one at {after}: events were reordered or repeated")]
    OutOfOrder {
        /// The event.
        position: Position,
        /// The one before it in the file.
        after: Position,
    },
    /// The stored bytes are not those of the log.
    #[error("the event at position {0} is not the one that the log holds there: it or its proof was changed")]
    Changed(Position),
    /// What is shown is not what is stored.
    #[error("what the export shows of the event at position {position} is not what is stored: {what}")]
    ShownDiffers {
        /// The event.
        position: Position,
        /// What differs.
        what: String,
    },
    /// There is no manifest.
    #[error("the export ends without its manifest: the file is cut short")]
    Incomplete,
    /// The manifest was not signed by the log.
    #[error("the manifest of the export cannot be trusted: {0}")]
    Manifest(CheckpointError),
    /// Events were removed or added.
    #[error("the manifest states {stated} events, the export has {found}: events were removed or added")]
    EventsMissing {
        /// As signed.
        stated: u64,
        /// In the file.
        found: u64,
    },
    /// The manifest is of another export.
    #[error("the manifest is not about this export: the file was changed after it was signed")]
    ManifestDiffers,
    /// The file could not be read.
    #[error("the export could not be read: {0}")]
    Io(#[from] std::io::Error),
}

/// What an export proves, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// What it is about, as the operator has signed.
    pub about: String,
    /// The name of the log.
    pub origin: String,
    /// Events that are in the log as they are shown.
    pub events: u64,
    /// Records of the log by the export's checkpoint.
    pub size: u64,
    /// Records of the trusted checkpoint, from which that log goes on.
    pub trusted: u64,
    /// Events whose content was not compared, because this program does not know their type or writes a later version.
    pub unknown: u64,
    /// Events that are shown with personal values, which are sealed in the log and so cannot be compared.
    pub personal: u64,
}

impl Audit {
    /// What is not proved, in sentences.
    pub fn limits(&self) -> Vec<String> {
        let mut limits = Vec::new();
        if self.personal > 0 {
            limits.push(format!(
                "the personal values of {} events are sealed in the log: they are as the operator shows them",
                self.personal
            ));
        }
        if self.unknown > 0 {
            limits.push(format!(
                "the content of {} events could not be compared with the stored bytes: their types or versions are not those of this program",
                self.unknown
            ));
        }
        limits.push(format!(
            "that these events are about {0}, and that nothing else is recorded about it, is what the operator has signed; only the whole log can prove it",
            self.about
        ));
        limits
    }
}

/// Verifies an export. `trusted` is a checkpoint that the auditor got earlier or elsewhere; `keys` have signed it.
///
/// # Errors
/// What is wrong first.
pub fn verify_export(
    export: &mut dyn BufRead,
    trusted: &Checkpoint,
    keys: &VerifyingKeys,
) -> Result<Audit, AuditError> {
    let mut lines = Lines { export, number: 0, digest: Sha256::new() };
    let first = lines.next()?.ok_or(AuditError::Incomplete)?;
    let header: ExportHeader = serde_json::from_str(&first).map_err(|error| lines.malformed(error))?;
    if header.format != FORMAT {
        return Err(lines.malformed(format!("its format is '{}'", header.format)));
    }
    lines.digest.update(&first);
    let checkpoint = Checkpoint::open(&header.checkpoint, keys).map_err(AuditError::Checkpoint)?;
    check_history(&header, &checkpoint, trusted)?;
    let audit = Audit {
        about: header.about,
        origin: header.origin,
        events: 0,
        size: checkpoint.size(),
        trusted: trusted.size(),
        unknown: 0,
        personal: 0,
    };
    Auditor { checkpoint, keys, audit, last: Position::START }.events(&mut lines)
}

/// Checks that the log of the export goes on from what the auditor knows.
fn check_history(header: &ExportHeader, checkpoint: &Checkpoint, trusted: &Checkpoint) -> Result<(), AuditError> {
    let (size, known) = (checkpoint.size(), trusted.size());
    if checkpoint.origin() != trusted.origin() || header.origin != trusted.origin() {
        let found =
            if checkpoint.origin() == trusted.origin() { &header.origin } else { &checkpoint.origin().to_owned() };
        return Err(AuditError::OtherLog { found: found.clone(), trusted: trusted.origin().to_owned() });
    }
    if size < known {
        return Err(AuditError::Truncated { found: size, trusted: known });
    }
    let is_consistent = if size == known {
        checkpoint.root() == trusted.root()
    } else {
        let proof = header.consistency.iter().find(|proof| proof.from == known);
        proof.ok_or(AuditError::NoConsistencyProof { trusted: known, size })?.proves(trusted, checkpoint)
    };
    if is_consistent { Ok(()) } else { Err(AuditError::Inconsistent { trusted: known, size }) }
}

/// The lines of a file, and the digest of those before the one read last.
struct Lines<'a> {
    export: &'a mut dyn BufRead,
    number: u64,
    digest: Sha256,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<String>, AuditError> {
        let mut bytes = Vec::new();
        self.export.read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        String::from_utf8(bytes).map(Some).map_err(|_| self.malformed("it is no text"))
    }

    fn malformed(&self, reason: impl std::fmt::Display) -> AuditError {
        AuditError::Malformed { line: self.number, reason: reason.to_string() }
    }
}

struct Auditor<'a> {
    checkpoint: Checkpoint,
    keys: &'a VerifyingKeys,
    audit: Audit,
    last: Position,
}

impl Auditor<'_> {
    fn events(mut self, lines: &mut Lines<'_>) -> Result<Audit, AuditError> {
        while let Some(line) = lines.next()? {
            if line.starts_with(MANIFEST_START) {
                return self.manifest(&line, lines);
            }
            let event: EventLine = serde_json::from_str(&line).map_err(|error| lines.malformed(error))?;
            self.event(&event, lines)?;
            lines.digest.update(&line);
        }
        Err(AuditError::Incomplete)
    }

    fn event(&mut self, line: &EventLine, lines: &Lines<'_>) -> Result<(), AuditError> {
        let position = Position(line.position);
        if position <= self.last {
            return Err(AuditError::OutOfOrder { position, after: self.last });
        }
        self.last = position;
        let bytes = BASE64.decode(line.frame.as_bytes()).map_err(|error| lines.malformed(error))?;
        check_inclusion(line.position - 1, &bytes, &line.proof, &self.checkpoint)
            .map_err(|_| AuditError::Changed(position))?;
        let differs = |what: String| AuditError::ShownDiffers { position, what };
        let frame = Frame::read(&bytes).map_err(|error| differs(error.to_string()))?;
        if frame.position != position {
            return Err(differs(format!("the stored position is {}", frame.position)));
        }
        let stored = shown::event(&frame).map_err(|error| differs(error.to_string()))?;
        if stored.get() != line.event.get() {
            if shown::is_current(&frame) || !shown::differs_in_content_alone(stored.get(), line.event.get()) {
                return Err(differs(format!("stored is {stored}")));
            }
            self.audit.unknown += 1;
        }
        if !shown::may_be_personal(&frame, &line.personal) {
            return Err(differs("nothing personal is stored with it".to_owned()));
        }
        self.audit.personal += u64::from(shown::has_personal(&line.personal));
        self.audit.events += 1;
        Ok(())
    }

    fn manifest(self, line: &str, lines: &mut Lines<'_>) -> Result<Audit, AuditError> {
        let parsed: ManifestLine = serde_json::from_str(line).map_err(|error| lines.malformed(error))?;
        // No digest covers this line, so it must be written as only this format writes it.
        if serde_json::to_string(&parsed).ok().is_none_or(|written| written + "\n" != line) {
            return Err(lines.malformed("the manifest is not written as this format has it"));
        }
        let ManifestLine { manifest } = parsed;
        verify_note(&manifest, self.keys).map_err(AuditError::Manifest)?;
        let (text, _) = manifest.rsplit_once("\n\n").unwrap_or_default();
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let stated = field("events").and_then(|count| count.parse().ok()).unwrap_or(0);
        if stated != self.audit.events {
            return Err(AuditError::EventsMissing { stated, found: self.audit.events });
        }
        let expected = Manifest {
            origin: &self.audit.origin,
            about: &self.audit.about,
            size: self.checkpoint.size(),
            root: self.checkpoint.root(),
            events: self.audit.events,
            digest: Hash(lines.digest.clone().finalize().into()),
        };
        if expected.to_text().trim_end() != text {
            return Err(AuditError::ManifestDiffers);
        }
        match lines.next()? {
            None => Ok(self.audit),
            Some(_) => Err(lines.malformed("nothing may stand after the manifest")),
        }
    }
}
