//! Two sellers with customers of their own. Every text tells what kind it is, every amount is one of two, and whatever
//! is Boris's says so.

use letopis_eventlog::proof::SigningKeys;
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::world::{self, id};

/// In the names and addresses of Anna's customers.
pub const PERSONAL: &str = "Penelope";
/// In the words about Anna's customers.
pub const COMMENT: &str = "Commentarius";
/// In everything about Boris's customers.
pub const HIDDEN: &str = "Hidebound";
/// What Anna's deals are worth.
pub const AMOUNT: &str = "7431.25";
/// What Boris's deals are worth.
pub const HIDDEN_AMOUNT: &str = "9642.75";

/// What a seller has.
pub struct Desk {
    pub employee: String,
    pub key: String,
    pub lead: String,
    pub rejected: String,
    pub account: String,
    pub contact: String,
    pub deal: String,
    pub agreement: String,
    pub reservation: String,
    pub task: String,
    pub call: String,
    pub subject: String,
}

/// A company of two desks.
pub struct Company {
    pub app: TestApp,
    pub pipeline: String,
    pub anna: Desk,
    pub boris: Desk,
}

impl Company {
    /// Founds it.
    pub fn found() -> Self {
        let app = TestApp::guarded();
        SigningKeys::generate(&app.folder().join("keys"), "crm.example.com/log").unwrap();
        let world = world::found(&app);
        let profile = json!({ "name": "Two Desks", "timeZone": "Europe/Amsterdam" });
        app.done("publishCompanyProfile", profile, "company { name }");
        let unit = app.done("formBusinessUnit", json!({ "name": "North" }), "unit { id }");
        let team =
            |name: &str| app.done("formTeam", json!({ "name": name, "unit": unit["unit"]["id"] }), "team { id }");
        let (first, second) = (id(&team("first")["team"]), id(&team("second")["team"]));
        let anna = desk(
            &app,
            &world.pipeline,
            &Marks { name: "Anna", team: &first, personal: PERSONAL, words: COMMENT, amount: AMOUNT },
        );
        let boris = desk(
            &app,
            &world.pipeline,
            &Marks { name: "Boris", team: &second, personal: HIDDEN, words: HIDDEN, amount: HIDDEN_AMOUNT },
        );
        Self { app, pipeline: world.pipeline, anna, boris }
    }

    /// An employee with a role, and their key.
    pub fn employee(&self, role: &str, reach: Option<&str>) -> (String, String) {
        let hired = json!({ "kind": "SYSTEM", "name": role });
        let employee = id(&self.app.done("hireEmployee", hired, "employee { id }")["employee"]);
        let grant = json!({ "employee": employee, "role": role, "reach": reach });
        self.app.done("grantRole", grant, "employee { roles { role reach } }");
        let key = self.app.key_of(&employee);
        (employee, key)
    }

    /// What whoever holds a key is answered.
    #[track_caller]
    pub fn data(&self, key: &str, query: &str) -> Value {
        self.app.request(query).by(key).send().data().clone()
    }

    /// The payload of a mutation by whoever holds a key.
    #[track_caller]
    pub fn mutate(&self, key: &str, name: &str, input: Value) -> Value {
        let mutation = crate::harness::mutation(name, "");
        let answer = self.app.request(&mutation).variables(json!({ "input": input })).by(key).send();
        answer.data()[name].clone()
    }
}

/// Whose desk it is, and what everything on it says.
struct Marks<'a> {
    name: &'a str,
    team: &'a str,
    personal: &'a str,
    words: &'a str,
    amount: &'a str,
}

