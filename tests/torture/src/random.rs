//! Numbers that follow from a seed alone.

/// A simple, well mixed sequence.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The sequence of a text.
    pub fn of(text: &str) -> Self {
        let digest = blake3::hash(text.as_bytes());
        let (seed, _) = digest.as_bytes().split_first_chunk().unwrap_or((&[0; 8], &[]));
        Self(u64::from_be_bytes(*seed))
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A number below `bound`; small ones are as likely as large ones of each magnitude.
    pub fn of_any_magnitude(&mut self, bound: u64) -> u64 {
        let magnitudes = u64::from(bound.max(2).ilog2()) + 1;
        let cap = (1 << (self.below(magnitudes) + 1)).min(bound);
        self.below(cap)
    }
}
