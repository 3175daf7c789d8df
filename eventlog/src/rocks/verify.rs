//! Checks a whole log: every record intact, positions dense, stamps in order, the Merkle tree and the index exactly
//! what the records say.
//!
//! The index is compared by sums: every entry that must exist, and every entry that exists, is hashed into the
//! sum of its stretch of positions. Where two sums differ, the stretch is compared entry by entry. So memory
//! stays small and the order of neither side matters.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;
use smallvec::SmallVec;
use uuid::Uuid;

use super::derive::{Derived, Deriver};
use super::index::IndexEntry;
use super::keys::Key;
use super::lookups::Filed;
use super::pass;
use super::personal_check::PersonalCheck;
use super::postings::Posting;
use super::records;
use super::rocks_log::RocksLog;
use super::shared::Shared;
use super::tail::TailView;
use super::tree::TreeCheck;
use crate::error::ReadError;
use crate::frame::{Frame, PersonalPart};
use crate::keys::Lookup;
use crate::log::{Direction, RequestRecord};

/// Positions whose entries share a sum.
const STRETCH: u64 = 4_096;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Records that were checked.
    pub records: u64,
    /// Groups they stand in.
    pub groups: u64,
    /// Index entries that were compared: one per event and list, and one per request.
    pub index_entries: u64,
    /// The first thing that is wrong; none when all is well.
    pub problem: Option<Problem>,
}

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at position {position}: {what}{}", in_file(.file.as_deref()))]
pub struct Problem {
    /// The first bad position; 0 when it is not about one.
    pub position: Position,
    /// What is wrong there.
    pub what: String,
    /// The file, or the folder where it may be in several.
    pub file: Option<PathBuf>,
}

fn in_file(file: Option<&Path>) -> String {
    file.map(|file| format!(", in {}", file.display())).unwrap_or_default()
}

/// What stops a verification.
pub(super) enum Fault {
    /// Something cannot be read.
    Read(ReadError),
    /// Something is wrong.
    Found(Problem),
}

impl RocksLog {
    /// Checks everything up to the head. `progress` hears how many records of how many were read.
    pub fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Verification {
        let shared = self.shared();
        loop {
            let erasures = shared.erasures.load(Ordering::Relaxed);
            let found = verify(shared, progress);
            // What was erased meanwhile may look like a fault of the index.
            if found.problem.is_none() || erasures == shared.erasures.load(Ordering::Relaxed) {
                return found;
            }
        }
    }
}

fn verify(shared: &Shared, progress: &mut dyn FnMut(u64, u64)) -> Verification {
    // Before the head, so that no checkpoint is of records that are not looked at.
    let tree = TreeCheck::new(&shared.records, &shared.checkpoints);
    let head = shared.head();
    // Groups that were written since are looked at as well, so that the tree's head is that of the last record.
    let stored = shared.records.tree_head();
    let written = stored.as_ref().ok().copied().flatten().map_or(head, |stored| stored.size);
    let head = if written > head && matches!(shared.records.frame(written), Ok(Some(_))) { written } else { head };
    let view = shared.tail.view();
    let mut checker = Checker::new(shared, head);
    let mut is = Ok(IndexSums { sums: Sums::new(head), stray: None });
    let tree = tree.and_then(|tree| Ok(tree.whose_head_is(stored?)));
    let sum_index = || is = index_sums(shared, &view, head);
    let records = tree.and_then(|tree| checker.records(shared, tree, progress, sum_index));
    checker.result.problem = records.err().map(|fault| checker.problem(shared, fault));
    if checker.result.problem.is_none() {
        let found = is.and_then(|is| checker.index(shared, &view, &is));
        checker.result.problem = found.unwrap_or_else(|error| Some(checker.problem(shared, Fault::Read(error))));
    }
    checker.result
}

struct Checker {
    head: u64,
    deriver: Deriver,
    last_stamp: Timestamp,
    must_be: Sums,
    personal: PersonalCheck,
    result: Verification,
}

/// What the index holds.
struct IndexSums {
    sums: Sums,
    /// An entry beyond what the index covers.
    stray: Option<Position>,
}

/// One sum per stretch of positions.
struct Sums(Vec<u128>);

impl Sums {
    fn new(head: u64) -> Self {
        Self(vec![0; usize::try_from(head / STRETCH).unwrap_or(usize::MAX - 1) + 1])
    }

