//! Events made of choices: any numbers make an event, none at all the smallest.

use letopis_domain::event::{Event, EventType, PersonalBytes};

use super::trace::{Guide, Tracing};

/// Numbers at which the number of bytes that an integer takes changes, with both signs.
const EDGES: [u64; 16] = [
    0,
    1,
    125,
    126,
    250,
    251,
    252,
    255,
    32_767,
    65_535,
    65_536,
    2_147_483_648,
    4_294_967_295,
    4_294_967_296,
    u64::MAX - 124,
    u64::MAX,
];
/// Texts to draw from; one is longer than a size in one byte can say.
const TEXTS: [&str; 4] = ["", "Vera", "Вера \"из\" Veghel\n🧾", "one byte of a size goes up to 250: "];

/// The event of a type, in the version that is written today, that these choices make.
pub(super) fn event(event_type: EventType, choices: &[u64]) -> Event {
    let codec = Tracing::new(Choices(choices.iter()));
    Event::decode(&codec, event_type, event_type.current_version(), &[], PersonalBytes::Known(&[])).unwrap()
}

struct Choices<'a>(std::slice::Iter<'a, u64>);

impl Choices<'_> {
    fn choose(&mut self, count: usize) -> usize {
        usize::try_from(self.next()).unwrap() % count
    }

    fn next(&mut self) -> u64 {
        self.0.next().copied().unwrap_or_default()
    }
}

impl Guide for Choices<'_> {
    fn count(&mut self) -> usize {
        self.choose(4)
    }

    fn is_some(&mut self) -> bool {
        self.choose(4) > 0
    }

    fn variant(&mut self, _name: &str, count: usize) -> usize {
        self.choose(count)
    }

    fn number(&mut self) -> u64 {
        let choice = self.next();
        EDGES.get(self.choose(2 * EDGES.len())).copied().unwrap_or(choice)
    }

    fn text(&mut self) -> String {
        let text = TEXTS[self.choose(TEXTS.len())];
        if text.ends_with(": ") { text.repeat(8) } else { text.to_owned() }
    }
}