fn desk(app: &TestApp, pipeline: &str, marks: &Marks<'_>) -> Desk {
    let Marks { name, team, personal, words, amount } = marks;
    let made = |mutation: &str, input: Value, object: &str| {
        id(&app.done(mutation, input, &format!("{object} {{ id }}"))[object])
    };
    let employee = made("hireEmployee", json!({ "kind": "HUMAN", "name": name, "team": team }), "employee");
    app.done("grantRole", json!({ "employee": employee, "role": "REPRESENTATIVE" }), "employee { id }");
    let money = json!({ "amount": amount, "currency": "EUR" });
    let mail = |part: &str| json!([format!("{part}@{personal}.example")]);
    let phone = if *name == "Anna" { "+31 20 555 01 01" } else { "+31 20 555 02 02" };
    let received = |source: &str| {
        json!({ "source": source, "owner": employee, "amount": money, "name": format!("{personal} Lead"),
            "company": format!("{personal} Ltd"), "emails": mail(source), "phones": [phone], "message": format!("{words} asks") })
    };
    let lead = made("receiveLead", received("fair"), "lead");
    let rejected = made("receiveLead", received("cold"), "lead");
    let no = json!({ "lead": rejected, "reason": "OTHER", "comment": format!("{words} rejected") });
    app.done("rejectLead", no, "lead { id }");
    let recycled = made("receiveLead", received("later"), "lead");
    let later =
        json!({ "lead": recycled, "reason": "OTHER", "comment": format!("{words} later"), "revisitOn": "2099-01-01" });
    app.done("recycleLead", later, "lead { id }");
    let account = json!({ "kind": "COMPANY", "name": format!("{personal} Company"), "emails": mail("office"),
        "phones": [phone], "owner": employee });
    let account = made("createAccount", account, "account");
    let contact = json!({ "name": format!("{personal} Contact"), "emails": mail("desk"), "phones": [phone],
        "role": format!("{personal} purchaser"), "account": account, "owner": employee });
    let contact = made("createContact", contact, "contact");
    let open = json!({ "account": account, "contact": contact, "pipeline": pipeline, "owner": employee, "amount": money,
        "title": format!("{words} deal") });
    let deal = made("openOpportunity", open, "opportunity");
    let small = json!({ "account": account, "pipeline": pipeline, "owner": employee });
    let lost = made("openOpportunity", small, "opportunity");
    let ended = json!({ "opportunity": lost, "reason": "OTHER", "competitor": format!("{words} rival"),
        "comment": format!("{words} lost") });
    app.done("loseOpportunity", ended, "opportunity { id }");
    let about = json!({ "account": account, "opportunity": deal });
    let call = json!({ "subjects": about, "employee": employee, "direction": "OUTBOUND", "durationSeconds": 65.0,
        "text": { "subject": format!("{words} call"), "body": format!("{words} said"), "phone": phone, "address": format!("{personal} Street") } });
    let call = made("recordCall", call, "activity");
    let mail = json!({ "subjects": { "account": account }, "employee": employee, "direction": "INBOUND",
        "text": { "body": format!("{words} wrote"), "address": format!("{personal}@mail.example") } });
    app.done("recordEmail", mail, "activity { id }");
    let valid = json!({ "from": "2020-01-01T00:00:00Z" });
    let agreed = json!({ "subjects": { "account": account }, "employee": employee, "form": "ORAL", "valid": valid,
        "terms": format!("{words} terms"), "amount": money });
    let agreement = made("reachAgreement", agreed, "agreement");
    let slot = json!({ "basis": agreement,
        "period": { "from": "2030-01-01T00:00:00Z", "until": "2030-02-01T00:00:00Z" } });
    let reservation = made("reserveResource", slot, "reservation");
    let task = json!({ "subjects": { "lead": lead }, "employee": employee, "kind": "CALL", "dueAt": "2099-01-01T00:00:00Z",
        "title": format!("{words} task") });
    let task = made("scheduleTask", task, "task");
    let other =
        json!({ "subjects": { "lead": lead }, "employee": employee, "kind": "EMAIL", "dueAt": "2099-01-01T00:00:00Z" });
    let other = made("scheduleTask", other, "task");
    let cancel = json!({ "task": other, "comment": format!("{words} cancelled") });
    app.done("cancelTask", cancel, "task { id }");
    let subject = app.data(&format!("{{ contact(id: \"{contact}\") {{ dataSubject {{ id }} }} }}"));
    let subject = id(&subject["contact"]["dataSubject"]);
    app.done("giveConsent", json!({ "subject": subject, "purpose": "newsletter" }), "dataSubject { id }");
    let hold = json!({ "subject": subject, "reason": format!("{words} claim") });
    app.done("placeLegalHold", hold, "legalHold { id }");
    let key = app.key_of(&employee);
    Desk { employee, key, lead, rejected, account, contact, deal, agreement, reservation, task, call, subject }
}
