//! Who is one person, who is left, and whose data a deal holds.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::world::{self, World};

fn contact(app: &TestApp, account: &str, name: &str) -> Value {
    let input = json!({ "account": account, "name": name });
    app.done("createContact", input, "contact { id dataSubject { id linked } }")["contact"].clone()
}

fn erase(app: &TestApp, subject: &Value) -> Value {
    let input = json!({ "subject": world::id(subject), "ground": "OBJECTION" });
    app.done("eraseSubject", input, "dataSubject { isErased linked }")["dataSubject"].clone()
}

fn name(app: &TestApp, contact: &Value) -> Value {
    let query = "query($id: ID!) { contact(id: $id) { name } }";
    app.request(query).variables(json!({ "id": world::id(contact) })).send().data()["contact"]["name"].clone()
}

fn open(app: &TestApp, world: &World, customer: &Value) -> Value {
    let mut input = json!({ "pipeline": world.pipeline, "title": "Spring pages" });
    input.as_object_mut().unwrap().extend(customer.as_object().unwrap().clone());
    app.done("openOpportunity", input, "opportunity { id dataSubject { id } }")["opportunity"].clone()
}

#[test]
fn subjects_that_are_linked_by_hand_are_erased_as_one() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let (one, other) = (contact(&app, &account, "Vera Petrova"), contact(&app, &account, "V. Petrova"));
    let subject = |contact: &Value| world::id(&contact["dataSubject"]);
    let link = json!({ "subject": subject(&one), "other": subject(&other) });
    let linked = app.done("linkSubjects", link.clone(), "dataSubject { linked }");
    assert_eq!(linked["dataSubject"]["linked"].as_array().unwrap().len(), 2);
    let again = app.done("linkSubjects", link, "dataSubject { linked }");
    assert_eq!(again["dataSubject"], linked["dataSubject"]);
    let refused = |input: Value| app.mutate("linkSubjects", input, "dataSubject { id }")["userErrors"][0].clone();
    assert_eq!(refused(json!({ "subject": subject(&one), "other": subject(&one) }))["code"], "INVALID_VALUE");
    let stranger = json!({ "subject": subject(&one), "other": "00000000-0000-7000-8000-000000000009" });
    assert_eq!(refused(stranger)["code"], "NOT_FOUND");
    erase(&app, &other["dataSubject"]);
    assert_eq!((name(&app, &one), name(&app, &other)), (json!("erased"), json!("erased")));
}

#[test]
fn a_private_customer_and_the_contact_of_the_same_name_are_one_person() {
    let app = TestApp::start();
    let input = json!({ "kind": "PRIVATE", "name": "Vera Petrova" });
    let account = app.done("createAccount", input, "account { id dataSubject { id } }")["account"].clone();
    let vera = contact(&app, &world::id(&account), "vera petrova");
    let oleg = contact(&app, &world::id(&account), "Oleg Petrov");
    assert_eq!(vera["dataSubject"]["linked"].as_array().unwrap().len(), 2);
    assert_eq!(oleg["dataSubject"]["linked"].as_array().unwrap().len(), 1);
    erase(&app, &account["dataSubject"]);
    assert_eq!((name(&app, &vera), name(&app, &oleg)), (json!("erased"), json!("Oleg Petrov")));
}

#[test]
fn a_company_is_not_named_after_the_person_who_asked() {
    let app = TestApp::start();
    let input = json!({ "source": "web", "name": "Vera Petrova" });
    let lead = world::id(&app.done("receiveLead", input, "lead { id }")["lead"]);
    let convert = |kind: &str| json!({ "lead": lead, "account": { "new": { "kind": kind } } });
    let refused = app.mutate("convertLead", convert("COMPANY"), "lead { id }");
    assert_eq!(refused["userErrors"][0]["code"], "REQUIRED", "{refused}");
    assert_eq!(refused["userErrors"][0]["field"], json!(["account", "name"]), "{refused}");
    app.done("convertLead", convert("PRIVATE"), "lead { id }");
}

