//! What must hold of people in a log: whoever is erased is erased everywhere, and nobody else is anywhere.

use std::collections::BTreeMap;

use letopis_domain::event::{Event, NewEvent};
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::privacy::DataSubjects;
use letopis_domain::query::{Query, Tag};
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::{Log, Range};
use letopis_eventlog::rocks::RocksLog;
use rustc_hash::FxHashMap;

use crate::oracle::Oracle;
use crate::plan::words;
use crate::remains::{WORD, Word};

/// What a full read says of people.
#[derive(Default)]
pub struct People {
    /// Who is erased, and where the log says so first.
    pub erased: BTreeMap<SubjectId, u64>,
    told: Vec<Told>,
}

/// An event with something personal.
struct Told {
    position: u64,
    /// What its client said.
    about: Vec<SubjectId>,
    lookups: Vec<Tag>,
    word: Option<Word>,
    /// Whether nothing of that is left.
    is_erased: bool,
}

impl People {
    /// Takes in an event and what its client had said.
    pub fn take_in(&mut self, position: u64, said: &NewEvent, found: &Event) {
        for subject in found.erases().into_iter().flat_map(DataSubjects::as_slice) {
            self.erased.entry(*subject).or_insert(position);
        }
        let about = said.event.data_subjects().as_slice().to_vec();
        if about.is_empty() {
            return;
        }
        let word = words(&said.event).and_then(|text| text.as_bytes().get(..WORD)?.try_into().ok());
        let lookups = said.event.lookups().into_vec();
        self.told.push(Told { position, about, lookups, word, is_erased: found.is_erased() });
    }

    /// Words that no file may have any more.
    pub fn erased_words(&self) -> impl Iterator<Item = Word> {
        self.told.iter().filter(|told| told.is_erased).filter_map(|told| told.word)
    }

    /// Words that no file may have as long as all are sealed.
    pub fn sealed_words(&self) -> impl Iterator<Item = Word> {
        self.told.iter().filter(|told| !told.is_erased).filter_map(|told| told.word)
    }

    /// Lines for a portrait: who is erased, and what is left.
    pub fn portrait(&self) -> String {
        let erased: Vec<u64> = self.told.iter().filter(|told| told.is_erased).map(|told| told.position).collect();
        format!("{:?}{erased:?}", self.erased)
    }

    /// Holds events, look-ups and ledger against the erasures of the log, and those against what was said.
    pub fn compare(&self, log: &RocksLog, oracle: &Oracle) -> Result<Vec<String>, ReadError> {
        let mut complaints = Vec::new();
        for told in &self.told {
            let must_be = told.about.iter().any(|subject| self.erased.contains_key(subject));
            if must_be != told.is_erased {
                let (position, is) = (told.position, if told.is_erased { "erased" } else { "readable" });
                complaints.push(format!("position {position} about {:?} is {is}", told.about));
            }
        }
        let ledger: BTreeMap<SubjectId, u64> =
            log.erasures().iter().map(|erased| (erased.subject, erased.position.0)).collect();
        if ledger != self.erased {
            complaints.push(format!("erased are {:?}, the ledger says {ledger:?}", self.erased));
        }
        let said = oracle.erased().into_iter().chain(oracle.refused_as_erased.iter().copied());
        let missing = said.filter(|subject| !self.erased.contains_key(subject));
        complaints.extend(missing.map(|subject| format!("{subject} was said to be erased, and is not")));
        complaints.extend(self.lookups(log)?);
        Ok(complaints)
    }

    /// A look-up finds the living, all of them, and nobody else.
    fn lookups(&self, log: &RocksLog) -> Result<Vec<String>, ReadError> {
        let mut must_be: FxHashMap<&Tag, Vec<u64>> = FxHashMap::default();
        for told in &self.told {
            for lookup in &told.lookups {
                let positions = must_be.entry(lookup).or_default();
                positions.extend((!told.is_erased).then_some(told.position));
            }
        }
        let mut complaints = Vec::new();
        for (lookup, positions) in must_be {
            let query = Query::default().or_item(&[], vec![lookup.clone()]);
            let found: Vec<u64> = log.find(&query, Range::ALL)?.iter().map(|found| found.position.0).collect();
            if found != positions {
                complaints.push(format!("the look-up {lookup:?} finds {found:?}, not {positions:?}"));
            }
        }
        Ok(complaints)
    }
}

/// Every checkpoint that left the log is kept, and of this log.
pub fn checkpoints(log: &RocksLog, oracle: &Oracle) -> Vec<String> {
    let kept = match log.checkpoints() {
        Ok(kept) => kept,
        Err(error) => return vec![format!("the checkpoints cannot be read: {error}")],
    };
    let mut complaints = Vec::new();
    for checkpoint in &kept {
        // Also when nothing else is wrong: it is what an auditor would ask.
        if let Err(error) = log.prover(checkpoint) {
            complaints.push(format!("the checkpoint of {} records is not of this log: {error}", checkpoint.size()));
        }
    }
    for (size, root) in &oracle.checkpoints {
        if Position(*size) > log.head() {
            complaints.push(format!("a checkpoint of {size} records left the log, which has {}", log.head()));
        }
        if !kept.iter().any(|kept| kept.size() == *size && kept.root().to_string() == *root) {
            complaints.push(format!("the checkpoint of {size} records left the log and was not kept"));
        }
    }
    complaints
}
