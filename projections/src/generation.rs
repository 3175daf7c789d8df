//! One generation of read models: the rows in memory, their store, and the folder it lives in.
//!
//! A folder of views holds `current` (the name of the generation in use) and one folder per generation. A rebuild writes the next one beside it and then names it in `current`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use letopis_domain::event::Recorded;
use letopis_domain::ids::Position;
use letopis_eventlog::log::Log;
use parking_lot::RwLock;

use crate::facts::{Facts, shape};
use crate::handle::{FoldError, Unusable};
use crate::models::timeline::Entry;
use crate::store::{Changes, Mark, Store, StoreError};

/// The rows, where they are stored, and whether the folder goes when the last reader is done.
pub(crate) struct Generation {
    pub(crate) facts: RwLock<Facts>,
    /// None only while the last reader lets go.
    store: Option<Store>,
    folder: PathBuf,
    is_obsolete: AtomicBool,
}

impl Generation {
    /// Opens or creates the generation in `folder`; none if its rows have another shape than this program's.
    pub(crate) fn open(folder: &Path, is_compressed: bool) -> Result<Option<Self>, StoreError> {
        let store = Store::open(folder, is_compressed)?;
        let facts = Facts::load(&store)?;
        Ok(facts.map(|facts| Self {
            facts: RwLock::new(facts),
            store: Some(store),
            folder: folder.to_owned(),
            is_obsolete: AtomicBool::new(false),
        }))
    }

    pub(crate) fn store(&self) -> Result<&Store, StoreError> {
        self.store.as_ref().ok_or_else(|| StoreError::Folder("the generation was given up".to_owned()))
    }

