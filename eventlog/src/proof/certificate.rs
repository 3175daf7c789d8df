//! The certificate of an erasure: a signed note that says whose keys were destroyed, when, on what ground and by whom,
//! and that binds it to the log before and after.

use letopis_domain::ids::{EmployeeId, Position, SubjectId};
use letopis_domain::privacy::ErasureGround;
use letopis_domain::values::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::checkpoint::{Checkpoint, CheckpointError, verify_note};
use super::consistency::ConsistencyProof;
use super::keys::{SigningKeys, VerifyingKeys};
use crate::tree::Hash;

/// Its first line.
pub const CERTIFICATE_FORMAT: &str = "letopis erasure certificate 1";

/// A text that is no certificate, or one that cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It does not read as one.
    #[error("it is no erasure certificate: {0} is missing or malformed")]
    Malformed(&'static str),
    /// Nobody who is trusted has signed it.
    #[error("the certificate cannot be trusted: {0}")]
    Signature(#[from] CheckpointError),
    /// It does not follow from its own proof.
    #[error("the certificate does not prove that the log of {after} records goes on from that of {before}")]
    Inconsistent {
        /// Records before.
        before: u64,
        /// Records after.
        after: u64,
    },
    /// The trusted checkpoint has another root.
    #[error("the certificate is of another history than the trusted checkpoint over {0} records")]
    OtherHistory(u64),
    /// The trusted checkpoint covers neither what it states before nor after.
    #[error(
        "the certificate states the log at {before} and {after} records; a trusted checkpoint over {trusted} says nothing about either"
    )]
    NotCompared {
        /// Records before.
        before: u64,
        /// Records after.
        after: u64,
        /// Records of the trusted checkpoint.
        trusted: u64,
    },
}

/// Size and root of the tree at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tree {
    /// Records.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// What a certificate states.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// The name of the log.
    pub origin: String,
    /// Where the log records the erasure.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// On what ground.
    pub ground: ErasureGround,
    /// The company's reference.
    pub reference: Option<String>,
    /// Who did it.
    pub by: Option<EmployeeId>,
    /// The pseudonyms of those who were erased, and what named their keys, in hexadecimal.
    pub subjects: Vec<(SubjectId, String)>,
    /// The log at the last checkpoint before; empty where there was none.
    pub before: Tree,
    /// The log at the checkpoint of the certificate, which covers the erasure.
    pub after: Tree,
    /// That the one goes on from the other.
    pub consistency: Vec<Hash>,
    /// What holds nothing of them any more.
    pub purged: Vec<String>,
}

impl Certificate {
    /// Signs it.
    pub(crate) fn sign(&self, keys: &SigningKeys) -> Result<String, CheckpointError> {
        keys.sign(&self.to_text()).map_err(|error| CheckpointError::Malformed(error.to_string()))
    }

