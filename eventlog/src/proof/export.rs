//! An auditor's file: events of one subject with their stored bytes and proofs, in text.
//!
//! One JSON object per line. First a header with the checkpoint, then one line per event in the order of positions,
//! and last a manifest: a note signed by the log's key that states how many events there are and what the bytes of all
//! lines before it hash to.

use std::io::{self, Write};

use data_encoding::BASE64;
use letopis_domain::event::Recorded;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::checkpoint::Checkpoint;
use super::consistency::ConsistencyProof;
use super::keys::SigningKeys;
use super::shown;
use super::tlog_proof::TlogProof;
use crate::error::ReadError;
use crate::frame::Frame;
use crate::tree::Hash;

/// What the header says first.
pub(super) const FORMAT: &str = "letopis export 1";
/// The first line of a manifest. It holds spaces, so that no checkpoint, whose first line is a log's name, is one.
pub(super) const MANIFEST_FORMAT: &str = "letopis export manifest 1";

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportHeader {
    /// Names the format.
    pub(super) format: String,
    /// The name of the log.
    pub(super) origin: String,
    /// What was exported.
    pub(super) about: String,
    /// The checkpoint that proves the events, a signed note.
    pub(super) checkpoint: String,
    /// Proofs that older checkpoints are of the same log.
    pub(super) consistency: Vec<ConsistencyProof>,
}

/// A line per event.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventLine {
    pub position: u64,
    /// The event for people, without what is personal.
    pub event: Box<RawValue>,
    /// Its personal values, `erased`, or null.
    pub personal: Box<RawValue>,
    /// The stored bytes, in base64.
    pub frame: String,
    /// The audit path.
    #[serde(with = "super::hashes")]
    pub proof: Vec<Hash>,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestLine {
    pub manifest: String,
}

/// What the manifest states, as its text without signatures.
pub(super) struct Manifest<'a> {
    pub origin: &'a str,
    pub about: &'a str,
    pub size: u64,
    pub root: Hash,
    pub events: u64,
    pub digest: Hash,
}

impl Manifest<'_> {
    pub fn to_text(&self) -> String {
        let Self { origin, about, size, root, events, digest } = self;
        format!(
            "{MANIFEST_FORMAT}\norigin {origin}\nabout {about}\ncheckpoint {size} {root}\nevents {events}\nsha256 {digest}\n"
        )
    }
}

/// How much was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportSummary {
    /// Events in the file.
    pub events: u64,
    /// Size of the file.
    pub bytes: u64,
}

/// An event that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteEventError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ExportHeader {
    /// The header of an export about `about`, a single line of text.
    pub fn new(about: &str, checkpoint: &Checkpoint, consistency: Vec<ConsistencyProof>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            origin: checkpoint.origin().to_owned(),
            about: about.chars().map(|char| if char.is_control() { ' ' } else { char }).collect(),
            checkpoint: checkpoint.note().to_owned(),
            consistency,
        }
    }
}

/// Writes an export line by line.
pub struct ExportWriter<'a> {
    out: &'a mut dyn Write,
    about: String,
    digest: Sha256,
    events: u64,
    bytes: u64,
}

impl<'a> ExportWriter<'a> {
    /// Writes the header.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn begin(header: &ExportHeader, out: &'a mut dyn Write) -> io::Result<Self> {
        let about = header.about.clone();
        let mut writer = Self { out, about, digest: Sha256::new(), events: 0, bytes: 0 };
        writer.line(header)?;
        Ok(writer)
    }

    /// Writes an event by its proof, which carries the record. `decoded` shows what is personal in it.
    ///
    /// # Errors
    /// When the record is damaged, or `out` fails.
    pub fn event(&mut self, proof: &TlogProof, decoded: Option<&Recorded>) -> Result<(), WriteEventError> {
        let position = proof.position();
        let damaged = |reason: String| ReadError::Damaged { position, reason };
        let bytes = proof.frame.as_deref().unwrap_or_default();
        let frame = Frame::read(bytes).map_err(|error| damaged(error.to_string()))?;
        let personal = match decoded {
            Some(decoded) => shown::personal(decoded)?,
            None => RawValue::NULL.to_owned(),
        };
        let event = shown::event(&frame)?;
        let (frame, proof) = (BASE64.encode(bytes), proof.hashes.clone());
        self.line(&EventLine { position: position.0, event, personal, frame, proof })?;
        self.events += 1;
        Ok(())
    }

    /// Signs and writes the manifest.
    ///
    /// # Errors
    /// When it cannot be signed, or `out` fails.
    pub fn finish(mut self, keys: &SigningKeys, checkpoint: &Checkpoint) -> io::Result<ExportSummary> {
        let manifest = Manifest {
            origin: checkpoint.origin(),
            about: &self.about,
            size: checkpoint.size(),
            root: checkpoint.root(),
            events: self.events,
            digest: Hash(self.digest.clone().finalize().into()),
        };
        let manifest = keys.sign(&manifest.to_text()).map_err(io::Error::other)?;
        self.line(&ManifestLine { manifest })?;
        self.out.flush()?;
        Ok(ExportSummary { events: self.events, bytes: self.bytes })
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.digest.update(&text);
        self.bytes += text.len() as u64;
        self.out.write_all(&text)
    }
}
