//! What verification holds against the key store: look-ups are the keyed hashes of what they stand for, and whoever
//! the log erases has no key and a line in the ledger.

use letopis_domain::event::Recorded;
use letopis_domain::ids::SubjectId;
use letopis_domain::privacy::DataSubjects;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::shared::Shared;
use crate::error::ReadError;
use crate::frame::{Frame, PersonalPart};
use crate::keys::Lookup;

/// The ledger as it was when the verification began.
pub(super) struct PersonalCheck {
    in_ledger: FxHashSet<SubjectId>,
}

impl PersonalCheck {
    pub fn new(shared: &Shared) -> Self {
        let erasures = shared.keys.store().erasures();
        Self { in_ledger: erasures.into_iter().map(|erased| erased.subject).collect() }
    }

    /// Checks one event.
    pub fn event(
        &self,
        shared: &Shared,
        frame: &Frame<'_>,
        personal: &PersonalPart,
        recorded: &Recorded,
    ) -> Result<(), ReadError> {
        let damaged = |reason: String| ReadError::Damaged { position: frame.position, reason };
        if let PersonalPart::Known(opened) = personal
            && is_current(frame)
        {
            let secrets = &shared.keyring().secrets;
            let tags = recorded.event.lookups();
            let expected: SmallVec<[Lookup; 2]> = tags.as_slice().iter().map(|tag| secrets.lookup(tag)).collect();
            if opened.lookups() != expected.as_slice() {
                return Err(damaged("its look-ups are not those of its values".to_owned()));
            }
        }
        for subject in recorded.event.erases().map(DataSubjects::as_slice).unwrap_or_default() {
            if !shared.keyring().is_destroyed(&subject.0) {
                return Err(damaged(format!("it erases the subject {subject}, whose key is not destroyed")));
            }
            if !self.in_ledger.contains(subject) {
                return Err(damaged(format!(
                    "it erases the subject {subject}, of whom the ledger of erasures says nothing"
                )));
            }
        }
        Ok(())
    }
}

/// Whether the event is stored as it is written today. What is read from an older version may be filed otherwise.
fn is_current(frame: &Frame<'_>) -> bool {
    frame.event_type().is_ok_and(|event_type| event_type.current_version() == frame.schema_version)
}
