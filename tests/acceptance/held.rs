//! What is held on a person: everything about them, and nothing of others.

use std::fs;

use letopis::graphql::ids::parse;
use letopis_domain::ids::EmployeeId;
use serde_json::{Value, json};

use crate::command_line::{run, stdout};
use crate::harness::{Socket, TestApp};
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
    let team = world::id(&app.done("formTeam", json!({ "name": "North" }), "team { id }")["team"]);
    app.done("transferEmployee", json!({ "employee": world.seller, "team": team }), "position");
    let seller: EmployeeId = parse(&world.seller).unwrap();
    let of_seller = held(&app, &seller.0.to_string(), None);
    assert_eq!(of_seller, ["EMPLOYEE_HIRED", "EMPLOYEE_TRANSFERRED"]);
}

#[test]
fn a_deal_without_a_customer_is_held_with_its_moves() {
    let app = TestApp::start();
    let world = world::found(&app);
    let with = "opportunity { id dataSubject { id } }";
    let deal = json!({ "pipeline": world.pipeline, "title": "Somebody called Vera" });
    let deal = app.done("openOpportunity", deal, with)["opportunity"].clone();
    app.done("moveOpportunity", json!({ "opportunity": world::id(&deal), "stage": "OFFER" }), "position");
    assert_eq!(held(&app, &subject(&deal), None), ["OPPORTUNITY_OPENED", "OPPORTUNITY_STAGE_CHANGED"]);
}

#[test]
fn what_is_about_another_contact_alone_is_not_told_to_the_customer() {
    let app = TestApp::start();
    let world = world::found(&app);
    let (subject, account) = private_customer(&app, &world);
    let before = held(&app, &subject, None);
    let olga = json!({ "account": account, "name": "Olga", "phones": ["+31 20 555 09 09"] });
    let olga = app.done("createContact", olga, "contact { id dataSubject { id } }")["contact"].clone();
    let of_olga = json!({ "subjects": { "contact": world::id(&olga) }, "text": { "body": "Olga asked" } });
    app.done("recordNote", of_olga, "position");
    assert_eq!(held(&app, &subject, None), before);
    let both = json!({ "account": account, "contact": world::id(&olga) });
    let shared = |body: &str| json!({ "subjects": both, "text": { "body": body } });
    app.done("recordNote", shared("Olga and Vera met"), "position");
    assert_eq!(held(&app, &subject, None).len(), before.len() + 1, "what they share is about both");
    app.done("eraseSubject", json!({ "subject": subject, "ground": "OBJECTION" }), "position");
    let erased = held(&app, &subject, None);
    app.done("recordNote", shared("Olga came alone"), "position");
    assert_eq!(held(&app, &subject, None), erased, "words for those who are left are not about the erased");
    let silent = json!({ "subjects": { "account": account }, "kind": "VISITED" });
    app.done("recordNote", silent, "position");
    assert_eq!(held(&app, &subject, None).len(), erased.len() + 1, "that it happened is");
}

#[test]
fn an_erasure_is_of_those_whom_it_names_also_where_somebody_is_linked_afterwards() {
    let app = TestApp::start();
    let contact = |name: &str| {
        let account = world::account(&app, "Vega");
        let contact = json!({ "account": account, "name": name });
        subject(&app.done("createContact", contact, "contact { dataSubject { id } }")["contact"])
    };
    let (early, late) = (contact("Vera"), contact("V. Petrova"));
    let erase = |person: &str| {
        let erase = json!({ "subject": person, "ground": "OBJECTION" });
        app.done("eraseSubject", erase, "position")["position"].clone()
    };
    let first = erase(&early);
    app.done("linkSubjects", json!({ "subject": early, "other": late }), "position");
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on DataSubject { isErased erasedAt } } }";
    let erased = || app.request(query).variables(json!({ "ids": [early, late] })).send().data()["nodes"].clone();
    let of_early = json!({ "isErased": true, "erasedAt": first });
    assert_eq!(erased(), json!([of_early, { "isErased": false, "erasedAt": null }]));
    let second = erase(&late);
    assert_eq!(erased(), json!([of_early, { "isErased": true, "erasedAt": second }]));
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
    let mut socket = Socket::open(&app);
    let followed =
        "subscription { events(query: { items: [{ tags: [\"lookup-phone:+31205550102\"] }] }) { position } }";
    socket.subscribe("1", followed, &json!({}));
    let refused = socket.receive().to_string();
    assert!(refused.contains("BAD_USER_INPUT") && !refused.contains("5550102"), "{refused}");
    let others = app.request(query).variables(json!({ "tags": ["catalog:lead-rejection"] })).send();
    assert_eq!(others.data()["events"]["totalCount"], 1);
}
