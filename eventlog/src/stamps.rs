//! The recording clock: `recorded_at` never decreases, and a question about the past is answered once for ever.

use letopis_domain::values::Timestamp;

/// What the next stamp depends on besides the machine's clock, which may be set back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamps {
    last: Timestamp,
    answered_upto: Timestamp,
}

impl Stamps {
    /// Begins with an empty log.
    pub const fn new() -> Self {
        Self { last: Timestamp::MIN, answered_upto: Timestamp::MIN }
    }

    /// Goes on after a log was opened at `now`: any instant up to then may have been asked about before.
    pub fn reopened(last: Timestamp, now: Timestamp) -> Self {
        Self { last, answered_upto: now.max(last) }
    }

    /// Keeps later stamps above an instant that was asked about before.
    pub fn keep_above(&mut self, answered_upto: Timestamp) {
        self.answered_upto = self.answered_upto.max(answered_upto);
    }

    /// The latest instant that was asked about.
    pub const fn answered_upto(&self) -> Timestamp {
        self.answered_upto
    }

    /// The stamp of an append at `now`: not before the last one, and after every instant that was asked about.
    pub fn stamp(&mut self, now: Timestamp) -> Timestamp {
        let after_answers = Timestamp::from_micros(self.answered_upto.micros().saturating_add(1));
        self.last = now.max(self.last).max(after_answers);
        self.last
    }

    /// Settles which instant a question about `at` means, and keeps later stamps above it.
    pub fn settle(&mut self, at: Timestamp, now: Timestamp) -> Timestamp {
        let at = at.min(now.max(self.last).max(self.answered_upto));
        self.answered_upto = self.answered_upto.max(at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_move_stamps_back() {
        let mut stamps = Stamps::new();
        assert_eq!(stamps.stamp(at(20)), at(20));
        assert_eq!(stamps.stamp(at(5)), at(20));
    }

    #[test]
    fn what_is_stamped_after_a_question_lies_after_the_instant_asked_about() {
        let mut stamps = Stamps::new();
        assert_eq!(stamps.settle(Timestamp::MAX, at(30)), at(30));
        assert_eq!(stamps.stamp(at(30)), at(31));
        assert_eq!(stamps.settle(at(30), at(5)), at(30));
        assert_eq!(stamps.settle(Timestamp::MAX, at(5)), at(31));
    }
}
