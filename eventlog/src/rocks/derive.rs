//! What the index must say, derived from the records alone: for opening after a crash, and for verification.

use std::sync::Arc;

use letopis_domain::ids::Position;
use smallvec::SmallVec;

use super::index::Codes;
use super::keys::{self, Key};
use super::lookups::Filed;
use crate::error::ReadError;
use crate::frame::{Frame, PersonalPart};
use crate::log::RequestRecord;

/// The index entries of one event.
pub(super) struct Derived {
    /// The code of its type.
    pub code: u16,
    /// Its posting lists.
    pub lists: SmallVec<[Key; 6]>,
    /// Its look-ups, as long as the keys of its subjects live.
    pub filed: Option<Arc<Filed>>,
    /// The request before, which ended with the event before.
    pub ended: Option<(Key, RequestRecord)>,
}

/// Derives event by event, in position order, from the start of a group.
#[derive(Default)]
pub(super) struct Deriver {
    open: Option<(Key, RequestRecord)>,
}

impl Deriver {
    /// The entries of the next event, whose personal part matters only if it has look-ups.
    pub fn next(&mut self, frame: &Frame<'_>, personal: &PersonalPart, codes: &Codes) -> Result<Derived, ReadError> {
        let position = frame.position;
        let event_type = frame.event_type().map_err(|source| ReadError::Undecodable { position, source })?;
        let damaged = |reason: String| ReadError::Damaged { position, reason };
        let tags = frame.tags().map_err(|error| damaged(error.to_string()))?;
        let mut lists: SmallVec<[Key; 6]> = tags.iter().map(keys::of_tag).collect();
        lists.push(keys::of_type(event_type));
        let ended = self.next_request(frame).map_err(damaged)?;
        let lookups = personal.lookups();
        let subjects = if lookups.is_empty() { SmallVec::new() } else { frame.subjects()? };
        let filed = Filed::new(lookups, &subjects);
        Ok(Derived { code: codes.of_type(event_type), lists, filed, ended })
    }

    /// The last request, once there are no more events.
    pub fn finish(&mut self) -> Option<(Key, RequestRecord)> {
        self.open.take()
    }

    fn next_request(&mut self, frame: &Frame<'_>) -> Result<Option<(Key, RequestRecord)>, String> {
        let Position(position) = frame.position;
        match (frame.request, frame.digest) {
            (None, _) => Ok(self.open.take()),
            (Some(id), Some(digest)) => {
                let record = RequestRecord { digest, first: Position(position), last: Position(position) };
                Ok(self.open.replace((keys::of_request(id), record)))
            }
            (Some(id), None) => match &mut self.open {
                Some((key, record)) if *key == keys::of_request(id) && record.last.0 + 1 == position => {
                    record.last = Position(position);
                    Ok(None)
                }
                _ => Err("it continues a request that did not begin before it".to_owned()),
            },
        }
    }
}