    /// Reads a signed certificate, and holds it against the keys that are trusted, its own proof and a checkpoint that
    /// the reader has from elsewhere.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn open(note: &str, keys: &VerifyingKeys, trusted: Option<&Checkpoint>) -> Result<Self, CertificateError> {
        let (text, _) = note.rsplit_once("\n\n").ok_or(CertificateError::Malformed("the signature"))?;
        let certificate = Self::parse(text)?;
        let signers = verify_note(note, keys)?;
        if let Some(other) = signers.iter().find(|signer| **signer != certificate.origin) {
            let (found, expected) = (certificate.origin, other.clone());
            return Err(CheckpointError::OtherLog { found, expected }.into());
        }
        certificate.check(trusted)?;
        Ok(certificate)
    }

    fn check(&self, trusted: Option<&Checkpoint>) -> Result<(), CertificateError> {
        let (before, after) = (self.before.size, self.after.size);
        let proof = ConsistencyProof { from: before, hashes: self.consistency.clone() };
        let covers = before < self.position.0 && self.position.0 <= after;
        if !covers || !proof.proves_roots((before, self.before.root), (after, self.after.root)) {
            return Err(CertificateError::Inconsistent { before, after });
        }
        let Some(trusted) = trusted else { return Ok(()) };
        if trusted.origin() != self.origin {
            let (found, expected) = (self.origin.clone(), trusted.origin().to_owned());
            return Err(CheckpointError::OtherLog { found, expected }.into());
        }
        let same = [self.before, self.after].into_iter().find(|tree| tree.size == trusted.size());
        match same {
            Some(tree) if tree.root == trusted.root() => Ok(()),
            Some(_) => Err(CertificateError::OtherHistory(trusted.size())),
            None => Err(CertificateError::NotCompared { before, after, trusted: trusted.size() }),
        }
    }

    fn to_text(&self) -> String {
        let Self { origin, position, recorded_at, ground, reference, by, .. } = self;
        let (ground, recorded_at) = (named(ground), named(recorded_at));
        let mut lines = vec![
            CERTIFICATE_FORMAT.to_owned(),
            format!("origin {origin}"),
            format!("position {position}"),
            format!("recorded-at {recorded_at}"),
            format!("ground {ground}"),
        ];
        lines.extend(reference.iter().map(|reference| format!("reference {}", one_line(reference))));
        lines.extend(by.iter().map(|by| format!("by {}", by.0)));
        lines.extend(self.subjects.iter().map(|(subject, key)| format!("subject {} key {key}", subject.0)));
        lines.push(format!("before {} {}", self.before.size, self.before.root));
        lines.push(format!("after {} {}", self.after.size, self.after.root));
        lines.extend(self.consistency.iter().map(|hash| format!("consistency {hash}")));
        lines.extend(self.purged.iter().map(|what| format!("purged {}", one_line(what))));
        lines.join("\n") + "\n"
    }

    fn parse(text: &str) -> Result<Self, CertificateError> {
        let malformed = CertificateError::Malformed;
        let mut lines = text.lines();
        if lines.next() != Some(CERTIFICATE_FORMAT) {
            return Err(malformed("its first line"));
        }
        let all = |name: &'static str| lines.clone().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(' '));
        let one = |name: &'static str| all(name).next().ok_or(malformed(name));
        let hash = |text: &str| Hash::parse_hash(text).map_err(|_| malformed("consistency"));
        let subject = |text: &str| -> Result<(SubjectId, String), CertificateError> {
            let (subject, key) = text.split_once(" key ").ok_or(malformed("subject"))?;
            Ok((SubjectId(subject.parse().map_err(|_| malformed("subject"))?), key.to_owned()))
        };
        let certificate = Self {
            origin: one("origin")?.to_owned(),
            position: Position(one("position")?.parse().map_err(|_| malformed("position"))?),
            recorded_at: by_name(one("recorded-at")?).ok_or(malformed("recorded-at"))?,
            ground: by_name(one("ground")?).ok_or(malformed("ground"))?,
            reference: all("reference").next().map(ToOwned::to_owned),
            by: all("by").next().map(str::parse).transpose().map_err(|_| malformed("by"))?.map(EmployeeId),
            subjects: all("subject").map(subject).collect::<Result<_, _>>()?,
            before: tree(one("before")?).ok_or(malformed("before"))?,
            after: tree(one("after")?).ok_or(malformed("after"))?,
            consistency: all("consistency").map(hash).collect::<Result<_, _>>()?,
            purged: all("purged").map(ToOwned::to_owned).collect(),
        };
        // What is not understood must not look as if it had been.
        if certificate.to_text().trim_end() == text { Ok(certificate) } else { Err(malformed("a line of this format")) }
    }
}

fn tree(text: &str) -> Option<Tree> {
    let (size, root) = text.split_once(' ')?;
    Some(Tree { size: size.parse().ok()?, root: Hash::parse_hash(root).ok()? })
}

fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// A value by its name in JSON.
fn named(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

fn by_name<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(name.into()).ok()
}
