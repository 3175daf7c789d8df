//! Certificates of erasures.

use letopis_domain::event::Event;
use letopis_domain::ids::{Position, SubjectId};

use super::proving::ProofError;
use super::rocks_log::RocksLog;
use crate::error::ReadError;
use crate::log::Log;
use crate::proof::{Certificate, Checkpoint, CheckpointError, TlogProof, Tree};

/// An erasure that cannot be certified.
#[derive(Debug, thiserror::Error)]
pub enum CertifyError {
    /// There is no erasure.
    #[error("the event at position {0} is no erasure")]
    NoErasure(Position),
    /// It did not come to its end.
    #[error("the erasure of {subject} at position {position} is not finished; verify the log")]
    Unfinished {
        /// Who.
        subject: SubjectId,
        /// Where.
        position: Position,
    },
    /// It cannot be proved.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// It cannot be signed.
    #[error("the certificate could not be signed: {0}")]
    Sign(CheckpointError),
}

/// A certificate, and the proof that the erasure stands in the log.
#[derive(Clone, Debug)]
pub struct Certified {
    /// What is certified.
    pub certificate: Certificate,
    /// The signed note.
    pub note: String,
    /// The record of the erasure with its proof.
    pub proof: TlogProof,
}

impl RocksLog {
    /// Certifies the erasure at a position. `read_models` are those that have taken it in.
    ///
    /// # Errors
    /// When there is none, it is not finished, or there is no key to sign with.
    pub fn certify_erasure(&self, position: Position, read_models: &[&str]) -> Result<Certified, CertifyError> {
        let recorded = self.get(position).map_err(ProofError::Read)?.ok_or(CertifyError::NoErasure(position))?;
        let Event::PersonalDataErased(fact) = &recorded.event else { return Err(CertifyError::NoErasure(position)) };
        let subjects = self.destroyed_keys(fact.erased.as_slice(), position)?;
        let after = self.checkpoint().map_err(ProofError::Issue)?;
        let kept = self.checkpoints().map_err(|error: ReadError| ProofError::Read(error))?;
        let before = kept.into_iter().rfind(|kept| kept.size() < position.0);
        let prover = self.prover(&after)?;
        let consistency = before.as_ref().map(|before| prover.consistency(before)).transpose()?;
        let certificate = Certificate {
            origin: after.origin().to_owned(),
            position,
            recorded_at: recorded.recorded_at,
            ground: fact.ground,
            reference: fact.reference.clone(),
            by: fact.employee,
            subjects,
            before: before.as_ref().map_or(Tree { size: 0, root: tlog_tiles::tlog::EMPTY_HASH }, tree),
            after: tree(&after),
            consistency: consistency.map(|proof| proof.hashes).unwrap_or_default(),
            purged: purged(read_models),
        };
        let keys = self.shared().checkpoints.signing_keys().map_err(ProofError::Issue)?;
        let note = certificate.sign(&keys).map_err(CertifyError::Sign)?;
        Ok(Certified { certificate, note, proof: prover.prove(position)? })
    }

    /// The subjects with the names of their keys, which are gone as key store and ledger say.
    fn destroyed_keys(
        &self,
        erased: &[SubjectId],
        position: Position,
    ) -> Result<Vec<(SubjectId, String)>, CertifyError> {
        let shared = self.shared();
        let ledger = shared.keys.store().erasures();
        let of = |subject: &SubjectId| {
            let unfinished = CertifyError::Unfinished { subject: *subject, position };
            let line = ledger.iter().find(|line| line.subject == *subject).ok_or(unfinished)?;
            if !shared.keyring().is_destroyed(&subject.0) {
                return Err(CertifyError::Unfinished { subject: *subject, position });
            }
            Ok((*subject, line.fingerprint.clone()))
        };
        erased.iter().map(of).collect()
    }
}

fn tree(checkpoint: &Checkpoint) -> Tree {
    Tree { size: checkpoint.size(), root: checkpoint.root() }
}

fn purged(read_models: &[&str]) -> Vec<String> {
    let own = ["the key store", "the look-ups of the index"].into_iter().map(ToOwned::to_owned);
    own.chain(read_models.iter().map(|name| format!("the read model {name}"))).collect()
}
