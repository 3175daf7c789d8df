//! Look-ups in memory: under which keyed hashes the newest events are filed, and whose they are.
//!
//! Whoever is erased takes along the look-ups of every event that was about them, also those that it had because of
//! others: without its keys the event cannot say any more what they were.

use std::sync::Arc;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use uuid::Uuid;

use super::postings::Posting;
use crate::keys::Lookup;

/// The look-ups of one event, and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filed {
    /// What it is filed under.
    pub lookups: SmallVec<[Lookup; 2]>,
    /// Whose keys its sealed part takes.
    pub subjects: SmallVec<[Uuid; 2]>,
}

impl Filed {
    /// None where there are no look-ups.
    pub fn new(lookups: &[Lookup], subjects: &[Uuid]) -> Option<Arc<Self>> {
        let filed = || Self { lookups: SmallVec::from_slice(lookups), subjects: SmallVec::from_slice(subjects) };
        (!lookups.is_empty()).then(|| Arc::new(filed()))
    }
}

/// The look-ups of a generation.
#[derive(Default)]
pub(super) struct LookupTable(Mutex<Tables>);

#[derive(Default)]
struct Tables {
    by_lookup: FxHashMap<Lookup, SmallVec<[Posting; 1]>>,
    by_subject: FxHashMap<Uuid, Vec<(Posting, Arc<Filed>)>>,
}

impl LookupTable {
    /// Files the event; positions ascend.
    pub fn push(&self, posting: Posting, filed: &Arc<Filed>) {
        let mut tables = self.0.lock();
        for lookup in &filed.lookups {
            tables.by_lookup.entry(*lookup).or_default().push(posting);
        }
        for subject in &filed.subjects {
            tables.by_subject.entry(*subject).or_default().push((posting, filed.clone()));
        }
    }

    /// Adds the postings of a look-up with `after` < position ≤ `upto`, ascending.
    pub fn collect(&self, lookup: &Lookup, after: u64, upto: u64, out: &mut Vec<Posting>) {
        let tables = self.0.lock();
        let Some(postings) = tables.by_lookup.get(lookup) else { return };
        out.extend(postings.iter().filter(|posting| posting.position > after && posting.position <= upto));
    }

    /// Forgets every look-up of the events about a subject.
    pub fn forget(&self, subject: &Uuid) {
        let mut tables = self.0.lock();
        let Some(rows) = tables.by_subject.remove(subject) else { return };
        for (posting, filed) in rows {
            for lookup in &filed.lookups {
                if let Some(postings) = tables.by_lookup.get_mut(lookup) {
                    postings.retain(|other| other.position != posting.position);
                }
            }
            for other in filed.subjects.iter().filter(|other| *other != subject) {
                if let Some(rows) = tables.by_subject.get_mut(other) {
                    rows.retain(|(other, _)| other.position != posting.position);
                }
            }
        }
        tables.by_lookup.retain(|_, postings| !postings.is_empty());
    }

    /// Every event that is filed, once for each of its subjects, in the order of subjects and positions.
    pub fn rows(&self) -> Vec<(Uuid, Posting, Arc<Filed>)> {
        let tables = self.0.lock();
        let rows = tables.by_subject.iter();
        let mut rows: Vec<_> = rows
            .flat_map(|(subject, rows)| rows.iter().map(|(posting, filed)| (*subject, *posting, filed.clone())))
            .collect();
        rows.sort_unstable_by_key(|(subject, posting, _)| (*subject, posting.position));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filed(lookups: &[u8], subjects: &[u128]) -> Arc<Filed> {
        let lookups: Vec<Lookup> = lookups.iter().map(|byte| [*byte; 16]).collect();
        let subjects: Vec<Uuid> = subjects.iter().map(|number| Uuid::from_u128(*number)).collect();
        Filed::new(&lookups, &subjects).unwrap()
    }

    #[test]
    fn whoever_is_erased_takes_along_what_is_about_them_and_others_too() {
        let table = LookupTable::default();
        for (position, filed) in [(1, filed(&[1], &[7])), (2, filed(&[1, 2], &[7, 8])), (3, filed(&[1], &[8]))] {
            table.push(Posting { position, code: 0 }, &filed);
        }
        let found = |lookup| {
            let mut out = Vec::new();
            table.collect(&[lookup; 16], 0, 9, &mut out);
            out.iter().map(|posting| posting.position).collect::<Vec<_>>()
        };
        assert_eq!((found(1), found(2)), (vec![1, 2, 3], vec![2]));
        table.forget(&Uuid::from_u128(7));
        assert_eq!((found(1), found(2)), (vec![3], vec![]));
        assert_eq!(table.rows().len(), 1);
    }
}
