//! A hidden lead is not to be found by any way, one after the other: what hides it answers as if it was not there.

use serde_json::{Value, json};

use super::company::{Company, HIDDEN, HIDDEN_AMOUNT};
use crate::harness::{Socket, mutation};

/// The company, as Anna sees it, who must not see Boris's customers.
struct Anna(Company);

impl Anna {
    fn found() -> Self {
        Self(Company::found())
    }

    /// What Anna is answered, in which nothing of Boris's may stand.
    #[track_caller]
    fn sees(&self, query: &str) -> Value {
        let answer = self.0.app.request(query).by(&self.0.anna.key).send();
        self.assert_clean(query, &answer.body);
        answer.data().clone()
    }

    /// What she would be answered if she saw everything: without Boris's customers in it, the question proves nothing.
    #[track_caller]
    fn would_show(&self, query: &str) {
        let all = self.0.app.data(query).to_string();
        assert!(
            all.contains(HIDDEN) || self.traces().iter().any(|trace| all.contains(trace.as_str())),
            "{query}: {all}"
        );
    }

    #[track_caller]
    fn assert_clean(&self, question: &str, answer: &Value) {
        let text = answer.to_string();
        let found = self.traces().into_iter().find(|trace| text.contains(trace.as_str()));
        assert_eq!(found, None, "{question} shows what is hidden: {text}");
    }

    /// Whatever would give Boris's customers away.
    fn traces(&self) -> Vec<String> {
        let boris = &self.0.boris;
        let ids = [&boris.lead, &boris.rejected, &boris.account, &boris.contact, &boris.deal, &boris.agreement];
        let more = [&boris.reservation, &boris.task, &boris.call, &boris.subject];
        let ids = ids.into_iter().chain(more).flat_map(|id| [id.clone(), uuid_of(id)]);
        ids.chain([HIDDEN.to_owned(), HIDDEN_AMOUNT.to_owned(), "555 02 02".to_owned()]).collect()
    }
}

/// The UUID of a global id.
fn uuid_of(id: &str) -> String {
    letopis::graphql::ids::split(id).unwrap().1.to_string()
}

#[test]
fn not_in_lists_nor_in_their_counts() {
    let anna = Anna::found();
    for list in ["leads", "accounts", "contacts", "opportunities", "tasks", "agreements", "reservations"] {
        let query = format!("{{ {list}(first: 100) {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage }} }} }}");
        anna.would_show(&query);
        let seen = &anna.sees(&query)[list];
        let all = &anna.0.app.data(&query)[list];
        let count = seen["nodes"].as_array().unwrap().len();
        assert_eq!(seen["totalCount"], json!(count), "{list}");
        assert!(count > 0 && all["totalCount"].as_u64().unwrap() == 2 * count as u64, "{list}: {seen}");
    }
}

