//! Without a key nothing but health answers; with one everybody is who they are.

use std::time::Duration;

use letopis::http::Options;
use letopis_eventlog::environment::{Environment, SystemEnvironment};
use letopis_identity::Scope;
use serde_json::json;

use crate::harness::{Socket, TestApp};
use crate::world::id;

const VIEWER: &str = "{ viewer { employee { id } roles { role reach } seesEverything } }";

#[test]
fn without_a_key_nothing_but_health_answers() {
    let app = TestApp::guarded();
    for (path, status) in
        [("/health/live", 200), ("/health/ready", 200), ("/graphql?query=%7Bviewer%7BseesEverything%7D%7D", 401)]
    {
        assert_eq!(app.get(path, &[]).0, status, "{path}");
    }
    for authorization in ["", "Bearer", "Bearer letopis_aaaaaaaa_wrong", "Basic YTpi", "Bearer a.b.c"] {
        let answer = app.request(VIEWER).header("authorization", authorization).send();
        assert_eq!((answer.status, answer.code()), (401, "UNAUTHENTICATED"), "{authorization}");
    }
}

#[test]
fn a_key_that_is_unknown_or_revoked_or_expired_is_answered_alike() {
    let app = TestApp::guarded();
    let employee = id(&app.data("{ viewer { employee { id } } }")["viewer"]["employee"]);
    let (revoked, unknown) = (app.key_of(&employee), TestApp::guarded().key_of(&employee));
    let key = revoked.split('_').nth(1).unwrap().parse().unwrap();
    app.keys().revoke(key, SystemEnvironment.now()).unwrap();
    let said = |key: &str| app.request(VIEWER).by(key).send().body;
    assert_eq!(said(&revoked), said(&unknown));
    assert_eq!(said(&revoked), said("letopis_mistyped"));
}

#[test]
fn whoever_has_no_role_comes_no_further() {
    let app = TestApp::guarded();
    let employee =
        id(&app.done("hireEmployee", json!({ "kind": "HUMAN", "name": "Nobody" }), "employee { id }")["employee"]);
    let key = app.key_of(&employee);
    let answer = app.request(VIEWER).by(&key).send();
    assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"));
    app.done("grantRole", json!({ "employee": employee, "role": "AUDITOR" }), "employee { id }");
    let viewer = app.request(VIEWER).by(&key).send().data()["viewer"].clone();
    assert_eq!(viewer["roles"], json!([{ "role": "AUDITOR", "reach": "ALL" }]));
    assert_eq!(viewer["employee"]["id"], json!(employee));
    app.done("releaseEmployee", json!({ "employee": employee }), "employee { id }");
    assert_eq!(app.request(VIEWER).by(&key).send().status, 403, "who left has no role any more");
}

#[test]
fn the_actor_of_an_event_is_whoever_proved_to_be() {
    let app = TestApp::guarded();
    let hired = |name: &str| {
        id(&app.done("hireEmployee", json!({ "kind": "HUMAN", "name": name }), "employee { id }")["employee"])
    };
    let (anna, boris) = (hired("Anna"), hired("Boris"));
    app.done("grantRole", json!({ "employee": anna, "role": "REPRESENTATIVE" }), "employee { id }");
    let key = app.key_of(&anna);
    let mutation = "mutation { receiveLead(input: { source: \"web\" }) { position userErrors { code } } }";
    let answer = app.request(mutation).by(&key).send();
    let position = answer.data()["receiveLead"]["position"].clone();
    let event = app.request("query ($at: Position!) { event(position: $at) { actor { id } } }");
    let event = event.variables(json!({ "at": position })).send();
    assert_eq!(event.data()["event"]["actor"]["id"], json!(anna));
    let other = app.request(mutation).by(&key).header("x-letopis-actor", boris).send();
    assert_eq!(other.status, 400);
    assert!(other.error().contains("everybody acts as themselves"), "{}", other.error());
}

#[test]
fn a_key_is_for_its_scopes_at_most() {
    let app = TestApp::guarded();
    let employee = id(&app.data("{ viewer { employee { id } } }")["viewer"]["employee"]);
    let receive = "mutation { receiveLead(input: {}) { lead { id } position userErrors { code message } } }";
    let hire =
        "mutation { hireEmployee(input: { kind: HUMAN, name: \"X\" }) { position userErrors { code message } } }";
    let read = app.key_for(&employee, &[Scope::Read]);
    let refused = app.request(receive).by(&read).send().data()["receiveLead"].clone();
    assert_eq!((&refused["position"], &refused["userErrors"][0]["code"]), (&json!(null), &json!("FORBIDDEN")));
    let record = app.key_for(&employee, &[Scope::Record]);
    let recorded = app.request(receive).by(&record).send().data()["receiveLead"].clone();
    assert!(recorded["position"].is_string(), "{recorded}");
    assert_eq!(recorded["lead"], json!(null), "a key that is not for reading shows nothing of what it recorded");
    assert_eq!(app.request(VIEWER).by(&record).send().code(), "FORBIDDEN");
    let refused = app.request(hire).by(&record).send().data()["hireEmployee"].clone();
    assert_eq!(refused["userErrors"][0]["code"], json!("FORBIDDEN"));
}

#[test]
fn a_socket_needs_a_key_too() {
    let app = TestApp::guarded();
    let employee = id(&app.data("{ viewer { employee { id } } }")["viewer"]["employee"]);
    for payload in [json!({}), json!({ "Authorization": "Bearer letopis_wrong" }), json!({ "authorization": 7 })] {
        let mut socket = Socket::connect(&app, Some("graphql-transport-ws"));
        socket.send(&json!({ "type": "connection_init", "payload": payload }));
        assert_eq!(socket.close_code(), 4403);
    }
    let mut socket = Socket::open_by(&app, &app.key_of(&employee));
    socket.subscribe("1", VIEWER, &json!({}));
    assert_eq!(socket.next("1")["viewer"]["employee"]["id"], json!(employee));
}

#[test]
fn a_socket_whose_key_is_revoked_is_closed() {
    let options = Options { socket_ping_interval: Duration::from_millis(200), ..Options::default() };
    let app = TestApp::guarded_with(options);
    let employee = id(&app.data("{ viewer { employee { id } } }")["viewer"]["employee"]);
    let key = app.key_of(&employee);
    let mut socket = Socket::open_by(&app, &key);
    socket.subscribe("1", "subscription { events { position } }", &json!({}));
    app.keys().revoke(key.split('_').nth(1).unwrap().parse().unwrap(), SystemEnvironment.now()).unwrap();
    assert_eq!(socket.close_code(), 4401);
}
