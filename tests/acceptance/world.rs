//! A small company to test with.

use serde_json::{Value, json};

use crate::harness::TestApp;

/// The ids of what every company here has.
pub struct World {
    pub seller: String,
    pub pipeline: String,
}

/// Publishes catalogs and a pipeline, and hires a seller.
pub fn found(app: &TestApp) -> World {
    let reasons = json!([{ "key": "NO_ANSWER", "name": "No answer", "claim": "NO_ANSWER" },
        { "key": "OTHER", "name": "Other", "commentRequired": true }]);
    for kind in ["LEAD_REJECTION", "LEAD_RECYCLING", "OPPORTUNITY_LOSS"] {
        app.done("publishReasonCatalog", json!({ "kind": kind, "reasons": reasons }), "catalog { version }");
    }
    let stages = json!([
        { "key": "CONTACT", "name": "Contact", "category": "PROSPECTING" },
        { "key": "OFFER", "name": "Offer", "category": "PROPOSAL", "probabilityPercent": 40 },
        { "key": "TERMS", "name": "Terms", "category": "NEGOTIATION" },
    ]);
    let pipeline = app.done("publishPipeline", json!({ "name": "Sales", "stages": stages }), "pipeline { id }");
    let seller = app.done("hireEmployee", json!({ "kind": "HUMAN", "name": "Anna" }), "employee { id }");
    World { seller: id(&seller["employee"]), pipeline: id(&pipeline["pipeline"]) }
}

/// A lead of a source.
pub fn lead(app: &TestApp, source: &str) -> String {
    id(&app.done("receiveLead", json!({ "source": source, "name": "Ivan Petrov" }), "lead { id }")["lead"])
}

/// An account of a name.
pub fn account(app: &TestApp, name: &str) -> String {
    id(&app.done("createAccount", json!({ "kind": "COMPANY", "name": name }), "account { id }")["account"])
}

/// A note about an account.
pub fn note(app: &TestApp, account: &str, body: &str) -> Value {
    let input = json!({ "subjects": { "account": account }, "text": { "body": body } });
    app.done("recordNote", input, "activity { id }")
}

/// The id of an object.
#[track_caller]
pub fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("an object with an id was expected: {object}")).to_owned()
}
