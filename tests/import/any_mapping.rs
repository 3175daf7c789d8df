//! Mappings that nobody would write: each is refused with a reason or understood, and none is the end of the program.

use letopis::import::Plan;
use proptest::prelude::*;
use proptest::sample::select;

const CORPUS: [&str; 4] = [
    include_str!("../../api/mappings/bpi2012.toml"),
    include_str!("../../api/mappings/maven.toml"),
    include_str!("../../api/mappings/olist.toml"),
    include_str!("../../api/mappings/uci-bank-marketing.toml"),
];

/// What a mapping is made of.
const TOKENS: [&str; 30] = [
    "[",
    "]",
    "[[",
    "{",
    "}",
    "=",
    "\"",
    "'",
    "\"\"\"",
    "${",
    "}",
    "|",
    "||",
    "'",
    "(",
    ")",
    "%",
    "*",
    ".",
    "\n",
    "#",
    "id",
    "lookup",
    "when",
    "${row}",
    "${'a' | id lead}",
    "99999999999999999999",
    "\\",
    "\u{0}",
    "é",
];

/// A change of a text: at a place, so many characters give way to a token, some times over.
type Edit = (usize, usize, &'static str, usize);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let times = prop_oneof![9 => 1_usize..3, 1 => 100_usize..2_000];
    prop::collection::vec((any::<usize>(), 0_usize..40, select(&TOKENS[..]), times), 0..5)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (at, length, token, times) in edits {
        let at = at % (chars.len() + 1);
        let end = (at + length).min(chars.len());
        chars.splice(at..end, token.repeat(*times).chars());
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_mapping_is_understood_or_refused_with_a_reason(base in select(&CORPUS[..]), edits in edits()) {
        let text = edited(base, &edits);
        match Plan::parse(&text) {
            Ok(_) => {}
            Err(error) => prop_assert!(!error.to_string().trim().is_empty()),
        }
    }

    #[test]
    fn any_text_is_understood_or_refused_with_a_reason(text in any::<String>()) {
        if let Err(error) = Plan::parse(&text) {
            prop_assert!(!error.to_string().trim().is_empty());
        }
    }
}

#[test]
fn the_corpus_is_understood_as_it_stands() {
    for text in CORPUS {
        assert!(Plan::parse(text).is_ok());
    }
}
