//! Mappings that nobody would write: each is refused with a reason or understood, and none is the end of the program.

use letopis::import::Plan;
use letopis_tests::edits::{edited, edits};
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_mapping_is_understood_or_refused_with_a_reason(base in select(&CORPUS[..]), edits in edits(&TOKENS, 40, 2000)) {
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
