//! What every test needs: a folder, a clock, and accesses.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use letopis_domain::ids::{EmployeeId, LeadId};
use letopis_domain::values::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Access, AccessLog, Clock, Entry, Filter, Kind, Options, Reader, Subject};

/// A clock that a test sets.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    /// Stands at a time.
    pub fn at(text: &str) -> Self {
        Self(Arc::new(AtomicI64::new(time(text).micros())))
    }

    /// Sets it.
    pub fn set(&self, text: &str) {
        self.0.store(time(text).micros(), Ordering::SeqCst);
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    /// For a log.
    pub fn clock(&self) -> Clock {
        let micros = Arc::clone(&self.0);
        Arc::new(move || Timestamp::from_micros(micros.load(Ordering::SeqCst)))
    }
}

/// A folder for a log, and its clock.
pub struct Place {
    folder: TempDir,
    /// The clock.
    pub clock: TestClock,
}

impl Place {
    /// An empty one.
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), clock: TestClock::at("2026-11-22T12:00:00Z") }
    }

    /// The folder of the log.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("access-log")
    }

    /// The file of a day.
    pub fn file(&self, day: &str) -> PathBuf {
        self.path().join(format!("{day}.jsonl"))
    }

    /// Opens the log.
    pub fn open(&self) -> AccessLog {
        AccessLog::open(&self.path(), Options::default(), self.clock.clock()).unwrap()
    }
}

/// An instant.
pub fn time(text: &str) -> Timestamp {
    Timestamp::from_rfc3339(text).unwrap()
}

/// A lead.
pub fn lead(number: u128) -> Subject {
    LeadId(Uuid::from_u128(number)).into()
}

/// A read of a lead, told from others by its operation.
pub fn read(operation: &str) -> Access {
    Access {
        employee: Some(EmployeeId(Uuid::from_u128(7))),
        credential: Some("key:abc".to_owned()),
        operation: Some(operation.to_owned()),
        subjects: vec![lead(1)],
        fields: vec!["Lead.emails".into()],
        ..Access::new(Uuid::from_u128(9), Kind::Read)
    }
}

/// All entries that match, newest first, page by page.
pub fn all(reader: &Reader, filter: &Filter, first: usize) -> Vec<Entry> {
    let (mut entries, mut after) = (Vec::new(), None);
    loop {
        let page = reader.query(filter, first, after).unwrap();
        assert!(page.entries.len() <= first);
        entries.extend(page.entries);
        if !page.has_next {
            return entries;
        }
        after = page.cursor;
    }
}

/// Operations of all entries, oldest first.
pub fn operations(folder: &Path) -> Vec<String> {
    let entries = all(&Reader::of(folder), &Filter::default(), 100);
    entries.into_iter().rev().filter_map(|entry| entry.access.operation).collect()
}
