//! The newest part of the index, in memory: generations of postings that are not in the index on disk yet.
//!
//! The sequencer adds an event when it gives out its position, before it is durable; readers never look past
//! the durable head, so they cannot see it earlier. A full generation is frozen and handed to the indexer.

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::keys::{Key, List};
use super::lookups::{Filed, LookupTable};
use super::postings::Posting;
use crate::log::RequestRecord;

const SHARDS: usize = 16;
const CODE_BITS: u32 = 16;

/// Postings and requests of consecutive positions.
pub(super) struct Generation {
    /// The position before its first.
    base: u64,
    codes: Mutex<Vec<u16>>,
    shards: [Mutex<Shard>; SHARDS],
    lookups: LookupTable,
}

#[derive(Default)]
struct Shard {
    lists: FxHashMap<Key, SmallVec<[Packed; 2]>>,
    requests: FxHashMap<Key, RequestRecord>,
}

/// Distance from the base, then the type code in the low 16 bits.
type Packed = u64;

impl Generation {
    pub fn after(base: u64) -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { base, codes: Mutex::default(), shards, lookups: LookupTable::default() }
    }

    /// The position before its first.
    pub const fn base(&self) -> u64 {
        self.base
    }

    /// Its last position; its base when it is empty.
    pub fn last(&self) -> u64 {
        self.base + self.codes.lock().len() as u64
    }

    /// Adds the next event: the code of its type, the lists it belongs to, and its look-ups.
    pub fn push(&self, code: u16, keys: &[Key], filed: Option<&Arc<Filed>>) {
        let distance = {
            let mut codes = self.codes.lock();
            codes.push(code);
            codes.len() as u64
        };
        let packed = distance << CODE_BITS | u64::from(code);
        for key in keys {
            self.shard(*key).lock().lists.entry(*key).or_default().push(packed);
        }
        if let Some(filed) = filed {
            self.lookups.push(self.unpack(packed), filed);
        }
    }

    /// Adds a request.
    pub fn push_request(&self, key: Key, record: RequestRecord) {
        self.shard(key).lock().requests.insert(key, record);
    }

    pub fn request(&self, key: Key) -> Option<RequestRecord> {
        self.shard(key).lock().requests.get(&key).copied()
    }

    /// Adds the postings of a list with `after` < position ≤ `upto`, ascending.
    pub fn collect(&self, list: List, after: u64, upto: u64, out: &mut Vec<Posting>) {
        let key = match list {
            List::Public(key) => key,
            List::Lookup(lookup) => return self.lookups.collect(&lookup, after, upto, out),
        };
        let shard = self.shard(key).lock();
        let Some(list) = shard.lists.get(&key) else { return };
        let from = list.partition_point(|packed| self.unpack(*packed).position <= after);
        let postings = list.iter().skip(from).map(|packed| self.unpack(*packed));
        out.extend(postings.take_while(|posting| posting.position <= upto));
    }

    /// Its look-ups.
    pub const fn lookups(&self) -> &LookupTable {
        &self.lookups
    }

    /// The posting of one event.
    pub fn posting(&self, position: u64) -> Option<Posting> {
        let index = usize::try_from(position.checked_sub(self.base)?.checked_sub(1)?).ok()?;
        let code = self.codes.lock().get(index).copied()?;
        Some(Posting { position, code })
    }

    /// Every list in the order of their keys, for the indexer.
    pub fn lists(&self) -> Vec<(Key, Vec<Posting>)> {
        let mut lists = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock();
            let unpacked = |list: &SmallVec<[Packed; 2]>| list.iter().map(|packed| self.unpack(*packed)).collect();
            lists.extend(shard.lists.iter().map(|(key, list)| (*key, unpacked(list))));
        }
        lists.sort_unstable_by_key(|(key, _)| *key);
        lists
    }

    /// Every request in the order of their keys, for the indexer.
    pub fn requests(&self) -> Vec<(Key, RequestRecord)> {
        let mut requests = Vec::new();
        for shard in &self.shards {
            requests.extend(shard.lock().requests.iter().map(|(key, record)| (*key, *record)));
        }
        requests.sort_unstable_by_key(|(key, _)| *key);
        requests
    }

    fn unpack(&self, packed: Packed) -> Posting {
        Posting { position: self.base + (packed >> CODE_BITS), code: (packed & 0xffff) as u16 }
    }

    fn shard(&self, key: Key) -> &Mutex<Shard> {
        &self.shards[(key >> 124) as usize % SHARDS]
    }
}

/// The generations as of one moment, oldest first. They begin where the index on disk ends.
#[derive(Clone)]
pub(super) struct TailView {
    pub generations: SmallVec<[Arc<Generation>; 4]>,
    /// The last position in the index on disk.
    pub indexed_upto: u64,
}

impl TailView {
    /// The request, when one of its generations has it.
    pub fn request(&self, key: Key) -> Option<RequestRecord> {
        self.generations.iter().rev().find_map(|generation| generation.request(key))
    }

    /// The posting of one event.
    pub fn posting(&self, position: u64) -> Option<Posting> {
        self.generations.iter().rev().find(|generation| generation.base() < position)?.posting(position)
    }

    /// Adds the postings of a list with `after` < position ≤ `upto`, ascending.
    pub fn collect(&self, list: List, after: u64, upto: u64, out: &mut Vec<Posting>) {
        for (index, generation) in self.generations.iter().enumerate() {
            let ends = self.generations.get(index + 1).map_or(u64::MAX, |next| next.base());
            if ends > after && generation.base() < upto {
                generation.collect(list, after, upto, out);
            }
        }
    }
}

/// The generations; the last one is active.
pub(super) struct Tail {
    now: RwLock<TailView>,
}

impl Tail {
    /// Begins with a generation that goes on where the index on disk ends.
    pub fn starting_with(generation: Generation) -> Self {
        let indexed_upto = generation.base();
        let generations = SmallVec::from_iter([Arc::new(generation)]);
        Self { now: RwLock::new(TailView { generations, indexed_upto }) }
    }

    pub fn view(&self) -> TailView {
        self.now.read().clone()
    }

    /// The generation that takes new events.
    pub fn active(&self) -> Option<Arc<Generation>> {
        self.now.read().generations.last().cloned()
    }

    /// Begins a new generation and returns the one that is complete.
    pub fn rotate(&self) -> Option<Arc<Generation>> {
        let mut now = self.now.write();
        let complete = now.generations.last().cloned()?;
        now.generations.push(Arc::new(Generation::after(complete.last())));
        Some(complete)
    }

    /// The oldest generation is in the index on disk.
    pub fn retire_oldest(&self) {
        let mut now = self.now.write();
        if now.generations.len() > 1 {
            let retired = now.generations.remove(0);
            now.indexed_upto = retired.last();
        }
    }
}
