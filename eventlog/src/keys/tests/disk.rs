//! Keys on a bad disk: whole pages that are spoiled while they are written, syncs that fail, disks that are full.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt;

use super::*;
use crate::keys::pages::PAGE_SIZE;

/// What a disk holds beside what the file reads as, and how it will fail.
#[derive(Default)]
struct Disk {
    durable: Vec<u8>,
    dirty: BTreeSet<usize>,
    /// How many of the next syncs fail.
    failing_syncs: u32,
    is_full: bool,
}

/// A file on such a disk. After a failed sync its pages count as clean, as on Linux.
struct OnDisk {
    file: File,
    disk: Arc<Mutex<Disk>>,
}

impl Medium for OnDisk {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        Medium::read_at(&self.file, out, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let from = usize::try_from(offset).unwrap();
        let mut disk = self.disk.lock();
        if disk.is_full && from + bytes.len() > disk.durable.len() {
            self.file.write_all_at(&bytes[..bytes.len() / 2], offset)?;
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        disk.dirty.extend(from / PAGE_SIZE..(from + bytes.len()).div_ceil(PAGE_SIZE));
        Medium::write_at(&mut self.file, bytes, offset)
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        Medium::truncate(&mut self.file, size)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut disk = self.disk.lock();
        let dirty = std::mem::take(&mut disk.dirty);
        if disk.failing_syncs > 0 {
            disk.failing_syncs -= 1;
            return Err(io::Error::other("the sync failed"));
        }
        let size = usize::try_from(self.file.metadata()?.len()).unwrap();
        disk.durable.resize(size, 0);
        for page in dirty.into_iter().filter(|page| page * PAGE_SIZE < size) {
            let end = size.min((page + 1) * PAGE_SIZE);
            self.file.read_exact_at(&mut disk.durable[page * PAGE_SIZE..end], (page * PAGE_SIZE) as u64)?;
        }
        Ok(())
    }
}

fn open_on(disk: &Arc<Mutex<Disk>>, folder: &Path, log: Option<Uuid>) -> KeyStore {
    let medium = |file| -> Box<dyn Medium> { Box::new(OnDisk { file, disk: disk.clone() }) };
    let store = KeyStore::open_with(&place(folder), log, false, medium).unwrap();
    if disk.lock().durable.is_empty() {
        disk.lock().durable = fs::read(folder.join("subject-keys")).unwrap();
    }
    store
}

fn cut_power(disk: &Arc<Mutex<Disk>>, folder: &Path) {
    let mut disk = disk.lock();
    fs::write(folder.join("subject-keys"), &disk.durable).unwrap();
    disk.dirty.clear();
}

fn keys(store: &KeyStore, numbers: impl IntoIterator<Item = u128>) -> Vec<[u8; 32]> {
    numbers.into_iter().map(|number| *store.keyring().part_key(&[subject(number)]).unwrap()).collect()
}

fn some(numbers: std::ops::Range<u128>) -> Vec<(Uuid, u64)> {
    numbers.map(|number| (subject(number), 0)).collect()
}

#[test]
fn keys_whose_sync_failed_are_written_anew_before_later_ones() {
    for count in [1, 20, 40, 100] {
        let (folder, disk) = (tempfile::tempdir().unwrap(), Arc::default());
        let store = open_on(&disk, folder.path(), None);
        let log = store.log();
        store.create(&some(0..10)).unwrap();
        disk.lock().failing_syncs = 1;
        assert!(store.create(&some(10..10 + count)).is_err());
        drop(store);
        // The file reads as if all were well.
        let store = open_on(&disk, folder.path(), Some(log));
        assert!(store.doubt().is_none());
        store.settle(false).unwrap();
        store.create(&some(200..210)).unwrap();
        let all = || (0..10 + count).chain(200..210);
        let before = keys(&store, all());
        drop(store);
        cut_power(&disk, folder.path());
        let store = reopen(folder.path(), log).unwrap();
        assert_eq!(keys(&store, all()), before, "after a failed sync of {count} keys");
    }
}

#[test]
fn an_erasure_whose_sync_failed_is_finished_on_disk() {
    // The ledger knows; then one copy fails, or the other.
    for syncs_before in [0, 1] {
        let (folder, disk) = (tempfile::tempdir().unwrap(), Arc::default());
        let store = open_on(&disk, folder.path(), None);
        let log = store.log();
        store.create(&some(0..3)).unwrap();
        let wrapped = disk.lock().durable[slot_at(Twin::First, 2)][24..96].to_vec();
        if syncs_before == 1 {
            let (of_listener, disk) = (disk.clone(), disk.clone());
            store.listen(move |step| {
                if step == Step::OneCopyDestroyed {
                    of_listener.lock().failing_syncs = 1;
                }
            });
            assert!(store.destroy(&[erasure(1, 5)]).is_err());
            drop(disk);
        } else {
            disk.lock().failing_syncs = 1;
            assert!(store.destroy(&[erasure(1, 5)]).is_err());
        }
        drop(store);
        let store = open_on(&disk, folder.path(), Some(log));
        store.settle(false).unwrap();
        drop(store);
        cut_power(&disk, folder.path());
        let bytes = fs::read(folder.path().join("subject-keys")).unwrap();
        assert!(!bytes.windows(16).any(|window| window == &wrapped[..16]), "after {syncs_before} syncs");
        assert!(reopen(folder.path(), log).unwrap().keyring().is_destroyed(&subject(1)));
    }
}

#[test]
fn a_page_that_is_spoiled_while_it_is_written_costs_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("subject-keys");
    let (store, done) = watched(folder.path(), || Ok(()));
    let log = store.log();
    let mut durable = fs::read(&file).unwrap();
    let mut made = 0;
    for step in 0..40_u64 {
        let before = keys(&store, 0..made);
        done.lock().clear();
        let count = [1, 3, 40, 2][usize::try_from(step % 4).unwrap()];
        store.create(&some(made..made + count)).unwrap();
        // Whatever the disk was writing when the power failed is garbage, in whole pages.
        let other = tempfile::tempdir().unwrap();
        let mut spoiled = durable.clone();
        for written in done.lock().iter() {
            let Done::Write { offset, bytes } = written else { break };
            let from = usize::try_from(*offset).unwrap();
            spoiled.resize(spoiled.len().max(from + bytes.len()), 0);
            spoiled[from..from + bytes.len()].fill(0xa5);
        }
        for name in ["master.key", "erasures"] {
            fs::copy(folder.path().join(name), other.path().join(name)).unwrap();
        }
        fs::write(other.path().join("subject-keys"), &spoiled).unwrap();
        let torn = KeyStore::open(&place(other.path()), Some(log), false).unwrap();
        torn.settle(false).unwrap();
        assert_eq!(keys(&torn, 0..made), before, "step {step}");
        torn.create(&some(made..made + count)).unwrap();
        drop(torn);
        assert_eq!(keys(&reopen(other.path(), log).unwrap(), 0..made), before, "step {step}");
        made += count;
        durable = fs::read(&file).unwrap();
    }
}

