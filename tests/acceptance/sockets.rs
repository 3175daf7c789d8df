//! The protocol `graphql-transport-ws`, with its close codes.

use std::io::ErrorKind;
use std::time::Duration;

use letopis::http::Options;
use serde_json::json;

use crate::harness::{Socket, TestApp};

#[test]
fn another_protocol_is_not_acceptable() {
    let app = TestApp::start();
    assert_eq!(Socket::connect(&app, None).close_code(), 4406);
}

#[test]
fn what_is_no_message_closes_with_4400() {
    let app = TestApp::start();
    for text in ["not json", "[]", "{}", r#"{"type":"nonsense"}"#, r#"{"type":"subscribe","id":"1"}"#] {
        let mut socket = Socket::open(&app);
        socket.send_text(text);
        assert_eq!(socket.close_code(), 4400, "{text}");
    }
    let mut socket = Socket::open(&app);
    socket.send_bytes(b"{}");
    assert_eq!(socket.close_code(), 4400);
}

#[test]
fn an_operation_before_the_acknowledgment_closes_with_4401() {
    let app = TestApp::start();
    let mut socket = Socket::connect(&app, Some("graphql-transport-ws"));
    socket.subscribe("1", "{ log { head } }", &json!({}));
    assert_eq!(socket.close_code(), 4401);
}

#[test]
fn silence_at_the_start_closes_with_4408() {
    let app = TestApp::start_with(Options { socket_init_timeout: Duration::from_millis(50), ..Options::default() });
    assert_eq!(Socket::connect(&app, Some("graphql-transport-ws")).close_code(), 4408);
}

#[test]
fn an_id_in_use_closes_with_4409_and_a_free_one_can_be_used_again() {
    let app = TestApp::start();
    let mut socket = Socket::open(&app);
    socket.subscribe("1", "{ log { head } }", &json!({}));
    assert_eq!(socket.next("1"), json!({ "log": { "head": "0" } }));
    assert_eq!(socket.receive(), json!({ "id": "1", "type": "complete" }));
    socket.subscribe("1", "subscription { events { position } }", &json!({}));
    socket.subscribe("1", "subscription { events { position } }", &json!({}));
    assert_eq!(socket.close_code(), 4409);
}

#[test]
fn a_second_init_closes_with_4429() {
    let app = TestApp::start();
    let mut socket = Socket::open(&app);
    socket.send(&json!({ "type": "connection_init" }));
    assert_eq!(socket.close_code(), 4429);
}

#[test]
fn pings_are_answered_with_their_payload() {
    let app = TestApp::start();
    let mut socket = Socket::open(&app);
    socket.send(&json!({ "type": "ping", "payload": { "a": 1 } }));
    assert_eq!(socket.receive(), json!({ "type": "pong", "payload": { "a": 1 } }));
}

#[test]
fn what_cannot_run_is_an_error_message_and_the_socket_goes_on() {
    let app = TestApp::start();
    let mut socket = Socket::open(&app);
    for query in ["{", "{ nothing }", "subscription { events { position } timeline(account: 1) { id } }"] {
        socket.subscribe("1", query, &json!({}));
        let message = socket.receive();
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("1")), "{message}");
        assert!(message["payload"][0]["message"].is_string(), "{message}");
    }
    socket.subscribe("1", "query ($x: Int!) { log { head } }", &json!({}));
    assert_eq!(socket.receive()["type"], "error");
    let mutation = "mutation { receiveLead(input: { source: \"web\" }) { position userErrors { code } } }";
    socket.subscribe("1", mutation, &json!({}));
    assert_eq!(socket.next("1"), json!({ "receiveLead": { "position": "1", "userErrors": [] } }));
}

#[test]
fn a_client_that_answers_no_ping_is_closed() {
    let app = TestApp::start_with(Options { socket_ping_interval: Duration::from_millis(50), ..Options::default() });
    let mut answering = Socket::open(&app);
    let mut silent = Socket::open(&app);
    silent.subscribe("1", "subscription { events { position } }", &json!({}));
    answering.subscribe("1", "subscription { events { position } }", &json!({}));
    let listener = std::thread::spawn(move || answering.next("1"));
    assert_eq!(silent.close_code(), 1001);
    // By now one that answers would have been closed too.
    app.mutate("receiveLead", json!({ "source": "web" }), "lead { id }");
    assert_eq!(listener.join().unwrap(), json!({ "events": { "position": "1" } }));
}

#[test]
fn a_client_that_does_not_read_is_given_up() {
    let app = TestApp::start_with(Options { socket_send_timeout: Duration::from_millis(200), ..Options::default() });
    let mut socket = Socket::open(&app);
    // More than the buffers between server and client hold.
    let types = "kind name description fields { name description args { name description } }";
    let query = format!("{{ __schema {{ types {{ {types} again: fields {{ name description }} }} }} }}");
    let mut numbers = 0..;
    let ended = loop {
        let id = numbers.next().unwrap_or_default().to_string();
        if let Err(ended) = socket.try_subscribe(&id, &query) {
            break ended;
        }
    };
    assert!(matches!(ended, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{ended}");
}

#[test]
fn a_close_of_the_client_is_answered() {
    let app = TestApp::start();
    let mut socket = Socket::open(&app);
    socket.subscribe("1", "subscription { events { position } }", &json!({}));
    socket.leave(1000);
    assert_eq!(socket.close_code(), 1000);
}

#[test]
fn a_stopping_server_says_goodbye() {
    let app = TestApp::start();
    let mut socket = Socket::open(&app);
    let closing = std::thread::spawn(move || socket.close_code());
    drop(app);
    assert_eq!(closing.join().unwrap(), 1001);
}
