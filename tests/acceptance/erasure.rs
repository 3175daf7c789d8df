//! Nothing is left of a person: every text that any input takes is put in, everybody is erased, and every file of the
//! data folder is searched for it.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use letopis_domain::event::EventType;
use letopis_domain::samples::sample;
use serde_json::{Value, json};

use crate::command_line::{run, stdout};
use crate::harness::TestApp;
use crate::world;

/// Texts that stay, because they are the company's and about nobody: its structure, keys that it published, codes.
const CLEAR: &[&str] = &[
    "AttributeDefinitionInput.key",
    "AttributeDefinitionInput.name",
    "AttributeDefinitionInput.options",
    "AttributeInput.key",
    "ConversionOpportunityInput.stage",
    "EraseSubjectInput.reference",
    "FormBusinessUnitInput.name",
    "FormTeamInput.name",
    "GiveConsentInput.channel",
    "GiveConsentInput.purpose",
    "GiveConsentInput.textVersion",
    "LoseOpportunityInput.reason",
    "MoveOpportunityInput.stage",
    "OpenOpportunityInput.stage",
    "PublishCompanyProfileInput.name",
    "PublishPipelineInput.name",
    "ReasonInput.key",
    "ReasonInput.name",
    "ReceiveLeadInput.campaign",
    "ReceiveLeadInput.channel",
    "ReceiveLeadInput.source",
    "RecordMessageInput.channel",
    "RecordNoteInput.kind",
    "RecycleLeadInput.reason",
    "RejectLeadInput.reason",
    "ReopenOpportunityInput.stage",
    "StageInput.key",
    "StageInput.name",
    "WithdrawConsentInput.purpose",
];

/// Letters for texts that stand nowhere by chance.
const LETTERS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn random(letters: &[u8], length: usize) -> String {
    let letter = |_| char::from(letters[usize::try_from(RandomState::new().hash_one(0) >> 8).unwrap() % letters.len()]);
    (0..length).map(letter).collect()
}

