//! Subscriptions: first what was missed, then what happens, without a gap and without a repeat.

use serde_json::json;

use crate::harness::{Socket, TestApp};
use crate::world;

const EVENTS: &str = "subscription ($after: Position, $query: EventQuery) { \
    events(after: $after, query: $query) { position type } }";

#[test]
fn a_subscriber_misses_nothing_and_sees_nothing_twice_while_others_write() {
    let app = TestApp::start();
    for _ in 0..300 {
        app.mutate("receiveLead", json!({ "source": "old" }), "lead { id }");
    }
    let mut socket = Socket::open(&app);
    let after = json!({ "after": "10" });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    app.mutate("receiveLead", json!({ "source": "new" }), "lead { id }");
                }
            });
        }
        socket.subscribe("1", EVENTS, &after);
        for position in 11..=500 {
            let event = socket.next("1");
            assert_eq!(event["events"], json!({ "position": position.to_string(), "type": "LEAD_RECEIVED" }));
        }
    });
}

#[test]
fn a_query_lets_only_matching_events_through() {
    let app = TestApp::start();
    let lead = world::lead(&app, "web");
    let mut socket = Socket::open(&app);
    let query = json!({ "query": { "items": [{ "about": [lead], "types": ["LEAD_QUALIFIED"] }] }, "after": "0" });
    socket.subscribe("1", EVENTS, &query);
    world::lead(&app, "other");
    app.done("qualifyLead", json!({ "lead": lead }), "lead { id }");
    assert_eq!(socket.next("1")["events"]["type"], "LEAD_QUALIFIED");
    socket.send(&json!({ "id": "1", "type": "complete" }));
    world::lead(&app, "later");
    socket.subscribe("2", "{ log { head } }", &json!({}));
    assert_eq!(socket.next("2")["log"]["head"], "4");
}

#[test]
fn without_a_position_only_news_arrive() {
    let app = TestApp::start();
    world::lead(&app, "old");
    let mut socket = Socket::open(&app);
    socket.subscribe("1", EVENTS, &json!({}));
    socket.subscribe("2", "{ log { head } }", &json!({}));
    assert_eq!(socket.next("2")["log"]["head"], "1");
    assert_eq!(socket.receive()["type"], "complete");
    // The subscription may begin just after the query was answered: news are repeated until one arrives.
    let seen = std::thread::scope(|scope| {
        let writer = scope.spawn(|| app.mutate("receiveLead", json!({ "source": "new" }), "lead { id }"));
        let seen = socket.next("1");
        writer.join().unwrap();
        seen
    });
    assert_eq!(seen["events"]["position"], "2");
}

#[test]
fn a_timeline_brings_the_past_of_what_joins_the_account() {
    let app = TestApp::start();
    let world = world::found(&app);
    let account = world::account(&app, "Vega");
    let lead = world::lead(&app, "web");
    app.done("qualifyLead", json!({ "lead": lead }), "lead { id }");
    let mut socket = Socket::open(&app);
    let query = "subscription ($a: ID!) { timeline(account: $a, after: \"0\") { type isBackDated } }";
    socket.subscribe("1", query, &json!({ "a": account }));
    let mut next = || socket.next("1")["timeline"]["type"].as_str().unwrap().to_owned();
    assert_eq!(next(), "ACCOUNT_CREATED");
    world::lead(&app, "of nobody");
    let convert = json!({ "lead": lead, "account": { "existing": account }, "contact": { "new": {} },
        "opportunity": { "pipeline": world.pipeline } });
    app.done("convertLead", convert, "lead { status conversion { account { id } opportunity { id } } }");
    let mut joined: Vec<String> = (0..5).map(|_| next()).collect();
    joined.sort();
    let expected = ["CONTACT_CREATED", "LEAD_CONVERTED", "LEAD_QUALIFIED", "LEAD_RECEIVED", "OPPORTUNITY_OPENED"];
    assert_eq!(joined, expected);
    world::note(&app, &account, "hello");
    assert_eq!(next(), "NOTE_RECORDED");
}

#[test]
fn the_timeline_of_no_account_is_an_error_of_the_field() {
    let app = TestApp::start();
    let mut socket = Socket::open(&app);
    socket.subscribe("1", "subscription { timeline(account: \"x\") { type } }", &json!({}));
    let message = socket.receive();
    assert!(message.to_string().contains("there is no such account"), "{message}");
}

#[test]
fn a_position_beyond_the_log_is_refused_instead_of_waited_for() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let mut socket = Socket::open(&app);
    for (id, query) in [
        ("1", "subscription { events(after: \"99\") { position } }".to_owned()),
        ("2", format!("subscription {{ timeline(account: \"{account}\", after: \"99\") {{ id }} }}")),
    ] {
        socket.subscribe(id, &query, &json!({}));
        let message = socket.receive().to_string();
        assert!(message.contains("position 99 lies beyond the end of the log, which is 1"), "{message}");
        assert!(message.contains("BAD_USER_INPUT"), "{message}");
        assert_eq!(socket.receive()["type"], "complete");
    }
}
