//! What the roles do, and how they come and go.

use serde_json::json;

use super::company::{COMMENT, Company, HIDDEN, PERSONAL};
use crate::world::id;

#[test]
fn a_role_does_what_its_duties_say_and_nothing_else() {
    let company = Company::found();
    let allowed = |key: &str, name: &str, input| {
        let payload = company.mutate(key, name, input);
        payload["userErrors"][0]["code"] != json!("FORBIDDEN")
    };
    let duties = [
        ("receiveLead", json!({ "source": "web" })),
        ("recordNote", json!({ "subjects": { "account": company.anna.account } })),
        ("assignLead", json!({ "lead": company.anna.lead, "owner": company.anna.employee })),
        ("publishReasonCatalog", json!({ "kind": "LEAD_REJECTION", "reasons": [] })),
        ("hireEmployee", json!({ "kind": "HUMAN", "name": "X" })),
        ("linkSubjects", json!({ "subject": company.anna.subject, "other": company.boris.subject })),
        ("revokeRole", json!({ "employee": company.boris.employee, "role": "AUDITOR" })),
    ];
    let expected = [
        ("REPRESENTATIVE", [true, true, false, false, false, false, false]),
        ("TEAM_LEAD", [true, true, true, false, false, false, false]),
        ("MANAGER", [true, true, true, false, false, false, false]),
        ("MARKETING", [true, false, false, false, false, false, false]),
        ("AUDITOR", [false; 7]),
        ("ANALYST", [false; 7]),
        ("INTEGRATION", [true, true, false, false, false, false, false]),
        ("ADMINISTRATOR", [true; 7]),
    ];
    for (role, may) in expected {
        let (_, key) = company.employee(role, None);
        let did: Vec<bool> = duties.iter().map(|(name, input)| allowed(&key, name, input.clone())).collect();
        assert_eq!(did, may, "{role}");
    }
}

#[test]
fn a_team_lead_sees_the_team_and_a_manager_the_unit() {
    let company = Company::found();
    let leads = |key: &str| company.data(key, "{ leads { totalCount } }")["leads"]["totalCount"].clone();
    assert_eq!((leads(&company.anna.key), leads(&company.boris.key)), (json!(3), json!(3)));
    let grant = |role: &str| {
        let input = json!({ "employee": company.anna.employee, "role": role });
        company.app.done("grantRole", input, "employee { id }");
    };
    grant("TEAM_LEAD");
    assert_eq!(leads(&company.anna.key), json!(3), "the team has nobody else");
    let team = format!("{{ employee(id: \"{}\") {{ team {{ id }} }} }}", company.anna.employee);
    let team = company.data(&company.anna.key, &team)["employee"]["team"]["id"].clone();
    let transfer = json!({ "employee": company.boris.employee, "team": team });
    company.app.done("transferEmployee", transfer, "employee { id }");
    assert_eq!(leads(&company.anna.key), json!(6), "Boris joined the team, and his past with him");
}

#[test]
fn a_substitute_sees_what_the_absent_colleague_owns_until_the_absence_ends() {
    let company = Company::found();
    let lead = format!("{{ lead(id: \"{}\") {{ name }} }}", company.boris.lead);
    let sees = || company.data(&company.anna.key, &lead)["lead"] != json!(null);
    assert!(!sees());
    let period = json!({ "from": "2020-01-01T00:00:00Z" });
    let away = json!({ "employee": company.boris.employee, "substitute": company.anna.employee, "period": period });
    let refused = company.mutate(&company.anna.key, "declareAbsence", away.clone());
    assert_eq!(refused["userErrors"][0]["code"], json!("FORBIDDEN"), "nobody takes the place of another by themselves");
    let declared = company.mutate(&company.boris.key, "declareAbsence", away);
    assert_eq!(declared["userErrors"], json!([]));
    company.app.request("{ log { head } }").header("x-letopis-after", declared["position"].as_str().unwrap()).send();
    assert!(sees());
    let absences = company.data(&company.anna.key, "{ absences { id isOn substitute { name } } }");
    let absence = &absences["absences"][0];
    assert_eq!((&absence["isOn"], &absence["substitute"]["name"]), (&json!(true), &json!("Anna")));
    company.app.done("endAbsence", json!({ "absence": id(absence) }), "absence { endedAt }");
    assert!(!sees());
}

#[test]
fn nobody_gets_sight_of_a_colleague_by_saying_that_they_stand_in() {
    let company = Company::found();
    let (lead, key) = company.employee("TEAM_LEAD", None);
    let period = json!({ "from": "2020-01-01T00:00:00Z" });
    let away =
        |substitute: &str| json!({ "employee": company.boris.employee, "substitute": substitute, "period": period });
    for substitute in [&lead, &company.anna.employee] {
        let refused = company.mutate(&key, "declareAbsence", away(substitute));
        assert_eq!(refused["userErrors"][0]["code"], json!("FORBIDDEN"), "Boris is in another team: {refused}");
    }
    let (_, everywhere) = company.employee("MANAGER", Some("ALL"));
    let declared = company.mutate(&everywhere, "declareAbsence", away(&company.anna.employee));
    assert_eq!(declared["userErrors"], json!([]));
}

