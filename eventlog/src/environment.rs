//! Clock and randomness, injected: a test or the demo brings its own.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::Utc;
use letopis_domain::values::Timestamp;
use uuid::Uuid;

/// Where time and new ids come from.
pub trait Environment: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;
    /// A new id, a `UUIDv7`.
    fn new_uuid(&self) -> Uuid;
}

/// The machine's clock and randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    fn now(&self) -> Timestamp {
        Utc::now().into()
    }

    fn new_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A clock that stands still until it is set, and ids that follow from a seed.
#[derive(Debug)]
pub struct SeededEnvironment {
    now_micros: AtomicI64,
    seed: u64,
    drawn: AtomicI64,
}

impl SeededEnvironment {
    /// Starts at `now`.
    #[must_use]
    pub const fn new(seed: u64, now: Timestamp) -> Self {
        Self { now_micros: AtomicI64::new(now.micros()), seed, drawn: AtomicI64::new(0) }
    }

    /// Sets the clock; setting it back is allowed, as with a real one.
    pub fn set(&self, now: Timestamp) {
        self.now_micros.store(now.micros(), Ordering::SeqCst);
    }
}

impl Environment for SeededEnvironment {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now_micros.load(Ordering::SeqCst))
    }

    fn new_uuid(&self) -> Uuid {
        let drawn = self.drawn.fetch_add(1, Ordering::SeqCst);
        let mut input = [0; 16];
        input[..8].copy_from_slice(&self.seed.to_be_bytes());
        input[8..].copy_from_slice(&drawn.to_be_bytes());
        let random = blake3::hash(&input);
        let mut tail = [0; 10];
        tail.copy_from_slice(&random.as_bytes()[..10]);
        let millis = u64::try_from(self.now().micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }
}