#[test]
fn an_erasure_spoils_no_other_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("subject-keys");
    let (store, done) = watched(folder.path(), || Ok(()));
    let log = store.log();
    store.create(&some(0..70)).unwrap();
    let others = keys(&store, (0..70).filter(|number| *number != 40));
    done.lock().clear();
    let durable = fs::read(&file).unwrap();
    store.destroy(&[erasure(40, 5)]).unwrap();
    let syncs: Vec<usize> =
        done.lock().iter().enumerate().filter(|(_, done)| **done == Done::Sync).map(|(place, _)| place).collect();
    assert_eq!(syncs.len(), 2);
    for under_way in 0..2 {
        let mut bytes = durable.clone();
        for (place, written) in done.lock().iter().enumerate() {
            let Done::Write { offset, bytes: new } = written else { continue };
            let from = usize::try_from(*offset).unwrap();
            let at = syncs.iter().position(|sync| place < *sync).unwrap();
            match at.cmp(&under_way) {
                std::cmp::Ordering::Less => bytes[from..from + new.len()].copy_from_slice(new),
                std::cmp::Ordering::Equal => bytes[from..from + new.len()].fill(0xa5),
                std::cmp::Ordering::Greater => {}
            }
        }
        let other = tempfile::tempdir().unwrap();
        for name in ["master.key", "erasures"] {
            fs::copy(folder.path().join(name), other.path().join(name)).unwrap();
        }
        fs::write(other.path().join("subject-keys"), &bytes).unwrap();
        let torn = reopen(other.path(), log).unwrap();
        assert!(torn.keyring().is_destroyed(&subject(40)));
        assert_eq!(keys(&torn, (0..70).filter(|number| *number != 40)), others, "copy {under_way}");
    }
}

