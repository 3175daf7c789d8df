//! Entities and their timelines, from arrival to the won deal.

use serde_json::json;

use crate::harness::TestApp;
use crate::world;

#[test]
fn a_lead_becomes_a_won_deal_and_the_whole_way_stands_in_the_timeline() {
    let app = TestApp::start();
    let world = world::found(&app);
    let input =
        json!({ "source": "fair", "name": "Ivan", "company": "Vega", "phones": ["+7 900"], "owner": world.seller });
    let lead = world::id(&app.done("receiveLead", input, "lead { id }")["lead"]);
    let call = json!({ "subjects": { "lead": lead }, "employee": world.seller, "direction": "OUTBOUND",
        "durationSeconds": 61.5, "outcome": "ANSWERED", "text": { "subject": "First talk" } });
    app.done("recordCall", call, "activity { kind durationSeconds outcome employee { name } }");
    let convert = json!({ "lead": lead, "account": { "new": { "kind": "COMPANY" } }, "contact": { "new": {} },
        "opportunity": { "pipeline": world.pipeline, "amount": { "amount": "1000.00", "currency": "EUR" } } });
    let selection = "lead { status conversion { account { id name } contact { name phones } \
        opportunity { id status stage { key name } account { name } originLead { id } } } }";
    let converted = app.done("convertLead", convert, selection)["lead"].clone();
    assert_eq!(converted["status"], "CONVERTED");
    let conversion = &converted["conversion"];
    assert_eq!(conversion["account"]["name"], "Vega");
    assert_eq!(conversion["contact"], json!({ "name": "Ivan", "phones": ["+7 900"] }));
    assert_eq!(conversion["opportunity"]["stage"], json!({ "key": "CONTACT", "name": "Contact" }));
    assert_eq!(conversion["opportunity"]["originLead"]["id"], lead);
    let (account, deal) = (world::id(&conversion["account"]), world::id(&conversion["opportunity"]));
    app.done(
        "moveOpportunity",
        json!({ "opportunity": deal, "stage": "OFFER" }),
        "opportunity { stage { probabilityPercent } }",
    );
    app.done(
        "reviseOpportunity",
        json!({ "opportunity": deal, "probabilityPercent": 70 }),
        "opportunity { probabilityPercent }",
    );
    let won = app.done(
        "winOpportunity",
        json!({ "opportunity": deal }),
        "opportunity { status closedAt amount { amount currency } }",
    );
    assert_eq!(won["opportunity"]["amount"], json!({ "amount": "1000.00", "currency": "EUR" }));
    let query = "query ($a: ID!) { account(id: $a) { timeline(first: 50) { totalCount nodes { type summary durationSeconds employee { name } } } } }";
    let timeline = app.request(query).variables(json!({ "a": account })).send().data()["account"]["timeline"].clone();
    let types: Vec<_> =
        timeline["nodes"].as_array().unwrap().iter().map(|node| node["type"].as_str().unwrap()).collect();
    for expected in [
        "LEAD_RECEIVED",
        "CALL_RECORDED",
        "LEAD_CONVERTED",
        "ACCOUNT_CREATED",
        "CONTACT_CREATED",
        "OPPORTUNITY_OPENED",
        "OPPORTUNITY_STAGE_CHANGED",
        "OPPORTUNITY_PROBABILITY_DECLARED",
        "OPPORTUNITY_WON",
    ] {
        assert_eq!(types.iter().filter(|found| **found == expected).count(), 1, "{expected} in {types:?}");
    }
    assert_eq!(timeline["totalCount"], types.len());
    let call = &timeline["nodes"][1];
    assert_eq!((&call["summary"], &call["durationSeconds"]), (&json!("First talk"), &json!(61.5)));
}

