//! A clock that is off, and may jump while it is looked at.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use letopis_domain::values::Timestamp;
use letopis_eventlog::environment::{Environment, SystemEnvironment};
use uuid::Uuid;

use crate::random::Random;

/// The machine's clock, off by some time, and off by another one after every so many looks.
#[derive(Clone, Debug, Default)]
pub struct UnsteadyClock {
    /// How far it is off at first, in microseconds.
    pub off_micros: i64,
    /// Looks between two jumps; none = it does not jump.
    pub jumps_every: Option<u64>,
    looks: Arc<AtomicU64>,
}

/// Longest jump to either side.
const JUMP_MAX_MICROS: u64 = 3_600_000_000;

impl UnsteadyClock {
    /// A clock.
    pub fn new(off_micros: i64, jumps_every: Option<u64>) -> Self {
        Self { off_micros, jumps_every, looks: Arc::default() }
    }

    /// How often it has jumped. Between two looks with the same answer it went on steadily.
    pub fn jumps(&self) -> u64 {
        self.jumps_every.map_or(0, |every| self.looks.load(Ordering::SeqCst) / every)
    }
}

impl Environment for UnsteadyClock {
    fn now(&self) -> Timestamp {
        let looks = self.looks.fetch_add(1, Ordering::SeqCst);
        let jump = self.jumps_every.map_or(0, |every| {
            let mut random = Random::new((looks / every) ^ self.off_micros.unsigned_abs());
            let far = i64::try_from(random.of_any_magnitude(JUMP_MAX_MICROS)).unwrap_or_default();
            if random.once_in(2) { far } else { -far }
        });
        Timestamp::from_micros(SystemEnvironment.now().micros() + self.off_micros + jump)
    }

    fn new_uuid(&self) -> Uuid {
        SystemEnvironment.new_uuid()
    }
}

/// `OFF` or `OFF/JUMPS`.
impl FromStr for UnsteadyClock {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (off, jumps) = text.split_once('/').map_or((text, None), |(off, jumps)| (off, Some(jumps)));
        Ok(Self::new(off.parse()?, jumps.map(str::parse).transpose()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_did_not_jump_does_not_go_back() {
        let clock = UnsteadyClock::new(5, Some(3));
        let mut went_back = 0;
        for _ in 0..300 {
            let (before, first, second) = (clock.jumps(), clock.now(), clock.now());
            if second < first {
                assert_ne!(clock.jumps(), before);
                went_back += 1;
            }
        }
        assert!(went_back > 10, "it jumped back only {went_back} times");
    }
}
