//! GraphQL documents that nobody would write: whatever comes, the answer is one, and the server goes on.

use letopis_tests::edits::{edited, edits};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::harness::TestApp;
use crate::world;

/// Documents to start from; add one for every defect.
const CORPUS: [&str; 6] = [
    include_str!("corpus/audit.graphql"),
    include_str!("corpus/fragments.graphql"),
    include_str!("corpus/funnel.graphql"),
    include_str!("corpus/introspection.graphql"),
    include_str!("corpus/mutation.graphql"),
    include_str!("corpus/subscription.graphql"),
];

/// What a document is made of.
const TOKENS: [&str; 36] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "!",
    ":",
    "=",
    "$",
    "@",
    "...",
    "|",
    "&",
    "\"",
    "\"\"\"",
    "\\u{110000}",
    "\\uD83D",
    "query",
    "mutation",
    "subscription",
    "fragment F on Query ",
    "on",
    "null",
    "true",
    "9223372036854775808",
    "-0",
    "1e999",
    "$input",
    "__typename",
    "@include(if: $x)",
    "@skip",
    "log { head }",
    "\u{feff}",
    "\u{0}",
    "é\u{202e}",
];

fn documents() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (select(&CORPUS[..]), edits(&TOKENS, 12, 3000)).prop_map(|(text, edits)| edited(text, &edits)),
        1 => edits(&TOKENS, 12, 3000).prop_map(|edits| edited("", &edits)),
        1 => any::<String>(),
    ]
}

/// An answer is data or errors, and each error has a message and a code.
fn check(app: &TestApp, document: &str) -> Result<(), TestCaseError> {
    let body = json!({ "query": document, "variables": { "input": { "lead": null, "x": [] }, "first": 3 } });
    let answer = app.post("application/json", "application/graphql-response+json", body.to_string().as_bytes());
    prop_assert!(matches!(answer.status, 200 | 400 | 413), "{answer:?}");
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    prop_assert!(!errors.is_empty() || answer.body["data"].is_object(), "{answer:?}");
    for error in errors {
        prop_assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        prop_assert!(!code.is_empty() && code != "INTERNAL_SERVER_ERROR", "{error}");
    }
    Ok(())
}

#[test]
fn any_document_is_answered() {
    let app = TestApp::start();
    world::found(&app);
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    runner.run(&documents(), |document| check(&app, &document)).unwrap();
    assert!(app.data("{ log { head } }")["log"]["head"].is_string());
}

/// The first operation, where a document names one.
fn operation_of(document: &str) -> Option<&str> {
    let start = document.split_whitespace().skip_while(|word| !["query", "mutation", "subscription"].contains(word));
    start.skip(1).map(|name| name.split(['(', '{']).next().unwrap_or_default()).find(|name| !name.is_empty())
}

#[test]
fn the_corpus_is_understood_as_it_stands() {
    let app = TestApp::start();
    world::found(&app);
    let codes = CORPUS.map(|document| {
        let variables = json!({ "input": { "source": "web", "name": "Ivan" } });
        let body = json!({ "query": document, "operationName": operation_of(document), "variables": variables });
        let answer = app.post("application/json", "application/json", body.to_string().as_bytes());
        answer.body["errors"][0]["extensions"]["code"].as_str().map(str::to_owned)
    });
    // A subscription is no request that is answered once.
    let refused = Some("BAD_USER_INPUT");
    assert_eq!(codes.each_ref().map(Option::as_deref), [None, None, None, None, None, refused]);
}

#[test]
fn depth_breadth_and_size_have_ends() {
    let app = TestApp::start();
    let nested = |depth: usize| format!("{{ log {} head {} }}", "{ log ".repeat(depth), "}".repeat(depth));
    let aliased = |count: usize| (0..count).map(|number| format!("a{number}: log {{ head }} ")).collect::<String>();
    let lists = |depth: usize| format!("{{ node(id: {}{}) {{ id }} }}", "[".repeat(depth), "]".repeat(depth));
    for document in [nested(5_000), format!("{{ {} }}", aliased(20_000)), lists(20_000), "{".repeat(100_000)] {
        check(&app, &document).unwrap();
        let answer = app.request(&document).send();
        assert!(answer.body["errors"].is_array(), "{:.200}", answer.body.to_string());
    }
}
