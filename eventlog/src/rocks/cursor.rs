//! A place in one posting list, on disk and in memory alike, that jumps to a position and reads on from there.

use super::index::{Blocks, Index};
use super::keys::List;
use super::postings::Posting;
use super::tail::TailView;
use crate::error::ReadError;
use crate::log::Direction;

/// Where postings come from, and which of them count.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// The index on disk; none when only what is in memory counts.
    pub index: Option<&'a Index>,
    /// What is in memory.
    pub view: &'a TailView,
    /// Only positions after this one.
    pub after: u64,
    /// Only positions up to and with this one.
    pub upto: u64,
    /// Which way cursors move.
    pub direction: Direction,
}

impl Source<'_> {
    /// The last position to be read from disk.
    fn stored_upto(&self) -> u64 {
        self.view.indexed_upto.min(self.upto)
    }

    fn reads_disk(&self) -> bool {
        self.index.is_some() && self.after < self.stored_upto()
    }
}

/// A cursor moves one way only: the targets of `seek` never go back.
pub(super) struct Cursor<'a> {
    list: List,
    source: Source<'a>,
    current: Option<Posting>,
    blocks: Option<Blocks<'a>>,
    is_disk_done: bool,
    block: Window,
    memory: Option<Window>,
}

impl<'a> Cursor<'a> {
    pub fn new(list: List, source: Source<'a>) -> Self {
        let is_disk_done = !source.reads_disk();
        Self { list, source, current: None, blocks: None, is_disk_done, block: Window::default(), memory: None }
    }

    /// The posting nearest to `target` that is not before it, in the cursor's direction.
    pub fn seek(&mut self, target: u64) -> Result<Option<Posting>, ReadError> {
        match self.source.direction {
            Direction::Forward => self.seek_forward(target),
            Direction::Backward => self.seek_backward(target),
        }
    }

    fn seek_forward(&mut self, target: u64) -> Result<Option<Posting>, ReadError> {
        let target = target.max(self.source.after.saturating_add(1));
        if let Some(current) = self.current.filter(|current| current.position >= target) {
            return Ok(Some(current));
        }
        self.current = self.stored_from(target)?;
        if self.current.is_none() {
            self.current = self.memory().first_from(target);
        }
        Ok(self.current)
    }

    fn seek_backward(&mut self, target: u64) -> Result<Option<Posting>, ReadError> {
        let target = target.min(self.source.upto);
        if let Some(current) = self.current.filter(|current| current.position <= target) {
            return Ok(Some(current));
        }
        self.current = None;
        if target > self.source.stored_upto() {
            self.current = self.memory().last_upto(target);
        }
        if self.current.is_none() {
            let stored = self.stored_upto(target.min(self.source.stored_upto()))?;
            self.current = stored.filter(|posting| posting.position > self.source.after);
        }
        Ok(self.current)
    }

    fn stored_from(&mut self, target: u64) -> Result<Option<Posting>, ReadError> {
        let last = self.source.stored_upto();
        if self.is_disk_done || target > last {
            return Ok(None);
        }
        if let Some(found) = self.block.first_from(target) {
            return Ok(Some(found).filter(|posting| posting.position <= last));
        }
        let Some(index) = self.source.index else { return Ok(None) };
        let of_list = self.list;
        let is_fresh = self.blocks.is_none();
        let blocks = self.blocks.get_or_insert_with(|| index.blocks(of_list, true));
        if !is_fresh {
            // The next block is the likeliest one.
            blocks.next();
        }
        if is_fresh || blocks.last()?.is_some_and(|block_last| block_last < target) {
            blocks.seek(target);
        }
        blocks.read(self.block.start())?;
        let found = self.block.first_from(target).filter(|posting| posting.position <= last);
        self.is_disk_done = found.is_none();
        Ok(found)
    }

    fn stored_upto(&mut self, target: u64) -> Result<Option<Posting>, ReadError> {
        if self.is_disk_done {
            return Ok(None);
        }
        if let Some(found) = self.block.last_upto(target) {
            return Ok(Some(found));
        }
        let Some(index) = self.source.index else { return Ok(None) };
        let of_list = self.list;
        let is_fresh = self.blocks.is_none();
        let blocks = self.blocks.get_or_insert_with(|| index.blocks(of_list, false));
        if !is_fresh {
            blocks.prev();
            blocks.read(self.block.start())?;
            if let Some(found) = self.block.last_upto(target) {
                return Ok(Some(found));
            }
        }
        // The block that spans the target, or else the one before it.
        blocks.seek(target);
        blocks.read(self.block.start())?;
        if let Some(found) = self.block.last_upto(target) {
            return Ok(Some(found));
        }
        blocks.seek_back(target);
        blocks.read(self.block.start())?;
        let found = self.block.last_upto(target);
        self.is_disk_done = found.is_none();
        Ok(found)
    }

    fn memory(&mut self) -> &mut Window {
        let (source, list) = (self.source, self.list);
        self.memory.get_or_insert_with(|| {
            let mut window = Window::default();
            let after = source.after.max(source.view.indexed_upto);
            if after < source.upto {
                source.view.collect(list, after, source.upto, window.start());
            }
            window
        })
    }
}

/// Ascending postings, searched from where the last search ended.
#[derive(Default)]
struct Window {
    postings: Vec<Posting>,
    /// Forward: everything before it was passed.
    passed: usize,
}

impl Window {
    /// Empties it for new postings.
    fn start(&mut self) -> &mut Vec<Posting> {
        self.passed = 0;
        self.postings.clear();
        &mut self.postings
    }

    /// The first posting at or after the target; earlier targets must not follow.
    fn first_from(&mut self, target: u64) -> Option<Posting> {
        let mut step = 1;
        let mut low = self.passed;
        let mut high = low;
        while self.postings.get(high).is_some_and(|posting| posting.position < target) {
            low = high + 1;
            high += step;
            step *= 2;
        }
        let high = high.min(self.postings.len());
        let within = self.postings.get(low..high).unwrap_or_default();
        self.passed = low.min(high) + within.partition_point(|posting| posting.position < target);
        self.postings.get(self.passed).copied()
    }

    /// The last posting at or before the target.
    fn last_upto(&mut self, target: u64) -> Option<Posting> {
        // Backward reading mostly takes the last one that is left.
        while let Some(last) = self.postings.last().filter(|last| last.position > target) {
            if last.position - target < 64 {
                self.postings.pop();
            } else {
                self.postings.truncate(self.postings.partition_point(|posting| posting.position <= target));
            }
        }
        self.postings.last().copied()
    }
}
