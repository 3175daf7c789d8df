//! The issuer's keys as they are held: fetched when they are needed first, again when a token names an unknown one, and
//! once an hour. Many callers share one fetch, and it goes on when they leave.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey};
use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::oidc::fetch::{FetchError, Source};
use crate::oidc::key_set::{KeySet, Lookup};
use crate::refusal::Refusal;

/// Keys older than this are fetched again; callers do not wait for it.
const REFRESHED_AFTER_MS: i64 = 60 * 60 * 1_000;
/// While there are no keys at all, the issuer is asked again after this.
const FIRST_KEYS_RETRIED_AFTER_MS: i64 = 5_000;

pub(super) struct SigningKeys {
    source: Source,
    refetched_after_ms: i64,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    keys: Option<Fetched>,
    asked_at: Option<Timestamp>,
    has_last_failed: bool,
    /// Closed when the fetch that is under way ends, however it ends.
    flight: Option<Flight>,
}

struct Fetched {
    keys: KeySet,
    at: Timestamp,
}

type Flight = watch::Receiver<()>;

/// What a caller does next.
enum Next {
    Take(DecodingKey),
    WaitFor(Flight),
    GiveUp(Refusal),
}

impl SigningKeys {
    pub(super) fn new(source: Source, refetched_after_ms: i64) -> Arc<Self> {
        Arc::new(Self { source, refetched_after_ms, held: Mutex::default() })
    }

    /// The key for a token that names it so.
    pub(super) async fn find(
        self: &Arc<Self>,
        kid: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<DecodingKey, Refusal> {
        match self.next(kid, algorithm, now) {
            Next::Take(key) => Ok(key),
            Next::GiveUp(refusal) => Err(refusal),
            Next::WaitFor(mut flight) => {
                // Nothing is ever sent: it ends by being closed.
                let _ = flight.changed().await;
                self.held.lock().key(kid, algorithm).map_err(|missing| missing.refusal)
            }
        }
    }

    fn next(self: &Arc<Self>, kid: Option<&str>, algorithm: Algorithm, now: Timestamp) -> Next {
        let mut held = self.held.lock();
        match held.key(kid, algorithm) {
            Ok(key) => {
                if held.is_stale(now) {
                    self.flight(&mut held, now);
                }
                Next::Take(key)
            }
            Err(Missing { refusal, may_come: false }) => Next::GiveUp(refusal),
            Err(Missing { refusal, .. }) => match self.flight(&mut held, now) {
                Some(flight) => Next::WaitFor(flight),
                None => Next::GiveUp(refusal),
            },
        }
    }

    /// The fetch that is under way, or one that begins, unless the issuer was asked a moment ago.
    fn flight(self: &Arc<Self>, held: &mut Held, now: Timestamp) -> Option<Flight> {
        // A fetch that has panicked has closed its end and left ours.
        if let Some(flight) = held.flight.as_ref().filter(|flight| flight.has_changed().is_ok()) {
            return Some(flight.clone());
        }
        let pause_ms = match held.keys {
            Some(_) => self.refetched_after_ms,
            None => self.refetched_after_ms.min(FIRST_KEYS_RETRIED_AFTER_MS),
        };
        if held.asked_at.is_some_and(|at| is_within(now, at, pause_ms)) {
            return None;
        }
        let (ends, flight) = watch::channel(());
        held.asked_at = Some(now);
        held.flight = Some(flight.clone());
        let this = Arc::clone(self);
        spawn_blocking(move || {
            let fetched = this.source.fetch();
            this.held.lock().take(fetched, now);
            drop(ends);
        });
        Some(flight)
    }
}

/// There is no key, and whether asking the issuer may change that.
struct Missing {
    refusal: Refusal,
    may_come: bool,
}

impl Held {
    fn key(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, Missing> {
        let Some(fetched) = &self.keys else {
            return Err(Missing { refusal: Refusal::Unavailable, may_come: true });
        };
        match fetched.keys.find(kid, algorithm) {
            Lookup::Found(key) => Ok(key),
            Lookup::NoneFits => Err(Missing { refusal: Refusal::UnknownSigningKey, may_come: false }),
            // While the issuer does not answer nobody knows whether it has a key of this name.
            Lookup::UnknownKid if self.has_last_failed => {
                Err(Missing { refusal: Refusal::Unavailable, may_come: true })
            }
            Lookup::UnknownKid => Err(Missing { refusal: Refusal::UnknownSigningKey, may_come: true }),
        }
    }

    fn is_stale(&self, now: Timestamp) -> bool {
        self.keys.as_ref().is_some_and(|fetched| !is_within(now, fetched.at, REFRESHED_AFTER_MS))
    }

    fn take(&mut self, fetched: Result<KeySet, FetchError>, at: Timestamp) {
        self.flight = None;
        self.has_last_failed = fetched.is_err();
        match fetched {
            Ok(keys) => self.keys = Some(Fetched { keys, at }),
            Err(error) => {
                let has_old = self.keys.is_some();
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::warn!(%error, cause, has_old, "the keys of the issuer could not be fetched");
            }
        }
    }
}

/// Whether the two are less than that apart, in either direction: a clock that was set back must not stop the fetching.
fn is_within(now: Timestamp, at: Timestamp, ms: i64) -> bool {
    now.ms_since(at).saturating_abs() < ms
}