    fn add(&mut self, position: u64, hash: u128) {
        let stretch = usize::try_from(position / STRETCH).ok().and_then(|stretch| self.0.get_mut(stretch));
        if let Some(sum) = stretch {
            *sum = sum.wrapping_add(hash);
        }
    }
}

impl Checker {
    fn new(shared: &Shared, head: u64) -> Self {
        Self {
            head,
            personal: PersonalCheck::new(shared),
            deriver: Deriver::default(),
            last_stamp: Timestamp::MIN,
            must_be: Sums::new(head),
            result: Verification::default(),
        }
    }

    /// Names the place of an error; one without a place is met right after the last good record.
    fn problem(&self, shared: &Shared, fault: Fault) -> Problem {
        let after_last_good = Position((self.result.records + 1).min(self.head));
        let (position, what) = match fault {
            Fault::Found(problem) => return problem,
            Fault::Read(ReadError::Damaged { position, reason }) => (position, reason),
            Fault::Read(ReadError::Undecodable { position, source }) => (position, source.to_string()),
            // The storage engine names the file itself.
            Fault::Read(ReadError::Storage(what)) => return Problem { position: after_last_good, what, file: None },
        };
        Problem { position, what, file: Some(shared.records.file_of_record(position.0)) }
    }

    fn records(
        &mut self,
        shared: &Shared,
        tree: TreeCheck<'_>,
        progress: &mut dyn FnMut(u64, u64),
        meanwhile: impl FnOnce(),
    ) -> Result<(), Fault> {
        let head = self.head;
        let each = |position, bytes: &[u8]| self.record(shared, position, bytes);
        pass::over(&shared.records, head, tree, progress, each, meanwhile)
    }

    fn record(&mut self, shared: &Shared, position: u64, bytes: &[u8]) -> Result<(), ReadError> {
        let frame = records::frame(position, bytes)?;
        let damaged = |reason: String| ReadError::Damaged { position: Position(position), reason };
        if frame.recorded_at < self.last_stamp {
            return Err(damaged(format!(
                "it was recorded at {}, the one before at {}",
                frame.recorded_at, self.last_stamp
            )));
        }
        self.last_stamp = frame.recorded_at;
        if position == self.head && !frame.is_group_end() {
            return Err(damaged("the log ends in the middle of its group".to_owned()));
        }
        let personal = frame.personal(shared.keyring())?;
        let recorded = frame.decode_with(&personal)?;
        self.personal.event(shared, &frame, &personal, &recorded)?;
        let derived = self.deriver.next(&frame, &personal, &shared.types.codes)?;
        for list in &derived.lists {
            self.must_be.add(position, posting_hash(*list, position, derived.code));
        }
        for entry in lookup_entries(position, &derived) {
            self.must_be.add(position, entry.hash());
            self.result.index_entries += 1;
        }
        let last_request = if position == self.head { self.deriver.finish() } else { None };
        for (key, record) in derived.ended.into_iter().chain(last_request) {
            self.must_be.add(record.first.0, request_hash(key, &record));
            self.result.index_entries += 1;
        }
        self.result.index_entries += derived.lists.len() as u64;
        self.result.groups += u64::from(frame.is_group_end());
        self.result.records += 1;
        Ok(())
    }

    fn index(&self, shared: &Shared, view: &TailView, is: &IndexSums) -> Result<Option<Problem>, ReadError> {
        let differs = self.must_be.0.iter().zip(&is.sums.0).position(|(must_be, is)| must_be != is);
        if let Some(stretch) = differs {
            return compare(shared, view, stretch as u64 * STRETCH, self.head).map(Some);
        }
        let what = "the index has an entry for a position beyond those that it covers".to_owned();
        Ok(is.stray.map(|position| Problem { position, what, file: Some(shared.folder.index()) }))
    }
}

/// An index entry, from the records or from the index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    Posting {
        position: u64,
        list: Key,
        code: u16,
    },
    Request {
        first: u64,
        last: u64,
        key: Key,
        digest: [u8; 16],
    },
    /// An event under one of its look-ups.
    Lookup {
        position: u64,
        lookup: Lookup,
        code: u16,
    },
    /// An event under one of those whom it is about; everything that its row says is in the sum.
    Filed {
        position: u64,
        subject: Uuid,
        sum: u128,
    },
}