/// Texts that stand nowhere by chance, and the fields that they were put into.
#[derive(Default)]
struct Marks(Vec<(&'static str, String)>);

impl Marks {
    /// A text of its own for a field.
    fn text(&mut self, field: &'static str) -> String {
        let text = random(LETTERS, 24);
        self.0.push((field, text.clone()));
        text
    }

    fn email(&mut self, field: &'static str) -> String {
        format!("{}@vega.example", self.text(field))
    }

    /// A phone number of twenty digits.
    fn phone(&mut self, field: &'static str) -> String {
        let digits = random(&LETTERS[..10], 20);
        self.0.push((field, digits.clone()));
        format!("+{digits}")
    }

    fn words(&mut self) -> Value {
        json!({ "subject": self.text("ActivityTextInput.subject"), "body": self.text("ActivityTextInput.body"),
            "phone": self.phone("ActivityTextInput.phone"), "address": self.email("ActivityTextInput.address") })
    }

    fn attributes(&mut self) -> Value {
        json!([{ "key": "passport", "value": self.text("AttributeInput.value") }])
    }

    fn fields(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(field, _)| *field).collect()
    }
}

/// Every field of every input of a mutation that takes a text or any value, as `Input.field`; not the request ids,
/// which name requests of the caller and no person.
fn text_fields(app: &TestApp) -> BTreeSet<String> {
    let kind = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
    let schema =
        app.data(&format!("{{ __schema {{ types {{ kind name inputFields {{ name type {{ {kind} }} }} }} }} }}"));
    let mut found = BTreeSet::new();
    for input in schema["__schema"]["types"].as_array().unwrap() {
        let name = input["name"].as_str().unwrap();
        let fields = input["inputFields"].as_array().filter(|_| name.ends_with("Input"));
        for field in fields.into_iter().flatten().filter(|field| field["name"] != "requestId") {
            let mut of = &field["type"];
            while !of["ofType"].is_null() {
                of = &of["ofType"];
            }
            if of["name"] == "String" || of["name"] == "JSON" {
                found.insert(format!("{name}.{}", field["name"].as_str().unwrap()));
            }
        }
    }
    found
}

/// A company with customers of all kinds, told through every command that takes a text about somebody.
struct Story {
    app: TestApp,
    marks: Marks,
    pipeline: String,
    people: Vec<String>,
}

fn say(app: &TestApp, command: &str, input: Value) {
    app.done(command, input, "position");
}

impl Story {
    fn new() -> Self {
        let app = TestApp::start_uncompressed();
        let world::World { pipeline, .. } = world::found(&app);
        for entity in ["LEAD", "ACCOUNT", "CONTACT", "OPPORTUNITY"] {
            let definitions = json!([{ "key": "passport", "name": "Passport", "valueType": "TEXT" }]);
            app.done("publishAttributes", json!({ "entity": entity, "definitions": definitions }), "position");
        }
        Self { app, marks: Marks::default(), pipeline, people: Vec::new() }
    }

    /// Carries out a command; gives the id of its subject, and keeps the person behind it.
    fn tell(&mut self, command: &str, input: Value, subject: &str) -> String {
        let told = self.app.done(command, input, &format!("{subject} {{ id dataSubject {{ id }} }}"));
        self.people.extend(told[subject]["dataSubject"]["id"].as_str().map(str::to_owned));
        world::id(&told[subject])
    }

    fn lead(&mut self) -> String {
        let marks = &mut self.marks;
        let input = json!({ "source": "web", "name": marks.text("ReceiveLeadInput.name"),
            "company": marks.text("ReceiveLeadInput.company"), "emails": [marks.email("ReceiveLeadInput.emails")],
            "phones": [marks.phone("ReceiveLeadInput.phones")], "message": marks.text("ReceiveLeadInput.message"),
            "attributes": marks.attributes() });
        let lead = self.tell("receiveLead", input, "lead");
        self.set_attributes(&lead);
        lead
    }

    fn set_attributes(&mut self, entity: &str) {
        for _ in 0..2 {
            say(&self.app, "setAttributes", json!({ "entity": entity, "values": self.marks.attributes() }));
        }
    }

    fn customers(&mut self) -> (String, String) {
        let marks = &mut self.marks;
        let input = json!({ "kind": "COMPANY", "name": marks.text("CreateAccountInput.name"),
            "emails": [marks.email("CreateAccountInput.emails")],
            "phones": [marks.phone("CreateAccountInput.phones")], "attributes": marks.attributes() });
        let account = self.tell("createAccount", input, "account");
        let marks = &mut self.marks;
        let input = json!({ "account": account, "name": marks.text("UpdateAccountInput.name"),
            "emails": [marks.email("UpdateAccountInput.emails")],
            "phones": [marks.phone("UpdateAccountInput.phones")] });
        say(&self.app, "updateAccount", input);
        let marks = &mut self.marks;
        let input = json!({ "account": account, "name": marks.text("CreateContactInput.name"),
            "emails": [marks.email("CreateContactInput.emails")],
            "phones": [marks.phone("CreateContactInput.phones")], "role": marks.text("CreateContactInput.role"),
            "attributes": marks.attributes() });
        let contact = self.tell("createContact", input, "contact");
        let marks = &mut self.marks;
        let input = json!({ "contact": contact, "name": marks.text("UpdateContactInput.name"),
            "emails": [marks.email("UpdateContactInput.emails")],
            "phones": [marks.phone("UpdateContactInput.phones")], "role": marks.text("UpdateContactInput.role") });
        say(&self.app, "updateContact", input);
        self.set_attributes(&account);
        self.set_attributes(&contact);
        (account, contact)
    }

    fn leads(&mut self) {
        let lead = self.lead();
        let input = json!({ "lead": lead, "reason": "OTHER", "comment": self.marks.text("RecycleLeadInput.comment") });
        say(&self.app, "recycleLead", input);
        say(&self.app, "reopenLead", json!({ "lead": lead, "comment": self.marks.text("ReopenLeadInput.comment") }));
        let input = json!({ "lead": lead, "reason": "OTHER", "comment": self.marks.text("RejectLeadInput.comment") });
        say(&self.app, "rejectLead", input);
        let converted = self.lead();
        let account =
            json!({ "new": { "kind": "COMPANY", "name": self.marks.text("NewConversionAccountInput.name") } });
        let deal = json!({ "pipeline": self.pipeline, "title": self.marks.text("ConversionOpportunityInput.title") });
        let input = json!({ "lead": converted, "account": account, "contact": { "new": {} }, "opportunity": deal });
        let of_account = "lead { conversion { account { dataSubject { id } } } }";
        let made = self.app.done("convertLead", input, of_account);
        let account = &made["lead"]["conversion"]["account"];
        self.people.push(world::id(&account["dataSubject"]));
    }

    /// A deal, and everything that can be said about it.
    fn deal(&mut self, customer: Option<(&str, &str)>) {
        let (account, contact) = customer.unzip();
        let marks = &mut self.marks;
        let input = json!({ "pipeline": self.pipeline, "account": account, "contact": contact,
            "title": marks.text("OpenOpportunityInput.title"), "attributes": marks.attributes() });
        let deal = self.tell("openOpportunity", input, "opportunity");
        self.set_attributes(&deal);
        self.work(&json!({ "opportunity": deal, "account": account, "contact": contact }));
        let marks = &mut self.marks;
        let input = json!({ "opportunity": deal, "reason": "OTHER",
            "comment": marks.text("LoseOpportunityInput.comment"),
            "competitor": marks.text("LoseOpportunityInput.competitor") });
        say(&self.app, "loseOpportunity", input);
        let comment = self.marks.text("ReopenOpportunityInput.comment");
        say(&self.app, "reopenOpportunity", json!({ "opportunity": deal, "comment": comment }));
    }

    fn work(&mut self, subjects: &Value) {
        for command in ["recordCall", "recordEmail", "recordMeeting", "recordMessage", "recordLetter"] {
            let input = json!({ "subjects": subjects, "direction": "INBOUND", "text": self.marks.words() });
            say(&self.app, command, input);
        }
        say(&self.app, "recordNote", json!({ "subjects": subjects, "text": self.marks.words() }));
        let valid = json!({ "from": "2026-01-01T00:00:00Z" });
        let terms = self.marks.text("ReachAgreementInput.terms");
        say(
            &self.app,
            "reachAgreement",
            json!({ "subjects": subjects, "form": "ORAL", "valid": valid, "terms": terms }),
        );
        for (command, field) in
            [("completeTask", "CompleteTaskInput.comment"), ("cancelTask", "CancelTaskInput.comment")]
        {
            let title = self.marks.text("ScheduleTaskInput.title");
            let due = "2026-12-01T00:00:00Z";
            let input = json!({ "subjects": subjects, "kind": "CALL", "dueAt": due, "title": title });
            let task = world::id(&self.app.done("scheduleTask", input, "task { id }")["task"]);
            say(&self.app, command, json!({ "task": task, "comment": self.marks.text(field) }));
        }
    }

    fn holds(&mut self) {
        let reason = self.marks.text("PlaceLegalHoldInput.reason");
        let input = json!({ "subject": self.people[0], "reason": reason });
        let hold = world::id(&self.app.done("placeLegalHold", input, "legalHold { id }")["legalHold"]);
        let reason = self.marks.text("LiftLegalHoldInput.reason");
        say(&self.app, "liftLegalHold", json!({ "hold": hold, "reason": reason }));
    }

    fn employee(&mut self) {
        let input = json!({ "kind": "HUMAN", "name": self.marks.text("HireEmployeeInput.name") });
        say(&self.app, "hireEmployee", input);
    }

    /// Everybody whose data any event holds.
    fn everybody(&self) -> BTreeSet<String> {
        let tags = self.events().into_iter().flat_map(|event| event["tags"].as_array().unwrap().clone());
        let subjects = tags.filter_map(|tag| tag.as_str().unwrap().strip_prefix("subject:").map(str::to_owned));
        subjects.collect()
    }

    fn events(&self) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let after = events.last().map(|event| event["position"].clone());
            let query = "query($after: Position) { events(first: 100, after: $after) {
                nodes { position type isErased tags } } }";
            let answer = self.app.request(query).variables(json!({ "after": after })).send();
            let nodes = answer.data()["events"]["nodes"].as_array().unwrap().clone();
            if nodes.is_empty() {
                return events;
            }
            events.extend(nodes);
        }
    }
}

