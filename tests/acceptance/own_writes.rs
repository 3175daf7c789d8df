//! A client reads its own writes: `X-Letopis-After`, and the position of every answer.

use serde_json::json;

use crate::harness::TestApp;
use crate::world;

#[test]
fn a_position_that_was_written_is_read() {
    let app = TestApp::start();
    for number in 0..50 {
        let payload = app.mutate("receiveLead", json!({ "source": format!("s{number}") }), "lead { id }");
        let after: u64 = payload["position"].as_str().unwrap().parse().unwrap();
        let query = "query ($source: String!) { leads(where: { source: { eq: $source } }) { nodes { id } } }";
        let answer = app.request(query).variables(json!({ "source": format!("s{number}") })).after(after).send();
        assert_eq!(answer.data()["leads"]["nodes"], json!([payload["lead"]]));
        assert!(answer.position() >= after);
    }
}

#[test]
fn a_mutation_shows_its_effect_at_once() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let payload = app.mutate(
        "updateAccount",
        json!({ "account": account, "name": "Vega & Sons" }),
        "account { name changed timeline(last: 1) { nodes { type position } } }",
    );
    assert_eq!(payload["account"]["name"], "Vega & Sons");
    assert_eq!(payload["account"]["changed"], payload["position"]);
    let newest = json!([{ "type": "ACCOUNT_UPDATED", "position": payload["position"] }]);
    assert_eq!(payload["account"]["timeline"]["nodes"], newest);
}

#[test]
fn a_position_ahead_of_the_log_is_named() {
    let app = TestApp::start();
    let answer = app.request("{ log { head } }").after(7).send();
    assert_eq!(answer.status, 400);
    assert_eq!(answer.error(), "position 7 lies beyond the end of the log, which is 0");
    let answer = app.request("{ log { head } }").header("x-letopis-after", "soon").send();
    assert_eq!(answer.status, 400);
    assert_eq!(answer.error(), "x-letopis-after is 'soon', and a position is expected");
}

#[test]
fn every_answer_names_its_position_also_after_a_restart() {
    let app = TestApp::start();
    world::lead(&app, "web");
    let before = app.request("{ log { head } }").send();
    let app = app.restart();
    let after = app.request("{ log { head } leads { totalCount } }").after(before.position()).send();
    assert_eq!(after.position(), before.position());
    assert_eq!(after.data()["leads"]["totalCount"], 1);
}