impl Entry {
    fn request(key: Key, record: &RequestRecord) -> Self {
        Self::Request { first: record.first.0, last: record.last.0, key, digest: record.digest }
    }

    const fn position(&self) -> u64 {
        match self {
            Self::Posting { position, .. } | Self::Lookup { position, .. } | Self::Filed { position, .. } => *position,
            Self::Request { first, .. } => *first,
        }
    }

    fn hash(&self) -> u128 {
        match self {
            Self::Posting { position, list, code } => posting_hash(*list, *position, *code),
            Self::Request { first, last, key, digest } => {
                let (first, last) = (Position(*first), Position(*last));
                request_hash(*key, &RequestRecord { digest: *digest, first, last })
            }
            Self::Lookup { position, lookup, code } => {
                mix(posting_hash(u128::from_be_bytes(*lookup), *position, *code) ^ 1)
            }
            Self::Filed { position, subject, sum } => mix(mix(subject.as_u128() ^ u128::from(*position)) ^ sum ^ 2),
        }
    }
}

/// Every entry up to the head: on disk as far as the view says, in memory beyond. Tells the first entry on disk that
/// lies beyond what the index covers.
fn each_entry(
    shared: &Shared,
    view: &TailView,
    head: u64,
    each: &mut dyn FnMut(Entry),
) -> Result<Option<Position>, ReadError> {
    let on_disk = view.indexed_upto.min(head);
    let (mut covers, mut stray) = (0, None);
    shared.index.each_entry(|entry| {
        if let Some(last) = entry.last().filter(|last| *last > covers) {
            stray = Some(stray.map_or(last, |stray: u64| stray.min(last)));
        }
        match entry {
            IndexEntry::Covers(upto) => covers = upto,
            IndexEntry::Postings(list, postings) => {
                for posting in postings.iter().filter(|posting| posting.position <= on_disk) {
                    each(Entry::Posting { position: posting.position, list, code: posting.code });
                }
            }
            IndexEntry::Lookup(lookup, postings) => {
                for posting in postings.iter().filter(|posting| posting.position <= on_disk) {
                    each(Entry::Lookup { position: posting.position, lookup, code: posting.code });
                }
            }
            IndexEntry::Filed(subject, position, filed) if position <= on_disk => {
                each(Entry::Filed { position, subject, sum: filed_sum(&filed) });
            }
            IndexEntry::Request(key, record) if record.first.0 <= on_disk => each(Entry::request(key, &record)),
            IndexEntry::Request(..) | IndexEntry::Filed(..) => {}
        }
        Ok(())
    })?;
    for generation in &view.generations {
        for (list, postings) in generation.lists() {
            for posting in postings.iter().filter(|posting| posting.position <= head) {
                each(Entry::Posting { position: posting.position, list, code: posting.code });
            }
        }
        for (subject, posting, filed) in generation.lookups().rows() {
            if posting.position <= head {
                entries_of(subject, posting, &filed).for_each(&mut *each);
            }
        }
        for (key, record) in generation.requests().iter().filter(|(_, record)| record.last.0 <= head) {
            each(Entry::request(*key, record));
        }
    }
    Ok(stray.map(Position))
}

/// The sums of every entry that there is.
fn index_sums(shared: &Shared, view: &TailView, head: u64) -> Result<IndexSums, ReadError> {
    let mut sums = Sums::new(head);
    let stray = each_entry(shared, view, head, &mut |entry| sums.add(entry.position(), entry.hash()))?;
    Ok(IndexSums { sums, stray })
}

