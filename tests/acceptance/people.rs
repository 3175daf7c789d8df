//! People: what is known about them, what they allow, and how they are forgotten.

use serde_json::{Value, json};

use crate::command_line::{run, stdout};
use crate::harness::TestApp;
use crate::world;

const SHOWN: &str = "contact { id name emails phones isErased dataSubject { id } }";

/// A contact of an account, with a note about both.
fn contact(app: &TestApp, account: &str) -> Value {
    let input = json!({ "account": account, "name": "Vera Petrova", "emails": ["vera@vega.example"],
        "phones": ["+31 20 555 01 02"] });
    let contact = app.done("createContact", input, SHOWN)["contact"].clone();
    app.done("recordNote", note(account, &contact, "Vera asked for the spring page"), "activity { id }");
    contact
}

fn note(account: &str, contact: &Value, body: &str) -> Value {
    json!({ "subjects": { "account": account, "contact": world::id(contact) }, "text": { "body": body } })
}

fn erase(contact: &Value) -> Value {
    json!({ "subject": world::id(&contact["dataSubject"]), "ground": "CONSENT_WITHDRAWN", "reference": "2026/17" })
}

fn seen(app: &TestApp, contact: &Value, as_of: Option<&str>) -> Value {
    let query = "query($id: ID!, $asOf: AsOf) { contact(id: $id, asOf: $asOf) { name emails phones isErased
        timeline(first: 10) { totalCount nodes { type summary } } } }";
    let as_of = as_of.map(|position| json!({ "position": position }));
    let answer = app.request(query).variables(json!({ "id": world::id(contact), "asOf": as_of })).send();
    answer.data()["contact"].clone()
}

#[test]
fn an_erased_person_is_erased_in_every_answer_of_now_and_of_the_past() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let contact = contact(&app, &account);
    let before = seen(&app, &contact, None);
    assert_eq!(before["name"], "Vera Petrova");
    let erased = app.done("eraseSubject", erase(&contact), "dataSubject { isErased erasedAt linked } position");
    assert_eq!(erased["dataSubject"]["isErased"], true);
    assert_eq!(erased["dataSubject"]["erasedAt"], erased["position"]);
    let position: u64 = erased["position"].as_str().unwrap().parse().unwrap();
    for as_of in [None, Some((position - 1).to_string())] {
        let now = seen(&app, &contact, as_of.as_deref());
        assert_eq!((&now["name"], &now["isErased"]), (&json!("erased"), &json!(true)), "{now}");
        assert_eq!((&now["emails"], &now["phones"]), (&json!([]), &json!([])));
        assert_eq!(now["timeline"]["totalCount"], before["timeline"]["totalCount"], "the history stays");
        assert!(!now.to_string().contains("Vera") && !now.to_string().contains("spring"), "{now}");
    }
    let events = app.data("{ events(first: 100) { nodes { type isErased payload } } }");
    assert!(!events.to_string().contains("Vera") && !events.to_string().contains("spring"), "{events}");
    // The account is another data subject, and stays.
    let kept = app.request("query($id: ID!) { account(id: $id) { name } }").variables(json!({ "id": account })).send();
    assert_eq!(kept.data()["account"]["name"], "Vega");
}

#[test]
fn nothing_personal_is_taken_about_an_erased_person_and_it_comes_back_from_no_restart() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let contact = contact(&app, &account);
    app.done("eraseSubject", erase(&contact), "position");
    let app = app.restart();
    let alone = json!({ "subjects": { "contact": world::id(&contact) }, "text": { "body": "Vera called" } });
    let refused = app.mutate("recordNote", alone, "activity { id }");
    assert_eq!(refused["userErrors"][0]["code"], "SUBJECT_ERASED", "{refused}");
    let update = json!({ "contact": world::id(&contact), "name": "Vera" });
    let refused = app.mutate("updateContact", update, "contact { name }");
    assert_eq!(refused["userErrors"][0]["code"], "SUBJECT_ERASED", "{refused}");
    // What is about the account as well goes on about the account.
    app.done("recordNote", note(&account, &contact, "the office moved"), "activity { id }");
    // What says nothing personal is taken.
    let silent = json!({ "subjects": { "contact": world::id(&contact) }, "kind": "VISITED" });
    app.done("recordNote", silent, "activity { id }");
    // The same erasure again has nothing to do.
    app.done("eraseSubject", erase(&contact), "dataSubject { isErased }");
    assert_eq!(seen(&app, &contact, None)["name"], "erased");
}

#[test]
fn a_person_is_found_by_number_or_address_until_the_erasure() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let contact = contact(&app, &account);
    let found = |query: &str| app.data(query)["dataSubjects"].as_array().unwrap().clone();
    for query in [
        "{ dataSubjects(phone: \"0031 20-5550102\") { id } }",
        "{ dataSubjects(email: \" VERA@vega.example\") { id } }",
        "{ dataSubjects(email: \"nobody@vega.example\", phone: \"+31205550102\") { id } }",
    ] {
        assert_eq!(found(query), [contact["dataSubject"].clone()], "{query}");
    }
    assert!(found("{ dataSubjects(phone: \"+31205550103\") { id } }").is_empty());
    let nothing = app.request("{ dataSubjects { id } }").send();
    assert_eq!(nothing.code(), "BAD_USER_INPUT");
    app.done("eraseSubject", erase(&contact), "position");
    assert!(found("{ dataSubjects(phone: \"+31205550102\") { id } }").is_empty());
}