#[test]
fn a_shared_deal_goes_on_after_the_erasure_of_one_of_its_people() {
    let app = TestApp::start();
    let world = world::found(&app);
    let account = world::account(&app, "Vega");
    let vera = contact(&app, &account, "Vera Petrova");
    let deal = open(&app, &world, &json!({ "account": account, "contact": world::id(&vera) }));
    assert_eq!(deal["dataSubject"], Value::Null, "it is about its customer");
    erase(&app, &vera["dataSubject"]);
    let subjects = json!({ "opportunity": world::id(&deal) });
    app.done("recordNote", json!({ "subjects": subjects, "text": { "body": "they moved" } }), "position");
    let lost = json!({ "opportunity": world::id(&deal), "reason": "OTHER", "comment": "they closed" });
    let lost = app.done("loseOpportunity", lost, "opportunity { title lossComment isErased }");
    assert_eq!(
        (&lost["opportunity"]["title"], &lost["opportunity"]["lossComment"]),
        (&json!("erased"), &json!("they closed"))
    );
    assert_eq!(lost["opportunity"]["isErased"], true);
}

#[test]
fn with_nobody_left_a_deal_is_lost_without_a_word() {
    let app = TestApp::start();
    let world = world::found(&app);
    let deal = open(&app, &world, &json!({}));
    erase(&app, &deal["dataSubject"]);
    let lose =
        |comment: Option<&str>| json!({ "opportunity": world::id(&deal), "reason": "OTHER", "comment": comment });
    let refused = app.mutate("loseOpportunity", lose(Some("they closed")), "opportunity { id }");
    assert_eq!(refused["userErrors"][0]["code"], "SUBJECT_ERASED", "{refused}");
    assert_eq!(refused["userErrors"][0]["field"], json!(["comment"]));
    app.done("loseOpportunity", lose(None), "opportunity { status }");
}

#[test]
fn what_a_deal_without_a_customer_holds_is_shown_held_and_erased() {
    let app = TestApp::start();
    let world = world::found(&app);
    let deal = open(&app, &world, &json!({}));
    let subjects = json!({ "opportunity": world::id(&deal) });
    app.done("recordNote", json!({ "subjects": subjects, "text": { "body": "Vera called" } }), "position");
    let subject = world::id(&deal["dataSubject"]);
    let query = "query($id: ID!) { dataSubject(id: $id) { isErased events(first: 9) { nodes { type isErased } } } }";
    let held = || app.request(query).variables(json!({ "id": subject })).send().data()["dataSubject"].clone();
    let types = |held: &Value| -> Vec<String> {
        let nodes = held["events"]["nodes"].as_array().unwrap();
        nodes.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(types(&held()), ["OPPORTUNITY_OPENED", "NOTE_RECORDED"]);
    let claim = json!({ "subject": subject, "reason": "claim" });
    let claim = world::id(&app.done("placeLegalHold", claim, "legalHold { id }")["legalHold"]);
    let input = json!({ "subject": subject, "ground": "OBJECTION" });
    let refused = app.mutate("eraseSubject", input, "dataSubject { id }");
    assert_eq!(refused["userErrors"][0]["code"], "LEGAL_HOLD");
    app.done("liftLegalHold", json!({ "hold": claim, "reason": "settled" }), "position");
    assert_eq!(erase(&app, &deal["dataSubject"])["isErased"], true);
    let erased = held();
    assert_eq!(
        (&erased["events"]["nodes"][0]["isErased"], &erased["events"]["nodes"][1]["isErased"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn a_code_that_would_never_be_erased_is_no_address_and_no_number() {
    let app = TestApp::start();
    for (field, value) in
        [("source", "vera@vega.example"), ("campaign", "+31 20 555 01 02"), ("requestId", "v@vega.example")]
    {
        let mut input = json!({ "name": "Vera" });
        input[field] = json!(value);
        let refused = app.mutate("receiveLead", input, "lead { id }");
        assert_eq!(refused["userErrors"][0]["code"], "INVALID_VALUE", "{field}: {refused}");
        assert_eq!(refused["userErrors"][0]["field"], json!([field]));
    }
}