#[test]
fn accounts_contacts_leads_and_deals_each_have_a_timeline() {
    let app = TestApp::start();
    let world = world::found(&app);
    let lead = world::lead(&app, "web");
    let convert = json!({ "lead": lead, "account": { "new": { "kind": "PRIVATE" } }, "contact": { "new": {} },
        "opportunity": { "pipeline": world.pipeline } });
    let selection = "lead { conversion { account { id } contact { id } opportunity { id } } }";
    let parts = app.done("convertLead", convert, selection)["lead"]["conversion"].clone();
    let query = "query ($ids: [ID!]!) { nodes(ids: $ids) { \
        ... on Account { timeline(types: [ACCOUNT_CREATED]) { ...T } } \
        ... on Contact { timeline(types: [CONTACT_CREATED]) { ...T } } \
        ... on Lead { timeline(types: [LEAD_RECEIVED]) { ...T } } \
        ... on Opportunity { timeline(types: [OPPORTUNITY_OPENED]) { ...T } } } } \
        fragment T on TimelineConnection { totalCount nodes { type } }";
    let ids = json!([parts["account"]["id"], parts["contact"]["id"], lead, parts["opportunity"]["id"]]);
    let nodes = app.request(query).variables(json!({ "ids": ids })).send().data()["nodes"].clone();
    for (node, expected) in nodes.as_array().unwrap().iter().zip([
        "ACCOUNT_CREATED",
        "CONTACT_CREATED",
        "LEAD_RECEIVED",
        "OPPORTUNITY_OPENED",
    ]) {
        assert_eq!(node["timeline"], json!({ "totalCount": 1, "nodes": [{ "type": expected }] }));
    }
}

#[test]
fn n_edits_give_n_facts() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    for number in 0..10 {
        app.done("updateAccount", json!({ "account": account, "name": format!("Vega {number}") }), "account { id }");
    }
    let query = "query ($a: ID!) { account(id: $a) { name timeline(types: [ACCOUNT_UPDATED]) { totalCount } } }";
    let shown = app.request(query).variables(json!({ "a": account })).send().data()["account"].clone();
    assert_eq!(shown, json!({ "name": "Vega 9", "timeline": { "totalCount": 10 } }));
}

#[test]
fn back_dated_facts_stand_in_their_place_and_stand_out() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let note = |body: &str, at: &str| {
        let input = json!({ "subjects": { "account": account }, "text": { "body": body }, "occurredAt": at });
        app.done("recordNote", input, "activity { occurredAt }");
    };
    note("second", "2026-01-02T00:00:00Z");
    note("first", "2026-01-01T00:00:00Z");
    let query = "query ($a: ID!, $n: Int) { account(id: $a) { \
        timeline(types: [NOTE_RECORDED], from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:01Z\", last: $n) { \
        nodes { body isBackDated } pageInfo { hasPreviousPage } } } }";
    let ask = |n: Option<i32>| {
        let answer = app.request(query).variables(json!({ "a": account, "n": n })).send();
        answer.data()["account"]["timeline"].clone()
    };
    assert_eq!(
        ask(None)["nodes"],
        json!([{ "body": "first", "isBackDated": true }, { "body": "second", "isBackDated": true }])
    );
    let last = ask(Some(1));
    assert_eq!(last["nodes"][0]["body"], "second");
    assert_eq!(last["pageInfo"]["hasPreviousPage"], true);
}

#[test]
fn every_entity_is_a_node() {
    let app = TestApp::start();
    let world = world::found(&app);
    let account = world::account(&app, "Vega");
    let note = world::id(&world::note(&app, &account, "hello")["activity"]);
    let team = world::id(&app.done("formTeam", json!({ "name": "North" }), "team { id }")["team"]);
    let query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let ids = json!([account, note, team, world.seller, world.pipeline]);
    let nodes = app.request(query).variables(json!({ "ids": ids })).send().data()["nodes"].clone();
    let kinds: Vec<_> = nodes.as_array().unwrap().iter().map(|node| node["__typename"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Account", "Activity", "Team", "Employee", "Pipeline"]);
    let event =
        app.data("{ events(first: 1) { nodes { id type payload tags recordedAt } } }")["events"]["nodes"][0].clone();
    let found =
        app.request("query ($id: ID!) { node(id: $id) { ... on RecordedEvent { id type payload tags recordedAt } } }");
    assert_eq!(found.variables(json!({ "id": event["id"] })).send().data()["node"], event);
}

#[test]
fn an_event_shows_its_payload_with_the_personal_part() {
    let app = TestApp::start();
    let input = json!({ "source": "web", "name": "Ivan", "emails": ["ivan@example.org"] });
    let lead = world::id(&app.done("receiveLead", input, "lead { id }")["lead"]);
    let query = "query ($lead: ID!) { events(query: { items: [{ about: [$lead] }] }) { totalCount nodes { version payload isErased } } }";
    let events = app.request(query).variables(json!({ "lead": lead })).send().data()["events"].clone();
    let event = &events["nodes"][0];
    assert_eq!(event["payload"]["source"], "web");
    assert_eq!(event["payload"]["personal"]["details"]["name"], "Ivan");
    assert_eq!((&event["version"], &event["isErased"], &events["totalCount"]), (&json!(1), &json!(false), &json!(1)));
}