/// Every file under a folder that contains the text.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_with(&entry.path(), text));
        } else if fs::read(entry.path()).unwrap().windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

fn assert_nothing_left(folder: &Path, marks: &Marks) {
    for (field, text) in &marks.0 {
        assert_eq!(files_with(folder, text), [""; 0], "{field}");
    }
}

fn told() -> Story {
    let mut story = Story::new();
    let (account, contact) = story.customers();
    story.leads();
    story.deal(Some((&account, &contact)));
    story.deal(None);
    story.holds();
    story.employee();
    story
}

/// The types of events that have a personal part, as the schema names them.
fn personal_types() -> BTreeSet<String> {
    let screaming = |name: &str| {
        let words = name.char_indices().flat_map(|(index, letter)| {
            (letter.is_uppercase() && index > 0).then_some('_').into_iter().chain(letter.to_uppercase())
        });
        words.collect::<String>()
    };
    let all = EventType::ALL.iter().filter(|event_type| !sample(**event_type).data_subjects().is_empty());
    all.map(|event_type| screaming(event_type.name())).collect()
}

#[test]
fn every_text_of_every_input_is_gone_from_every_file_once_everybody_is_erased() {
    let mut story = told();
    // What was told stands in table files, too, and becomes obsolete there.
    story.app = story.app.restart();
    let mut covered = story.marks.fields();
    covered.extend(CLEAR);
    let taken = text_fields(&story.app);
    assert_eq!(covered, taken.iter().map(String::as_str).collect(), "every text is told or declared to be nobody's");
    let everybody = story.everybody();
    for person in &everybody {
        let input = json!({ "subject": person, "ground": "OBJECTION", "reference": "2026/17" });
        story.app.done("eraseSubject", input, "dataSubject { isErased }");
    }
    let events = story.events();
    let is_about_somebody = |event: &&Value| event["tags"].to_string().contains("subject:");
    let erased: BTreeSet<String> = events
        .iter()
        .filter(is_about_somebody)
        .filter(|event| event["isErased"] == true)
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(erased, personal_types(), "every event with a personal part was told, and could be erased");
    let Story { app, marks, .. } = story;
    assert_nothing_left(app.folder(), &marks);
    let folder = app.restart().into_folder();
    assert_nothing_left(folder.path(), &marks);
    let said = stdout(&run(&["verify", "--deep", "--data", folder.path().to_str().unwrap()]));
    assert!(said.contains("the log is sound"), "{said}");
}

#[test]
fn the_search_finds_what_was_not_erased() {
    let story = told();
    let app = &story.app;
    let text = random(LETTERS, 24);
    app.done("receiveLead", json!({ "source": text }), "position");
    // At a stop the log becomes a table, which is compressed; its write-ahead log is not.
    let found = files_with(app.folder(), &text);
    assert!(found.iter().any(|file| file.contains("records")), "a payload in the log: {found:?}");
    let found = files_with(story.app.into_folder().path(), &text);
    let is_table = |file: &String| Path::new(file).extension().is_some_and(|end| end == "sst");
    assert!(found.iter().any(|file| file.contains("views") && is_table(file)), "a table of the read models: {found:?}");
}