    pub(crate) fn name(&self) -> String {
        self.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub(crate) fn applied(&self) -> Position {
        self.facts.read().applied()
    }

    /// Folds events that follow what was folded, and makes their timeline entries readable. After an error
    /// [`Self::write_entries`] makes readable what is still missing.
    pub(crate) fn apply(&self, events: &[std::sync::Arc<Recorded>]) -> Result<(), StoreError> {
        {
            let mut facts = self.facts.write();
            for event in events {
                facts.apply(event);
            }
        }
        self.write_entries()
    }

    /// Writes the timeline entries that were folded and are not written yet.
    pub(crate) fn write_entries(&self) -> Result<(), StoreError> {
        if !self.facts.read().has_entries() {
            return Ok(());
        }
        let (entries, applied) = {
            let mut facts = self.facts.write();
            (facts.take_entries(), facts.applied())
        };
        let mut changes = Changes::default();
        put(&mut changes, &entries, applied);
        let written = self.store().and_then(|store| store.write(&changes));
        if written.is_err() {
            self.facts.write().put_back(entries);
        }
        written
    }

    /// Stores the rows that changed since the last checkpoint, and the timeline entries that belong to them: a
    /// checkpoint never stands without one of its entries.
    pub(crate) fn checkpoint(&self) -> Result<(), StoreError> {
        let (changed, entries, applied) = {
            let mut facts = self.facts.write();
            (facts.take_changed(), facts.take_entries(), facts.applied())
        };
        let encoded = self.facts.read().encode(&changed);
        let written = encoded.and_then(|mut changes| {
            if !entries.is_empty() {
                put(&mut changes, &entries, applied);
            }
            changes.mark(Mark::Shape, shape());
            self.store()?.write(&changes)
        });
        if written.is_err() {
            let mut facts = self.facts.write();
            facts.distrust();
            facts.put_back(entries);
        }
        written
    }

    /// Stores the tables of a whole generation that was folded in one go, through a sorted file.
    pub(crate) fn store_tables(&self) -> Result<(), StoreError> {
        let store = self.store()?;
        self.facts.write().take_changed();
        let facts = self.facts.read();
        let mut failed = None;
        let segments = facts.tables().into_iter().flat_map(|(number, _, table)| {
            (0..table.segments()).map(move |segment| (number, segment, table.encode(segment)))
        });
        let encoded = segments.map_while(|(number, segment, rows)| match rows {
            Ok(rows) => Some((number, segment, rows)),
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        store.ingest_segments(encoded)?;
        failed.map_or(Ok(()), Err)
    }

    /// Declares that tables and timeline are stored as far as they were folded.
    pub(crate) fn seal(&self) -> Result<(), StoreError> {
        let (store, applied) = (self.store()?, self.applied().0);
        let mut marks = Changes::default();
        marks.mark(Mark::Facts, applied);
        marks.mark(Mark::Timeline, applied);
        marks.mark(Mark::Shape, shape());
        store.write(&marks)?;
        store.flush()
    }

    /// Stores everything and hands it to the disk.
    pub(crate) fn close(&self) -> Result<(), StoreError> {
        self.checkpoint()?;
        self.store()?.flush()
    }

    /// The farthest position that anything in the store knows of.
    pub(crate) fn farthest(&self) -> Result<u64, StoreError> {
        let timeline = self.store()?.read_mark(Mark::Timeline)?.unwrap_or(0);
        Ok(timeline.max(self.applied().0))
    }

    /// Removes the folder once nobody reads it any more.
    pub(crate) fn give_up(&self) {
        self.is_obsolete.store(true, Ordering::SeqCst);
    }
}

fn put(changes: &mut Changes, entries: &[Entry], applied: Position) {
    for entry in entries {
        changes.put(&entry.key(), &entry.value());
    }
    changes.mark(Mark::Timeline, applied.0);
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.store = None;
        if self.is_obsolete.load(Ordering::SeqCst)
            && let Err(error) = fs::remove_dir_all(&self.folder)
        {
            tracing::warn!(folder = %self.folder.display(), %error, "an old generation of views could not be removed");
        }
    }
}

/// The folder that holds the generations.
pub(crate) struct Home {
    folder: PathBuf,
    is_compressed: bool,
}

impl Home {
    /// Opens or creates the folder.
    pub(crate) fn open(folder: &Path, is_compressed: bool) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), is_compressed })
    }

    /// An empty generation, which is not in use yet.
    pub(crate) fn fresh(&self) -> Result<Generation, StoreError> {
        let fresh = Generation::open(&self.next()?, self.is_compressed)?;
        fresh.ok_or_else(|| StoreError::Folder("a fresh folder is not empty".to_owned()))
    }

    /// The generation in use, opened, or why there is none that can be used, so that it must be built again from the
    /// log. Whatever is wrong with it is no reason to stop: the log holds everything.
    pub(crate) fn usable(&self, log: &dyn Log) -> Result<Generation, Unusable> {
        let open = || -> Result<Result<Generation, Unusable>, FoldError> {
            let Some(current) = self.current()? else { return Ok(Err(Unusable::Missing)) };
            let Some(generation) = Generation::open(&current, self.is_compressed)? else {
                tracing::info!(folder = %current.display(), "the views have another shape and are built again");
                return Ok(Err(Unusable::OtherShape));
            };
            if generation.farthest()? > log.head().0 {
                tracing::warn!(folder = %current.display(), "the views are ahead of the log and are built again");
                return Ok(Err(Unusable::AheadOfLog));
            }
            generation.facts.write().recall(&mut |positions| log.get_many(positions))?;
            Ok(Ok(generation))
        };
        open().unwrap_or_else(|error| {
            tracing::warn!(folder = %self.folder.display(), %error, "the views are damaged and are built again");
            Err(Unusable::Damaged)
        })
    }

    /// The generation in use; none if there is none yet.
    fn current(&self) -> Result<Option<PathBuf>, StoreError> {
        let file = self.folder.join("current");
        match fs::read_to_string(&file) {
            Ok(name) if is_generation(name.trim()) => Ok(Some(self.folder.join(name.trim()))),
            Ok(name) => Err(StoreError::Folder(format!("{} names no generation: '{}'", file.display(), name.trim()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&file, &error)),
        }
    }

    /// An empty folder for the next generation.
    pub(crate) fn next(&self) -> Result<PathBuf, StoreError> {
        let entries = fs::read_dir(&self.folder).map_err(|error| unusable(&self.folder, &error))?;
        let numbers = entries.filter_map(|entry| number_of(&entry.ok()?.path()));
        let number = numbers.max().unwrap_or(0).saturating_add(1);
        let folder = self.folder.join(format!("generation-{number:06}"));
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unusable(&folder, &error)),
            _ => {}
        }
        fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        Ok(folder)
    }

    /// Removes every generation but the one in use: what a rebuild left that broke off, or what could not be used.
    pub(crate) fn sweep(&self, in_use: &str) -> Result<(), StoreError> {
        let entries = fs::read_dir(&self.folder).map_err(|error| unusable(&self.folder, &error))?;
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let is_other = number_of(&path).is_some() && path.file_name().is_none_or(|name| name != in_use);
            if is_other {
                fs::remove_dir_all(&path).map_err(|error| unusable(&path, &error))?;
            }
        }
        Ok(())
    }

    /// Names the generation in use, atomically and durably.
    pub(crate) fn set_current(&self, generation: &str) -> Result<(), StoreError> {
        let (file, fresh) = (self.folder.join("current"), self.folder.join("current.next"));
        let write = || -> std::io::Result<()> {
            let mut out = fs::File::create(&fresh)?;
            out.write_all(generation.as_bytes())?;
            out.sync_all()?;
            fs::rename(&fresh, &file)?;
            fs::File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| unusable(&file, &error))
    }
}

fn is_generation(name: &str) -> bool {
    number_of(Path::new(name)).is_some()
}

fn number_of(folder: &Path) -> Option<u64> {
    folder.file_name()?.to_str()?.strip_prefix("generation-")?.parse().ok()
}

fn unusable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Folder(format!("{}: {error}", path.display()))
}
