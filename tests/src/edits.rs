//! Changes of texts at random, for tests of whatever reads text.

use proptest::prelude::*;
use proptest::sample::select;

/// A change of a text: at a place, so many characters give way to a token, some times over.
#[derive(Clone, Debug)]
pub struct Edit {
    at: usize,
    length: usize,
    token: &'static str,
    times: usize,
}

/// Some changes with these tokens, each of fewer than `length` characters; one in ten repeats its token up to `times`
/// times.
pub fn edits(tokens: &'static [&'static str], length: usize, times: usize) -> impl Strategy<Value = Vec<Edit>> {
    let times = prop_oneof![9 => 1_usize..3, 1 => 100..times];
    let edit = (any::<usize>(), 0..length, select(tokens), times);
    prop::collection::vec(edit.prop_map(|(at, length, token, times)| Edit { at, length, token, times }), 0..6)
}

/// The text after the changes.
#[must_use]
pub fn edited(text: &str, edits: &[Edit]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for Edit { at, length, token, times } in edits {
        let at = at % (chars.len() + 1);
        let end = (at + length).min(chars.len());
        chars.splice(at..end, token.repeat(*times).chars());
    }
    chars.into_iter().collect()
}
