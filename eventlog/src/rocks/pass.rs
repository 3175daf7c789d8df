//! Reads all records once for two: the thread that reads also makes the Merkle tree of them, another one decodes them.

use std::ops::ControlFlow;
use std::thread;

use crossbeam_channel::Sender;

use super::records::Records;
use super::tree::TreeCheck;
use super::verify::Fault;
use crate::error::ReadError;
use crate::log::Direction;

/// Size from which on records are handed over.
const BATCH_BYTES: usize = 256 << 10;
/// Batches that may wait, 64 MiB in all: the thread that reads shall be done early.
const BATCHES_WAITING: usize = 256;
/// Records between two calls of the progress callback.
const PROGRESS_EVERY: u64 = 16_384;

/// Consecutive records, one after the other.
#[derive(Default)]
struct Batch {
    first: u64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Batch {
    fn each(&self, mut each: impl FnMut(u64, &[u8]) -> Result<(), ReadError>) -> Result<(), ReadError> {
        let mut start = 0;
        for (position, end) in (self.first..).zip(&self.ends) {
            each(position, self.bytes.get(start..*end).unwrap_or_default())?;
            start = *end;
        }
        Ok(())
    }
}

/// Hands every record up to `head` to `each`, on a thread of its own, and to the tree. What is wrong with a record
/// itself is found before what is wrong with the tree over it. `meanwhile` is done when everything was read, while the
/// other thread still works.
pub(super) fn over(
    records: &Records,
    head: u64,
    mut tree: TreeCheck<'_>,
    progress: &mut dyn FnMut(u64, u64),
    each: impl FnMut(u64, &[u8]) -> Result<(), ReadError> + Send,
    meanwhile: impl FnOnce(),
) -> Result<(), Fault> {
    thread::scope(|scope| {
        let (sender, receiver) = crossbeam_channel::bounded::<Batch>(BATCHES_WAITING);
        let mut each = each;
        let decoding = scope.spawn(move || receiver.iter().try_for_each(|batch| batch.each(&mut each)));
        let reading = read(records, head, &mut tree, &sender, progress);
        drop(sender);
        if reading.is_ok() {
            meanwhile();
        }
        let decoded = decoding.join().unwrap_or_else(|_| Err(ReadError::Storage("a thread panicked".to_owned())));
        decoded?;
        reading?;
        tree.finish()?;
        progress(head, head);
        Ok(())
    })
}

fn read(
    records: &Records,
    head: u64,
    tree: &mut TreeCheck<'_>,
    sender: &Sender<Batch>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Fault> {
    let mut batch = Batch { first: 1, ..Batch::default() };
    let mut fault = None;
    let read = records.scan(0, head, Direction::Forward, &mut |position, bytes| {
        batch.bytes.extend_from_slice(bytes);
        batch.ends.push(batch.bytes.len());
        if batch.bytes.len() >= BATCH_BYTES {
            let full = std::mem::replace(&mut batch, Batch { first: position + 1, ..Batch::default() });
            if sender.send(full).is_err() {
                // The other thread has found something.
                return Ok(ControlFlow::Break(()));
            }
        }
        if position % PROGRESS_EVERY == 0 {
            progress(position, head);
        }
        fault = tree.add(bytes).err();
        Ok(if fault.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    });
    // The records before a bad one must be looked at as well.
    let _ = sender.send(batch);
    read?;
    fault.map_or(Ok(()), Err)
}