#[test]
fn nobody_keeps_sight_by_a_task_that_they_gave_themselves() {
    let company = Company::found();
    let task = json!({ "subjects": { "account": company.anna.account }, "kind": "CALL", "dueAt": "2099-01-01T00:00:00Z",
        "employee": company.anna.employee });
    assert_eq!(company.mutate(&company.anna.key, "scheduleTask", task)["userErrors"], json!([]));
    let account = format!("{{ contact(id: \"{}\") {{ name }} }}", company.anna.contact);
    let hand_over = json!({ "account": company.anna.account, "owner": company.boris.employee });
    company.app.done("assignAccountOwner", hand_over, "account { id }");
    assert!(company.data(&company.boris.key, &account)["contact"].is_object());
    let refused = json!({ "account": company.anna.account, "owner": company.anna.employee });
    let refused = company.mutate(&company.anna.key, "assignAccountOwner", refused);
    assert_eq!(refused["userErrors"][0]["code"], json!("FORBIDDEN"), "a part of it is no right to it: {refused}");
}

#[test]
fn what_is_seen_in_part_is_not_named_by_commands() {
    let company = Company::found();
    let analyst = json!({ "employee": company.anna.employee, "role": "ANALYST" });
    company.app.done("grantRole", analyst, "employee { id }");
    let lead = format!("{{ lead(id: \"{}\") {{ name message }} }}", company.boris.lead);
    let seen = company.data(&company.anna.key, &lead)["lead"].clone();
    assert!(seen["name"].as_str().unwrap().starts_with("person "), "{seen}");
    let task = json!({ "subjects": { "lead": company.boris.lead }, "kind": "CALL", "dueAt": "2099-01-01T00:00:00Z" });
    let refused = company.mutate(&company.anna.key, "scheduleTask", task);
    assert_eq!(refused["userErrors"][0]["code"], json!("NOT_FOUND"), "{refused}");
    let contact = json!({ "name": "X", "subject": company.boris.subject });
    let refused = company.mutate(&company.anna.key, "createContact", contact);
    assert_eq!(refused["userErrors"][0]["code"], json!("ALREADY_EXISTS"), "{refused}");
}

#[test]
fn a_lead_that_changes_hands_takes_its_past_along() {
    let company = Company::found();
    let history = format!("{{ lead(id: \"{}\") {{ timeline {{ nodes {{ summary }} }} }} }}", company.anna.lead);
    assert!(company.data(&company.anna.key, &history).to_string().contains(COMMENT));
    assert_eq!(company.data(&company.boris.key, &history)["lead"], json!(null));
    let assign = json!({ "lead": company.anna.lead, "owner": company.boris.employee });
    company.app.done("assignLead", assign, "lead { id }");
    let cancel = json!({ "task": company.anna.task });
    company.app.done("cancelTask", cancel, "task { id }");
    assert_eq!(company.data(&company.anna.key, &history)["lead"], json!(null));
    assert!(company.data(&company.boris.key, &history).to_string().contains(COMMENT));
}

#[test]
fn a_machine_reads_what_it_recorded() {
    let company = Company::found();
    let (_, key) = company.employee("INTEGRATION", None);
    let lead = company.mutate(&key, "receiveLead", json!({ "source": "site", "name": "Visitor" }));
    let call =
        json!({ "subjects": { "lead": company.anna.lead }, "direction": "INBOUND", "text": { "body": "heard" } });
    let call = company.mutate(&key, "recordCall", call);
    assert_eq!(
        (&lead["userErrors"], &call["userErrors"]),
        (&json!([]), &json!([])),
        "it may name what it does not see"
    );
    let position = call["position"].as_str().unwrap();
    let read = company.app.request("{ leads { nodes { name } } events { nodes { type payload } } }");
    let read = read.by(&key).header("x-letopis-after", position).send().data().clone();
    assert_eq!(read["leads"]["nodes"], json!([{ "name": "Visitor" }]));
    let types: Vec<&str> =
        read["events"]["nodes"].as_array().unwrap().iter().map(|node| node["type"].as_str().unwrap()).collect();
    let own = types.iter().filter(|name| ["LEAD_RECEIVED", "CALL_RECORDED"].contains(name)).count();
    assert_eq!(own, 2, "{types:?}");
    for text in [PERSONAL, COMMENT, HIDDEN] {
        assert!(!read.to_string().contains(text), "{text} in {read}");
    }
}

#[test]
fn an_analyst_counts_without_the_people() {
    let company = Company::found();
    let (_, key) = company.employee("ANALYST", None);
    let query = "{ leads { totalCount nodes { id name emails message amount { amount } attributes { key } } } }";
    let seen = company.data(&key, query);
    assert_eq!(seen["leads"]["totalCount"], json!(6));
    let names: std::collections::BTreeSet<&str> =
        seen["leads"]["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert!(names.iter().all(|name| name.starts_with("person ")), "{names:?}");
    assert_eq!(names.len(), 6, "each person has a pseudonym of their own");
    assert_eq!(company.data(&key, query), seen, "and keeps it");
    assert!(seen.to_string().contains("7431.25"), "an analyst sees amounts");
    let subject = company.data(&key, "{ dataSubjects(phone: \"+31 20 555 01 01\") { id } }");
    assert_eq!(subject["dataSubjects"], json!([]), "and finds nobody by number");
}