#[test]
fn a_store_that_had_no_space_to_grow_goes_on_when_there_is_some() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Arc::default());
    let store = open_on(&disk, folder.path(), None);
    let log = store.log();
    store.create(&some(0..400)).unwrap();
    disk.lock().is_full = true;
    for _ in 0..2 {
        assert!(matches!(store.create(&some(400..500)), Err(KeyError::Io { what: "growing", .. })));
    }
    // What needs no space is done: an erasure, also of somebody who has no slot yet, and the last keys that fit.
    let erased = [erasure(7, 5), erasure(9_000, 5)];
    store.check_erasable(erased[..1].iter().map(|erasure| &erasure.subject)).unwrap();
    store.destroy(&erased).unwrap();
    store.create(&some(400..410)).unwrap();
    disk.lock().is_full = false;
    store.create(&some(410..1_000)).unwrap();
    store.close().unwrap();
    drop(store);
    let store = reopen(folder.path(), log).unwrap();
    keys(&store, (0..1_000).filter(|number| *number != 7));
    assert!(store.keyring().is_destroyed(&subject(7)) && store.keyring().is_destroyed(&subject(9_000)));
}

#[test]
fn a_store_that_failed_says_so_before_anybody_is_erased() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Arc::default());
    let store = open_on(&disk, folder.path(), None);
    store.create(&some(0..3)).unwrap();
    disk.lock().failing_syncs = 1;
    assert!(store.create(&some(3..4)).is_err());
    let checked = store.check_erasable([subject(1)].iter());
    assert!(matches!(&checked, Err(KeyError::Failed(reason)) if reason.contains("the sync failed")), "{checked:?}");
}

#[test]
fn a_store_whose_settling_was_interrupted_settles_the_next_time() {
    // A ledger that is newer than the store, and a slot that nobody used and that is torn: the new slots of the erased
    // must not make damage of it, wherever the power fails.
    let (folder, log) = filled(&[&[1, 2], &[3, 4]]);
    let ahead = tempfile::tempdir().unwrap();
    for name in ["master.key", "subject-keys", "erasures"] {
        fs::copy(folder.path().join(name), ahead.path().join(name)).unwrap();
    }
    let newer = reopen(ahead.path(), log).unwrap();
    newer.destroy(&[erasure(2, 9), erasure(50, 9), erasure(51, 9)]).unwrap();
    drop(newer);
    fs::copy(ahead.path().join("erasures"), folder.path().join("erasures")).unwrap();
    let file = folder.path().join("subject-keys");
    let mut torn = fs::read(&file).unwrap();
    for twin in Twin::BOTH {
        torn[slot_at(twin, 4)][60..].fill(0);
    }
    fs::write(&file, &torn).unwrap();
    let done = Arc::new(Mutex::new(Vec::new()));
    let of_medium = done.clone();
    let medium =
        |file| -> Box<dyn Medium> { Box::new(Watched { file, done: of_medium, before_sync: Box::new(|| Ok(())) }) };
    let store = KeyStore::open_with(&place(folder.path()), Some(log), false, medium).unwrap();
    assert!(store.doubt().is_some() && done.lock().is_empty(), "opening changes nothing");
    assert!(store.keyring().is_destroyed(&subject(2)), "nobody gets the key of the erased meanwhile");
    store.settle(false).unwrap();
    drop(store);
    let done = done.lock();
    for cut in 0..=done.len() {
        let mut bytes = torn.clone();
        for written in &done[..cut] {
            let Done::Write { offset, bytes: new } = written else { continue };
            let from = usize::try_from(*offset).unwrap();
            bytes[from..from + new.len()].copy_from_slice(new);
        }
        fs::write(&file, &bytes).unwrap();
        let store = KeyStore::open(&place(folder.path()), Some(log), false).unwrap();
        store.settle(false).unwrap();
        let erased = [2, 50, 51].map(|number| store.keyring().is_destroyed(&subject(number)));
        assert_eq!(erased, [true; 3], "after {cut} of {} steps", done.len());
        keys(&store, [1, 3]);
        assert_eq!(store.keyring().missing([subject(4)].iter()), [subject(4)]);
    }
}
