//! `replay` shows what the API shows: the events of the timeline, and the entity as of every position.

use letopis::graphql::ids::split;
use serde_json::{Value, json};

use crate::command_line::{run, stdout};
use crate::harness::TestApp;
use crate::world;

/// What is compared: how to ask for it over GraphQL, where the answer has it, and where the replayed state has it.
type Compared = (&'static str, &'static str, &'static str);

/// A kind of entity, and what is compared of it besides the timeline.
struct Kind {
    name: &'static str,
    id: String,
    compared: &'static [Compared],
}

const OWNER: Compared = ("owner { id }", "/owner/id", "/owner");
const ACCOUNT: Compared = ("account { id }", "/account/id", "/account");

/// A lead that becomes a customer, whose deal is lost.
fn story(app: &TestApp) -> [Kind; 4] {
    let world = world::found(app);
    let input = json!({ "source": "web", "name": "Ivan Petrov", "company": "Vega" });
    let lead = world::id(&app.done("receiveLead", input, "lead { id }")["lead"]);
    app.done("rejectLead", json!({ "lead": lead, "reason": "NO_ANSWER" }), "lead { id }");
    app.done("reopenLead", json!({ "lead": lead }), "lead { id }");
    app.done("assignLead", json!({ "lead": lead, "owner": world.seller }), "lead { id }");
    let convert = json!({ "lead": lead, "account": { "new": { "kind": "COMPANY" } }, "contact": { "new": {} },
        "opportunity": { "pipeline": world.pipeline } });
    let selection = "lead { conversion { account { id } contact { id } opportunity { id } } }";
    let parts = app.done("convertLead", convert, selection)["lead"]["conversion"].clone();
    let [account, contact, deal] = ["account", "contact", "opportunity"].map(|part| world::id(&parts[part]));
    app.done("updateAccount", json!({ "account": account, "name": "Vega II" }), "account { id }");
    app.done("updateContact", json!({ "contact": contact, "role": "director" }), "contact { id }");
    let back_dated = json!({ "subjects": { "account": account, "contact": contact, "lead": lead, "opportunity": deal },
        "text": { "body": "met at the fair" }, "occurredAt": "2020-01-01T00:00:00Z" });
    app.done("recordNote", back_dated, "activity { id }");
    app.done("moveOpportunity", json!({ "opportunity": deal, "stage": "OFFER" }), "opportunity { id }");
    app.done("reviseOpportunity", json!({ "opportunity": deal, "probabilityPercent": 70 }), "opportunity { id }");
    app.done("loseOpportunity", json!({ "opportunity": deal, "reason": "NO_ANSWER" }), "opportunity { id }");
    [
        Kind { name: "account", id: account, compared: &[("name", "/name", "/personal/name"), OWNER] },
        Kind {
            name: "lead",
            id: lead,
            compared: &[
                ("status", "/status", "/status"),
                ("name", "/name", "/personal/name"),
                ("rejection { reason }", "/rejection/reason", "/rejection/reason"),
                ("conversion { account { id } }", "/conversion/account/id", "/conversion/account"),
                OWNER,
            ],
        },
        Kind { name: "contact", id: contact, compared: &[("role", "/role", "/personal/role"), ACCOUNT, OWNER] },
        Kind {
            name: "opportunity",
            id: deal,
            compared: &[
                ("status", "/status", "/status"),
                ("stage { key }", "/stage/key", "/stage/stage"),
                ("probabilityPercent", "/probabilityPercent", "/probability_percent"),
                ("lossReason", "/lossReason", "/loss_reason"),
                ACCOUNT,
                OWNER,
            ],
        },
    ]
}

/// The entity and its timeline over GraphQL, as of a position.
fn shown(app: &TestApp, kind: &Kind, until: u64) -> Value {
    let asked: Vec<&str> = kind.compared.iter().map(|(selection, ..)| *selection).collect();
    let query = format!(
        "query ($id: ID!, $p: Position!) {{ {}(id: $id, asOf: {{ position: $p }}) {{ {} \
         timeline(first: 100) {{ nodes {{ position event {{ payload }} }} }} }} }}",
        kind.name,
        asked.join(" ")
    );
    let variables = json!({ "id": kind.id, "p": until.to_string() });
    app.request(&query).variables(variables).send().data()[kind.name].clone()
}

/// An id without its kind, or any other value as it is.
fn bare(value: Option<&Value>) -> Value {
    match value {
        Some(Value::String(text)) => json!(split(text).map_or_else(|| text.clone(), |(_, id)| id.to_string())),
        other => other.cloned().unwrap_or_default(),
    }
}

#[track_caller]
fn compare(kind: &Kind, shown: &Value, lines: &[Value]) {
    let mut nodes = shown["timeline"]["nodes"].as_array().unwrap().clone();
    nodes.sort_by_key(|node| node["position"].as_str().unwrap().parse::<u64>().unwrap());
    let told = |line: &Value| json!({ "position": line["position"], "event": { "payload": line["event"] } });
    assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), nodes, "{}", kind.name);
    let state = &lines.last().unwrap()["state"];
    for (selection, answer, replayed) in kind.compared {
        let (answer, replayed) = (bare(shown.pointer(answer)), bare(state.pointer(replayed)));
        assert_eq!(replayed, answer, "`{selection}` of {}", kind.name);
    }
}

#[test]
fn replay_shows_what_timeline_and_entity_show_as_of_every_position() {
    let app = TestApp::start();
    let kinds = story(&app);
    let head: u64 = app.data("{ log { head } }")["log"]["head"].as_str().unwrap().parse().unwrap();
    let positions = || kinds.iter().flat_map(|kind| (1..=head).map(move |until| (kind, until)));
    let answers: Vec<Value> = positions().map(|(kind, until)| shown(&app, kind, until)).collect();
    let folder = app.into_folder();
    let data = folder.path().to_str().unwrap();
    for ((kind, until), shown) in positions().zip(&answers) {
        let (flag, until) = (format!("--{}", kind.name), until.to_string());
        let output = run(&["replay", "--data", data, &flag, &kind.id, "--json", "--until", &until]);
        if shown.is_null() {
            assert_eq!(output.status.code(), Some(1));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains(&format!("there is no {}", kind.name)), "{said}");
            continue;
        }
        let lines: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        compare(kind, shown, &lines);
    }
    let text = stdout(&run(&["replay", "--data", data, "--lead", &kinds[1].id]));
    assert!(text.contains("LeadReceived") && text.contains("status: \"NEW\" → \"CONVERTED\""), "{text}");
}
