//! Chance from a seed, the same on every machine.

use letopis_domain::values::Timestamp;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

/// A source of chance.
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The source of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A whole number, both ends included.
    pub fn between(&mut self, from: i64, upto: i64) -> i64 {
        self.0.random_range(from..=upto.max(from))
    }

    /// Whether something of this many percent happens.
    pub fn percent(&mut self, percent: i64) -> bool {
        self.between(0, 99) < percent
    }

    /// One of several.
    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = self.0.random_range(0..choices.len().max(1));
        &choices[index]
    }

    /// An index, likelier where the weight is higher.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u32 = weights.iter().sum();
        let mut drawn = self.0.random_range(0..total.max(1));
        for (index, weight) in weights.iter().enumerate() {
            if drawn < *weight {
                return index;
            }
            drawn -= weight;
        }
        0
    }

    /// A new id of this moment.
    pub fn id<T: From<Uuid>>(&mut self, at: Timestamp) -> T {
        let millis = u64::try_from(at.micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.0.random()).into_uuid().into()
    }
}
