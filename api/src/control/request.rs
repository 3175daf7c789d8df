//! What can be asked of whoever holds a data folder, and the answers: lines of JSON.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use letopis_domain::ids::EmployeeId;
use letopis_domain::privacy::EraseSubject;
use letopis_eventlog::rocks::Verification;
use letopis_identity::ApiKey;
use letopis_projections::rebuild::RebuildReport;
use serde::{Deserialize, Serialize};

use super::api_key::{ApiKeyRequest, Secret};
use super::erasure_record::ErasureRecordRequest;
use super::export::ExportRequest;
use super::new_file::NewFile;
use super::places::Places;
use super::subject_export::SubjectExportRequest;

/// A request, and where whoever asks believes the keys to be.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Asked {
    /// What is asked.
    pub request: Request,
    /// The places that were named.
    pub places: Places,
}

/// How many backups and sets of keys are kept, the newest ones; none = all.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub struct Keep {
    /// Backups.
    pub backups: Option<NonZeroUsize>,
    /// Sets of keys.
    pub keys: Option<NonZeroUsize>,
}

/// What can be asked.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub enum Request {
    /// Fold all read models anew, and put them in the place of those in use.
    Rebuild,
    /// Check the log.
    Verify {
        /// Hold the read models against a fresh rebuild, too.
        deep: bool,
    },
    /// Back the log up.
    #[serde(rename_all = "camelCase")]
    Backup {
        /// The backup folder, as an absolute path.
        to: PathBuf,
        /// Where the keys are copied afterwards, as an absolute path; none = they are not.
        keys_to: Option<PathBuf>,
        /// Whether the master key and the signing keys are copied, too.
        with_master_key: bool,
        /// What is removed afterwards.
        keep: Keep,
    },
    /// Export a history with proofs.
    Export(ExportRequest),
    /// Export the whole log as a portable file.
    ExportLog {
        /// The file.
        to: NewFile,
    },
    /// Export what is held on a person.
    ExportSubject(SubjectExportRequest),
    /// Sign a checkpoint.
    Checkpoint {
        /// A checkpoint from which the log is to be shown to go on, as a signed note.
        since: Option<String>,
    },
    /// Erase a person.
    Erase {
        /// Whom, and why.
        command: EraseSubject,
        /// Who acts.
        actor: Option<EmployeeId>,
    },
    /// Write the papers of an erasure.
    RecordErasure(ErasureRecordRequest),
    /// Make, list or revoke API keys.
    ApiKeys(ApiKeyRequest),
}

impl Request {
    /// Whether the read models are needed for it.
    #[must_use]
    pub const fn needs_views(&self) -> bool {
        matches!(self, Self::Rebuild | Self::Export(_) | Self::RecordErasure(_) | Self::Verify { deep: true })
    }
}

/// A line of an answer; the last one says how it ended.
#[derive(Serialize, Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) enum Told {
    Progress { done: u64, total: u64 },
    Done(Answer),
    Failed(String),
}

/// How it ended.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// The read models were rebuilt.
    Rebuilt(Rebuilt),
    /// The log was checked.
    Checked(Checked),
    /// A backup was taken.
    #[serde(rename_all = "camelCase")]
    BackedUp {
        /// Its number.
        id: u32,
        /// What was durable when it began.
        head: u64,
        /// The size of its files.
        size_bytes: u64,
        /// How many files it has.
        files: u32,
        /// The set of keys that was copied.
        keys: Option<PathBuf>,
        /// Older backups that were removed.
        removed: Vec<u32>,
        /// Older sets of keys that were removed.
        removed_keys: Vec<u32>,
    },
    /// The whole log was exported.
    ExportedLog {
        /// Records in the file.
        records: u64,
        /// The root of the Merkle tree over them, in base64.
        root: String,
        /// Its size.
        bytes: u64,
    },
    /// A history was exported.
    Exported {
        /// Events in the file.
        events: u64,
        /// Its size.
        bytes: u64,
        /// Records of the log that the proofs are of.
        size: u64,
    },
    /// What is held on a person was exported.
    ExportedSubject {
        /// Events in the file.
        events: u64,
        /// Its size.
        bytes: u64,
    },
    /// A checkpoint was signed.
    Signed {
        /// The checkpoint, after the proof that the log goes on from another one if that was asked for.
        text: String,
    },
    /// The papers of an erasure were written.
    ErasureRecorded {
        /// Where the log records the erasure.
        position: u64,
        /// How many data subjects it is about.
        subjects: u64,
        /// The folder.
        folder: PathBuf,
    },
    /// An API key was made.
    KeyMade {
        /// What is kept of it.
        key: ApiKey,
        /// The key itself, which is nowhere else.
        text: Secret,
    },
    /// The API keys.
    Keys {
        /// Each, in the order in which they were made.
        keys: Vec<ApiKey>,
    },
    /// An API key is no longer accepted.
    KeyRevoked {
        /// What is kept of it.
        key: ApiKey,
    },
    /// A person was erased, or had been before.
    Erased {
        /// The event; none = there was nothing left to erase.
        position: Option<u64>,
    },
}

impl Answer {
    /// The error of whoever asked for something else.
    #[must_use]
    pub fn unexpected(&self) -> anyhow::Error {
        anyhow::anyhow!("the server that holds the folder answered something else than was asked: {self:?}")
    }
}

/// What a check found, as people read it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// Records that were checked.
    pub records: u64,
    /// Groups they stand in.
    pub groups: u64,
    /// Index entries that were compared.
    pub index_entries: u64,
    /// How long it took.
    pub seconds: f64,
    /// The first thing that is wrong; none when all is well.
    pub problem: Option<String>,
}

impl Checked {
    pub(super) fn new(found: Verification, seconds: f64) -> Self {
        let Verification { records, groups, index_entries, problem, .. } = found;
        let problem = problem.map(|problem| problem.to_string());
        Self { records, groups, index_entries, seconds, problem }
    }
}

/// What a rebuild came to, as people read it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Rebuilt {
    /// Events folded.
    pub events: u64,
    /// How long that took.
    pub seconds: f64,
    /// What the read models say that were built anew: a line each.
    pub digests: Vec<String>,
    /// Whether the read models in use said the same; none when there was nothing to compare with.
    pub is_equal: Option<bool>,
}

impl From<&RebuildReport> for Rebuilt {
    fn from(report: &RebuildReport) -> Self {
        Self {
            events: report.events,
            seconds: report.elapsed.as_secs_f64(),
            digests: report.digests.iter().map(ToString::to_string).collect(),
            is_equal: report.is_equal(),
        }
    }
}