#[test]
fn a_legal_hold_forbids_the_erasure_and_says_why() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let contact = contact(&app, &account);
    let hold = json!({ "subject": world::id(&contact["dataSubject"]), "reason": "claim 12/2026" });
    let hold = app.done("placeLegalHold", hold, "legalHold { id reason liftedAt dataSubject { id } }");
    assert_eq!(hold["legalHold"]["dataSubject"]["id"], contact["dataSubject"]["id"]);
    let refused = app.mutate("eraseSubject", erase(&contact), "dataSubject { id }");
    assert_eq!(refused["userErrors"][0]["code"], "LEGAL_HOLD");
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("claim 12/2026"), "{refused}");
    let lift = json!({ "hold": world::id(&hold["legalHold"]), "reason": "settled" });
    let lifted = app.done("liftLegalHold", lift, "legalHold { liftedAt }");
    assert!(lifted["legalHold"]["liftedAt"].is_string(), "{lifted}");
    app.done("eraseSubject", erase(&contact), "dataSubject { legalHolds { id } }");
}

#[test]
fn consents_are_shown_with_everything_that_is_held_on_a_person() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let contact = contact(&app, &account);
    let subject = world::id(&contact["dataSubject"]);
    let give = json!({ "subject": subject, "purpose": "newsletter", "channel": "web_form" });
    app.done("giveConsent", give, "dataSubject { id }");
    let withdraw = json!({ "subject": subject, "purpose": "newsletter" });
    app.done("withdrawConsent", withdraw, "dataSubject { consents { withdrawnAt } }");
    let query = "query($id: ID!) { dataSubject(id: $id) { consents { purpose givenAt withdrawnAt }
        events(first: 50) { totalCount nodes { type payload } } } node(id: $id) { id } }";
    let answer = app.request(query).variables(json!({ "id": subject })).send();
    let held = &answer.data()["dataSubject"];
    assert_eq!(held["consents"][0]["purpose"], "newsletter");
    assert!(held["consents"][0]["withdrawnAt"].is_string());
    let types: Vec<&str> =
        held["events"]["nodes"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["CONTACT_CREATED", "NOTE_RECORDED", "CONSENT_GIVEN", "CONSENT_WITHDRAWN"]);
    assert!(held.to_string().contains("spring page"));
    assert_eq!(answer.data()["node"]["id"], json!(subject));
}

#[test]
fn whoever_is_matched_at_conversion_is_the_same_person_and_is_erased_as_one() {
    let app = TestApp::start();
    world::found(&app);
    let account = world::account(&app, "Vega");
    let contact = contact(&app, &account);
    let lead = json!({ "source": "web", "name": "V. Petrova" });
    let lead = app.done("receiveLead", lead, "lead { id name dataSubject { id } }")["lead"].clone();
    let convert = json!({ "lead": world::id(&lead), "account": { "existing": account },
        "contact": { "existing": world::id(&contact) } });
    app.done("convertLead", convert, "lead { id }");
    let erased = app.done("eraseSubject", erase(&contact), "dataSubject { linked }");
    let linked = erased["dataSubject"]["linked"].as_array().unwrap();
    assert!(linked.contains(&lead["dataSubject"]["id"]) && linked.len() == 2, "{erased}");
    let query = "query($id: ID!) { lead(id: $id) { name } }";
    let lead = app.request(query).variables(json!({ "id": world::id(&lead) })).send();
    assert_eq!(lead.data()["lead"]["name"], "erased");
}

#[test]
fn an_erasure_changes_no_audit_and_the_log_verifies_with_every_read_model() {
    let app = TestApp::start();
    let world = world::found(&app);
    let leads: Vec<Value> = (0..12)
        .map(|number| {
            let input = json!({ "source": "web", "name": format!("Ivan {number}"), "owner": world.seller });
            app.done("receiveLead", input, "lead { id dataSubject { id } }")["lead"].clone()
        })
        .collect();
    let mut position = Value::Null;
    for lead in &leads {
        let input = json!({ "lead": world::id(lead), "reason": "OTHER", "comment": "Ivan does not pick up the phone",
            "employee": world.seller });
        position = app.done("rejectLead", input, "position")["position"].clone();
    }
    let audit = |app: &TestApp| {
        let query = "query($at: Position) { leadRejectionAudit(asOf: { position: $at }) {
            total flags { flag count } rejections(first: 50) { nodes { reason flags } } } }";
        app.request(query).variables(json!({ "at": position })).send().data().clone()
    };
    let before = audit(&app);
    assert!(before.to_string().contains("COPY_PASTE_COMMENT"), "{before}");
    for lead in &leads[..7] {
        app.done("eraseSubject", erase(lead), "position");
    }
    assert_eq!(audit(&app), before);
    let folder = app.into_folder();
    let data = folder.path().to_str().unwrap().to_owned();
    let said = stdout(&run(&["rebuild", "--data", &data]));
    assert!(said.contains("the read models in use said the same"), "{said}");
    let said = stdout(&run(&["verify", "--deep", "--data", &data]));
    assert!(said.contains("the log is sound"), "{said}");
    assert_eq!(audit(&TestApp::open(folder)), before);
}
