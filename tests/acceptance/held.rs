//! What is held on a person: everything about them, and nothing of others.

use std::fs;

use letopis::graphql::ids::parse;
use letopis_domain::ids::EmployeeId;
use serde_json::{Value, json};

use crate::command_line::{run, stdout};
use crate::harness::TestApp;
use crate::world::{self, World};

/// The types of the events about a person, oldest first.
fn held(app: &TestApp, subject: &str, as_of: Option<&Value>) -> Vec<String> {
    let query = "query($id: ID!, $asOf: AsOf) { dataSubject(id: $id, asOf: $asOf) {
        events(first: 100) { totalCount nodes { type } } } }";
    let as_of = as_of.map(|position| json!({ "position": position }));
    let answer = app.request(query).variables(json!({ "id": subject, "asOf": as_of })).send();
    let events = &answer.data()["dataSubject"]["events"];
    let types = events["nodes"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap().to_owned());
    let types: Vec<String> = types.collect();
    assert_eq!(events["totalCount"], types.len());
    types
}

fn subject(entity: &Value) -> String {
    world::id(&entity["dataSubject"])
}

/// A private customer who came as a lead and bought, and whose deal went through two stages.
fn private_customer(app: &TestApp, World { seller, pipeline }: &World) -> (String, String) {
    let with = "{ id dataSubject { id } }";
    let lead = json!({ "source": "web", "name": "Vera Petrova", "phones": ["+31 20 555 01 02"] });
    let lead = app.done("receiveLead", lead, &format!("lead {with}"))["lead"].clone();
    app.done("assignLead", json!({ "lead": world::id(&lead), "owner": seller }), "position");
    let opened = json!({ "pipeline": pipeline, "title": "A summer house" });
    let input = json!({ "lead": world::id(&lead), "opportunity": opened,
        "account": { "new": { "kind": "PRIVATE" } } });
    let of_deal = "lead { conversion { account { id } opportunity { id } } }";
    let conversion = app.done("convertLead", input, of_deal)["lead"]["conversion"].clone();
    let deal = world::id(&conversion["opportunity"]);
    app.done("moveOpportunity", json!({ "opportunity": deal, "stage": "OFFER" }), "position");
    app.done("winOpportunity", json!({ "opportunity": deal }), "position");
    (subject(&lead), world::id(&conversion["account"]))
}

#[test]
fn what_happened_to_a_customer_is_held_also_where_nothing_personal_stands() {
    let app = TestApp::start();
    let world = world::found(&app);
    let (subject, _) = private_customer(&app, &world);
    let types = held(&app, &subject, None);
    for expected in [
        "LEAD_RECEIVED",
        "LEAD_ASSIGNED",
        "LEAD_CONVERTED",
        "ACCOUNT_CREATED",
        "OPPORTUNITY_OPENED",
        "OPPORTUNITY_STAGE_CHANGED",
        "OPPORTUNITY_WON",
    ] {
        assert!(types.iter().any(|found| found == expected), "{expected} is missing: {types:?}");
    }
    let first =
        app.data("{ events(first: 100, query: { items: [{ types: [LEAD_RECEIVED] }] }) { nodes { position } } }");
    let as_of = &first["events"]["nodes"][0]["position"];
    assert_eq!(held(&app, &subject, Some(as_of)), ["LEAD_RECEIVED"]);
}

#[test]
fn the_deals_of_a_company_and_the_work_of_an_employee_are_nobodys_own() {
    let app = TestApp::start();
    let world = world::found(&app);
    let account = world::account(&app, "Vega");
    let with = "contact { id dataSubject { id } }";
    let contact = json!({ "account": account, "name": "Vera" });
    let contact = app.done("createContact", contact, with)["contact"].clone();
    let deal = json!({ "pipeline": world.pipeline, "account": account, "contact": world::id(&contact) });
    let deal = world::id(&app.done("openOpportunity", deal, "opportunity { id }")["opportunity"]);
    let moved = json!({ "opportunity": deal, "stage": "OFFER", "employee": world.seller });
    app.done("moveOpportunity", moved, "position");
    let of_contact = held(&app, &subject(&contact), None);
    assert_eq!(of_contact, ["CONTACT_CREATED", "OPPORTUNITY_OPENED"]);
    let query = "query($id: ID!) { employee(id: $id) { dataSubject { id } } }";
    let seller = app.request(query).variables(json!({ "id": world.seller })).send();
    let of_seller = held(&app, &subject(&seller.data()["employee"]), None);
    assert_eq!(of_seller, ["EMPLOYEE_HIRED"]);
}