/// The first difference within the stretch that begins at `start`.
fn compare(shared: &Shared, view: &TailView, start: u64, head: u64) -> Result<Problem, ReadError> {
    let end = start + STRETCH - 1;
    let inside = |entry: &Entry| entry.position() >= start && entry.position() <= end;
    let mut balance: BTreeMap<(u64, Entry), (i32, String)> = BTreeMap::new();
    let mut deriver = Deriver::default();
    let mut must_be = |entry: Entry, name: String| {
        let (count, names) = balance.entry((entry.position(), entry)).or_default();
        *count += 1;
        *names = name;
    };
    let from = group_start(shared, start.saturating_sub(1))?;
    shared.records.scan(from, head, Direction::Forward, &mut |position, bytes| {
        let frame = records::frame(position, bytes)?;
        let personal = if frame.has_lookups() { frame.personal(shared.keyring())? } else { PersonalPart::None };
        let entries = deriver.next(&frame, &personal, &shared.types.codes)?;
        for entry in lookup_entries(position, &entries) {
            must_be(entry, "a look-up".to_owned());
        }
        for (list, name) in entries.lists.iter().zip(names(&frame)?) {
            must_be(Entry::Posting { position, list: *list, code: entries.code }, name);
        }
        let is_done = position > end && frame.is_group_end();
        // Requests end with their group.
        let at_end = if is_done || position == head { deriver.finish() } else { None };
        for (key, record) in entries.ended.into_iter().chain(at_end) {
            must_be(
                Entry::request(key, &record),
                format!("the request of positions {} to {}", record.first, record.last),
            );
        }
        Ok(if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    each_entry(shared, view, head, &mut |entry| {
        if inside(&entry) {
            balance.entry((entry.position(), entry)).or_default().0 -= 1;
        }
    })?;
    let wrong = balance.into_iter().filter(|((_, entry), (count, _))| inside(entry) && *count != 0);
    // What is lacking says more than what stands in its place.
    let first = wrong.min_by_key(|((position, _), (count, _))| (*position, *count < 0));
    let file = Some(shared.folder.index());
    Ok(match first {
        None => {
            let what = "the index changed while it was compared".to_owned();
            Problem { position: Position(start), what, file }
        }
        Some(((position, _), (count, name))) => {
            let strange = || "the index has an entry that no record asks for".to_owned();
            let what = if count > 0 { format!("the index lacks {name}") } else { strange() };
            Problem { position: Position(position), what, file }
        }
    })
}

/// The end of the group before the one that holds the position.
fn group_start(shared: &Shared, position: u64) -> Result<u64, ReadError> {
    let mut start = 0;
    shared.records.scan(0, position, Direction::Backward, &mut |position, bytes| {
        if records::frame(position, bytes)?.is_group_end() {
            start = position;
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(start)
}

/// What the lists of a record are called, in their order.
fn names(frame: &Frame<'_>) -> Result<Vec<String>, ReadError> {
    let damaged = |reason: String| ReadError::Damaged { position: frame.position, reason };
    let tags = frame.tags().map_err(|error| damaged(error.to_string()))?;
    let mut names: Vec<String> = tags.iter().map(|tag| format!("the tag '{tag}'")).collect();
    names.push(format!("the type '{}'", frame.type_name));
    Ok(names)
}

/// What the index must say about the look-ups of an event.
fn lookup_entries(position: u64, derived: &Derived) -> Vec<Entry> {
    let Some(filed) = &derived.filed else { return Vec::new() };
    let posting = Posting { position, code: derived.code };
    filed.subjects.iter().flat_map(|subject| entries_of(*subject, posting, filed)).collect()
}

/// The row of one subject, and with that of the first one the look-ups themselves.
fn entries_of(subject: Uuid, posting: Posting, filed: &Filed) -> impl Iterator<Item = Entry> {
    let is_first = filed.subjects.first() == Some(&subject);
    let Posting { position, code } = posting;
    let lookups = if is_first { filed.lookups.clone() } else { SmallVec::new() };
    let lookups = lookups.into_iter().map(move |lookup| Entry::Lookup { position, lookup, code });
    lookups.chain(std::iter::once(Entry::Filed { position, subject, sum: filed_sum(filed) }))
}

fn filed_sum(filed: &Filed) -> u128 {
    let subjects = filed.subjects.iter().map(Uuid::as_u128);
    filed.lookups.iter().map(|lookup| u128::from_be_bytes(*lookup)).chain(subjects).fold(0, |sum, id| mix(sum ^ id))
}

fn posting_hash(list: Key, position: u64, code: u16) -> u128 {
    mix(mix(list ^ u128::from(position)) ^ u128::from(code))
}

fn request_hash(key: Key, record: &RequestRecord) -> u128 {
    let places = u128::from(record.first.0) << 64 | u128::from(record.last.0);
    mix(mix(mix(key) ^ u128::from_be_bytes(record.digest)) ^ places)
}

/// Spreads every bit over all others.
const fn mix(value: u128) -> u128 {
    let value = (value ^ value >> 67).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    (value ^ value >> 61).wrapping_mul(0xd6e8_feb8_6659_fd93_a076_1d64_78bd_642f)
}