#[test]
fn not_by_filters_orders_and_pages() {
    let anna = Anna::found();
    let boris = &anna.0.boris;
    for (list, filter) in [
        ("leads", format!("id: {{ eq: \"{}\" }}", boris.lead)),
        ("leads", format!("owner: {{ eq: \"{}\" }}", boris.employee)),
        ("opportunities", format!("amount: {{ gte: {{ amount: \"{HIDDEN_AMOUNT}\", currency: EUR }} }}")),
        ("opportunities", format!("account: {{ eq: \"{}\" }}", boris.account)),
        ("tasks", format!("lead: {{ eq: \"{}\" }}", boris.lead)),
    ] {
        let query =
            format!("{{ {list}(where: {{ {filter} }}) {{ totalCount nodes {{ id }} }} }}").replace("EUR", "\"EUR\"");
        anna.would_show(&query);
        assert_eq!(anna.sees(&query)[list]["totalCount"], json!(0), "{query}");
    }
    let first = anna.sees("{ leads(first: 2) { pageInfo { endCursor hasNextPage } } }");
    assert_eq!(first["leads"]["pageInfo"]["hasNextPage"], json!(true), "the third is Anna's as well");
    let cursor = first["leads"]["pageInfo"]["endCursor"].as_str().unwrap();
    let rest = anna
        .sees(&format!("{{ leads(first: 2, after: \"{cursor}\") {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }}"));
    assert_eq!(rest["leads"]["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(rest["leads"]["pageInfo"]["hasNextPage"], json!(false));
}

#[test]
fn not_by_its_id_which_answers_as_one_of_nobody() {
    let anna = Anna::found();
    let boris = &anna.0.boris;
    let nobody = |kind: &str| letopis::graphql::ids::global_of(kind, uuid::Uuid::now_v7()).0;
    for (one, id, kind) in [
        ("lead", &boris.lead, "lead"),
        ("account", &boris.account, "account"),
        ("contact", &boris.contact, "contact"),
        ("opportunity", &boris.deal, "opportunity"),
        ("task", &boris.task, "task"),
        ("agreement", &boris.agreement, "agreement"),
        ("reservation", &boris.reservation, "reservation"),
        ("dataSubject", &boris.subject, "subject"),
        ("node", &boris.lead, "lead"),
        ("node", &boris.call, "activity"),
        ("node", &boris.subject, "subject"),
    ] {
        let ask = |id: &str| {
            let query = format!("query ($id: ID!) {{ {one}(id: $id) {{ id }} }}");
            anna.0.app.request(&query).variables(json!({ "id": id })).by(&anna.0.anna.key).send().body
        };
        let (hidden, absent) = (ask(id), ask(&nobody(kind)));
        assert_eq!(hidden, absent, "{one}");
        assert_eq!(hidden["data"][one], Value::Null, "{one}");
        let all = anna.0.app.data(&format!("{{ {one}(id: \"{id}\") {{ id }} }}"));
        assert_eq!(all[one]["id"], json!(id), "an administrator finds it");
    }
    let both = format!("{{ nodes(ids: [\"{}\", \"{}\"]) {{ id }} }}", boris.lead, anna.0.anna.lead);
    assert_eq!(anna.0.data(&anna.0.anna.key, &both)["nodes"], json!([null, { "id": anna.0.anna.lead }]));
}

#[test]
fn not_in_timelines_of_colleagues_nor_as_of_any_moment() {
    let anna = Anna::found();
    let head = anna.0.app.data("{ log { head } }")["log"]["head"].as_str().unwrap().to_owned();
    for as_of in [String::new(), format!("(asOf: {{ position: \"{head}\" }})")] {
        let query = format!(
            "{{ leads{as_of} {{ totalCount nodes {{ id name timeline {{ totalCount nodes {{ summary body }} }} }} }} }}"
        );
        anna.would_show(&query);
        anna.sees(&query);
    }
    let before = format!(
        "{{ account(id: \"{}\", asOf: {{ position: \"{head}\" }}) {{ timeline {{ totalCount }} }} }}",
        anna.0.boris.account
    );
    anna.0.app.data(&before);
    assert_eq!(anna.0.data(&anna.0.anna.key, &before)["account"], Value::Null);
}

#[test]
fn not_among_events() {
    let anna = Anna::found();
    let boris = &anna.0.boris;
    let mut after = "0".to_owned();
    loop {
        let query = format!(
            "{{ events(after: \"{after}\", first: 50) {{ nodes {{ position tags payload }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = anna.sees(&query)["events"].clone();
        let Some(end) = page["pageInfo"]["endCursor"].as_str() else { break };
        end.clone_into(&mut after);
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    let about = format!(
        "{{ events(query: {{ items: [{{ about: [\"{}\"] }}] }}) {{ totalCount nodes {{ type }} }} }}",
        boris.lead
    );
    assert_ne!(anna.0.app.data(&about)["events"]["totalCount"], json!(0));
    assert_eq!(anna.0.data(&anna.0.anna.key, &about)["events"], json!({ "totalCount": 0, "nodes": [] }));
    let first = format!(
        "{{ events(query: {{ items: [{{ about: [\"{}\"] }}] }}, first: 1) {{ nodes {{ position id }} }} }}",
        boris.lead
    );
    let event = anna.0.app.data(&first)["events"]["nodes"][0].clone();
    let one =
        format!("{{ event(position: {}) {{ type proof }} node(id: {}) {{ id }} }}", event["position"], event["id"]);
    assert_eq!(anna.sees(&one), json!({ "event": null, "node": null }), "neither its proof");
    assert!(anna.0.app.data(&one)["event"]["proof"].is_string());
}

#[test]
fn not_in_subscriptions() {
    let anna = Anna::found();
    let mut socket = Socket::open_by(&anna.0.app, &anna.0.anna.key);
    socket.subscribe("1", "subscription { events(after: \"0\") { type tags payload } }", &json!({}));
    let note = |about: &str, body: &str| json!({ "subjects": { "account": about }, "text": { "body": body } });
    anna.0.app.done("recordNote", note(&anna.0.boris.account, HIDDEN), "activity { id }");
    anna.0.app.done("recordNote", note(&anna.0.anna.account, "the last one"), "activity { id }");
    loop {
        let event = socket.next("1");
        anna.assert_clean("subscription", &event);
        if event.to_string().contains("the last one") {
            break;
        }
    }
    let mut refused = Socket::open_by(&anna.0.app, &anna.0.anna.key);
    let follow = |account: &str| {
        let query = format!("subscription {{ timeline(account: \"{account}\") {{ position }} }}");
        (query, json!({}))
    };
    let nobody = letopis::graphql::ids::global_of("account", uuid::Uuid::now_v7()).0;
    let mut said = Vec::new();
    for (number, account) in [&anna.0.boris.account, &nobody].into_iter().enumerate() {
        let (query, variables) = follow(account);
        refused.subscribe(&number.to_string(), &query, &variables);
        let mut message = refused.receive();
        while message["type"] == "complete" {
            message = refused.receive();
        }
        said.push(message["payload"].to_string());
    }
    assert_eq!(said[0], said[1], "a hidden account is refused as one of nobody");
}

#[test]
fn not_in_reports() {
    let anna = Anna::found();
    let funnel = "{ salesFunnel { stages { stage entered lost stillThere amount { amount } } groups { key { value node { id } } } } }";
    let entered = |funnel: &Value| funnel["salesFunnel"]["stages"][0]["entered"].clone();
    assert_eq!((entered(&anna.0.app.data(funnel)), entered(&anna.sees(funnel))), (json!(4), json!(2)));
    for query in [
        "{ salesFunnel(groupBy: [{ column: EMPLOYEE }]) { groups { key { id node { id ... on Employee { name } } } } } }",
        "{ leadRejectionAudit { total byEmployee { count } rejections { totalCount nodes { lead { id } comment } } } }",
        "{ activityTotals(groupBy: [{ column: ACCOUNT }]) { total { count } groups { key { id } } } }",
        "{ leadConversion(groupBy: [{ column: EMPLOYEE }]) { groups { key { id } leads } } }",
    ] {
        anna.sees(query);
    }
    let total = |query: &str| (anna.0.app.data(query), anna.sees(query));
    let (all, seen) = total("{ leadRejectionAudit { total rejections { totalCount } } }");
    assert_eq!((&all["leadRejectionAudit"]["total"], &seen["leadRejectionAudit"]["total"]), (&json!(2), &json!(1)));
    let (all, seen) = total("{ leadConversion { groups { leads } } }");
    assert_eq!(all["leadConversion"]["groups"][0]["leads"], json!(6));
    assert_eq!(seen["leadConversion"]["groups"][0]["leads"], json!(3));
}

#[test]
fn not_by_a_number_or_an_address() {
    let anna = Anna::found();
    for search in ["phone: \"+31 20 555 02 02\"", "email: \"fair@Hidebound.example\""] {
        let query = format!("{{ dataSubjects({search}) {{ id }} }}");
        assert_ne!(anna.0.app.data(&query)["dataSubjects"], json!([]), "{search}");
        assert_eq!(anna.0.data(&anna.0.anna.key, &query)["dataSubjects"], json!([]), "{search}");
    }
}

#[test]
fn not_by_what_commands_say() {
    let anna = Anna::found();
    let (anna_key, boris) = (&anna.0.anna.key, &anna.0.boris);
    let said = |name: &str, input: &Value| {
        let answer = anna.0.app.request(&mutation(name, "")).variables(json!({ "input": input })).by(anna_key).send();
        answer.data()[name].clone()
    };
    let commands: [(&str, &str, &str, &str, Value); 9] = [
        ("qualifyLead", "lead", &boris.lead, "lead", json!({})),
        ("qualifyLead", "lead", &boris.rejected, "lead", json!({ "expectedPosition": "1" })),
        ("rejectLead", "lead", &boris.lead, "lead", json!({ "reason": "OTHER" })),
        ("rejectLead", "lead", &boris.lead, "lead", json!({ "reason": "NO SUCH" })),
        ("reopenLead", "lead", &boris.rejected, "lead", json!({})),
        ("completeTask", "task", &boris.task, "task", json!({})),
        ("updateAccount", "account", &boris.account, "account", json!({ "name": "X" })),
        ("moveOpportunity", "opportunity", &boris.deal, "opportunity", json!({ "stage": "OFFER" })),
        ("releaseReservation", "reservation", &boris.reservation, "reservation", json!({})),
    ];
    for (name, field, hidden, kind, rest) in commands {
        let nobody = uuid::Uuid::now_v7();
        let ask = |id: &str| {
            let mut input = rest.clone();
            input[field] = json!(id);
            said(name, &input)
        };
        let (of_hidden, of_nobody) = (ask(hidden), ask(&letopis::graphql::ids::global_of(kind, nobody).0));
        let absent = of_nobody.to_string().replace(&nobody.to_string(), &uuid_of(hidden));
        assert_eq!(of_hidden.to_string(), absent, "{name} {rest}");
        assert_ne!(of_hidden["userErrors"], json!([]), "{name}");
    }
    let taken = said("receiveLead", &json!({ "lead": boris.lead }));
    assert_eq!(taken["userErrors"][0]["conflict"], Value::Null, "{taken}");
    assert_eq!(taken["userErrors"][0]["message"], json!("something that you do not see stands in the way"));
}