#[test]
fn a_person_gets_everything_in_one_file_until_the_erasure() {
    let app = TestApp::start();
    let world = world::found(&app);
    let (subject, account) = private_customer(&app, &world);
    world::note(&app, &account, "Vera asked for a porch");
    let consent = json!({ "subject": subject, "purpose": "newsletter", "textVersion": "3" });
    app.done("giveConsent", consent, "position");
    let count = held(&app, &subject, None).len();
    let folder = app.into_folder();
    let data = folder.path().to_str().unwrap().to_owned();
    let file = folder.path().join("vera.json");
    let export = ["export", "--data", &data, "--subject", &subject, "--to", file.to_str().unwrap()];
    let said = stdout(&run(&export));
    assert!(said.starts_with(&format!("{count} events, ")), "{said}");
    let text = fs::read_to_string(&file).unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["format"], "letopis subject export 1");
    assert_eq!((&read["erasedAt"], &read["consents"][0]["textVersion"]), (&Value::Null, &json!("3")));
    assert_eq!(read["events"].as_array().unwrap().len(), count);
    assert_eq!(read["events"][0]["event"]["type"], "LeadReceived");
    for known in ["Vera Petrova", "+31 20 555 01 02", "A summer house", "Vera asked for a porch"] {
        assert!(text.contains(known), "{known} is missing: {text}");
    }
    let erase = ["erase", "--data", &data, "--subject", &subject, "--ground", "objection"];
    let erase = [&erase[..], &["--actor", &world.seller]].concat();
    assert!(stdout(&run(&erase)).contains("the keys are destroyed"));
    stdout(&run(&[&export[..], &["--force"]].concat()));
    let text = fs::read_to_string(&file).unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    assert!(!text.contains("Vera") && !text.contains("porch") && !text.contains("+31"), "{text}");
    assert!(read["erasedAt"].is_u64());
    let last = read["events"].as_array().unwrap().last().unwrap();
    assert_eq!(last["event"]["type"], "PersonalDataErased");
    let actor: EmployeeId = parse(&world.seller).unwrap();
    assert_eq!(last["event"]["actor"], actor.0.to_string());
    let nobody = "00000000-0000-7000-8000-000000000001";
    let refused = run(&["export", "--data", &data, "--subject", nobody, "--to", "/nowhere/at/all"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("nothing is known about"), "{refused:?}");
}

#[test]
fn whoever_erases_must_be_an_employee() {
    let app = TestApp::start();
    let world = world::found(&app);
    let (subject, _) = private_customer(&app, &world);
    let folder = app.into_folder();
    let stranger = "00000000-0000-7000-8000-000000000001";
    let data = folder.path().to_str().unwrap();
    let erase = ["erase", "--data", data, "--subject", &subject, "--ground", "objection", "--actor", stranger];
    let refused = run(&erase);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("employee"), "{refused:?}");
}

#[test]
fn nobody_learns_from_the_events_whose_number_it_is() {
    let app = TestApp::start();
    let world = world::found(&app);
    private_customer(&app, &world);
    let query = "query($tags: [String!]) { events(query: { items: [{ tags: $tags }] }) { totalCount } }";
    for tag in ["lookup-phone:+31205550102", "lookup-email:vera@vega.example"] {
        let answer = app.request(query).variables(json!({ "tags": [tag] })).send();
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{tag}");
        assert!(!answer.error().contains("5550102"), "{}", answer.error());
    }
    let others = app.request(query).variables(json!({ "tags": ["catalog:lead-rejection"] })).send();
    assert_eq!(others.data()["events"]["totalCount"], 1);
}
