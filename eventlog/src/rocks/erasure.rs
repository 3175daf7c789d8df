//! What an erasure does: the ledger and the keys, then the look-ups in memory and on disk, then the files that held
//! them. The sequencer does it between writing the group and answering; opening finishes what a crash interrupted.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::Receiver;
use letopis_domain::event::{Event, EventType};
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::query::Query;
use uuid::Uuid;

use super::faults::CrashPoint;
use super::lookup_rows::Scrub;
use super::records;
use super::search::CompiledQuery;
use super::shared::Shared;
use crate::error::ReadError;
use crate::keys::{Erasure, KeyError};
use crate::log::Range;

/// An erasure that did not come to its end. The next opening finishes it.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum ErasureError {
    /// The keys could not be destroyed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The look-ups could not be deleted.
    #[error(transparent)]
    Index(#[from] ReadError),
}

/// Where an erasure stops, to see it finished later.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The group is durable, nothing else was done.
    BeforeKeys,
    /// The keys are gone.
    BeforeLookups,
}

impl Shared {
    /// Destroys keys and deletes look-ups, for good: what the group says is durable by then.
    pub fn erase(&self, erasures: &[Erasure]) -> Result<(), ErasureError> {
        self.faults.pass(CrashPoint::BeforeErasing);
        #[cfg(test)]
        self.stop_if_asked(Stop::BeforeKeys)?;
        // Odd from here on, until the index is again what the records say; for ever when that fails.
        self.erasures.fetch_add(1, Ordering::SeqCst);
        self.keys.store().destroy(erasures)?;
        self.faults.pass(CrashPoint::KeysDestroyed);
        #[cfg(test)]
        if let Some(between) = &*self.between.lock() {
            between();
        }
        #[cfg(test)]
        self.stop_if_asked(Stop::BeforeLookups)?;
        let subjects: Vec<Uuid> = erasures.iter().map(|erasure| erasure.subject).collect();
        self.unfile(&subjects)?;
        self.erasures.fetch_add(1, Ordering::SeqCst);
        self.faults.pass(CrashPoint::LookupsDeleted);
        Ok(())
    }

    #[cfg(test)]
    fn stop_if_asked(&self, at: Stop) -> Result<(), ReadError> {
        let is_asked = *self.stop.lock() == Some(at);
        if is_asked { Err(ReadError::Storage("it was asked to stop".to_owned())) } else { Ok(()) }
    }

    /// Deletes the look-ups of the subjects' events: first in memory, so that the indexer cannot write them any more.
    fn unfile(&self, subjects: &[Uuid]) -> Result<(), ReadError> {
        for generation in &self.tail.view().generations {
            for subject in subjects {
                generation.lookups().forget(subject);
            }
        }
        let scrub = self.index.unfile(subjects)?;
        if !scrub.is_empty() {
            // The thread that scrubs outlives the sequencer.
            let _ = self.scrubs.send(scrub);
        }
        Ok(())
    }

    /// Finishes what a crash interrupted: whoever is erased, as the log or the ledger says, has no key and no look-up
    /// afterwards. A log from a backup does not record all that the ledger knows.
    pub fn finish_erasures(&self, was_clean: bool) -> Result<(), ErasureError> {
        self.keys.store().destroy(&self.recorded_erasures()?)?;
        let erased = self.keyring().destroyed();
        self.unfile(&erased)?;
        if !was_clean && !erased.is_empty() {
            let _ = self.scrubs.send(Scrub::everything());
        }
        Ok(())
    }

    /// Every erasure that the log records, oldest first.
    pub fn recorded_erasures(&self) -> Result<Vec<Erasure>, ReadError> {
        let query = Query::default().or_types(&[EventType::PersonalDataErased]);
        let query = CompiledQuery::new(&query, &self.types, &self.keyring().secrets);
        let mut erasures = Vec::new();
        for posting in self.find(&query, Range::ALL)? {
            let position = Position(posting.position);
            let bytes = self.records.existing_frame(posting.position)?;
            let recorded = records::decode(posting.position, &bytes, self.keyring())?;
            let Event::PersonalDataErased(fact) = recorded.event else { continue };
            let fact = Arc::new(fact);
            let of = |subject: &SubjectId| Erasure {
                subject: subject.0,
                position,
                recorded_at: recorded.recorded_at,
                fact: fact.clone(),
            };
            erasures.extend(fact.erased.as_slice().iter().map(of));
        }
        Ok(erasures)
    }
}

/// Scrubs the files of the index until there is nothing more to scrub: an empty scrub says so.
pub(super) fn run(shared: &Shared, scrubs: &Receiver<Scrub>) {
    for scrub in scrubs.iter().take_while(|scrub| !scrub.is_empty()) {
        shared.faults.pass(CrashPoint::BeforeScrub);
        if let Err(error) = shared.index.scrub(&scrub) {
            tracing::error!(%error, "files of the index that hold deleted look-ups could not be rewritten");
        }
        shared.faults.pass(CrashPoint::AfterScrub);
        shared.scrubbed.fetch_add(1, Ordering::Release);
    }
}
