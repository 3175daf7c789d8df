//! Lists: filters, orders, and pages from either end that neither skip nor repeat.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::world;

fn sources(list: &Value) -> Vec<&str> {
    list["nodes"].as_array().unwrap().iter().map(|node| node["source"].as_str().unwrap()).collect()
}

#[test]
fn pages_from_both_ends_neither_skip_nor_repeat() {
    let app = TestApp::start();
    for number in 0..25 {
        world::lead(&app, &format!("s{:02}", number % 5));
    }
    let whole = app.data(
        "{ leads(first: 100, orderBy: [{ field: SOURCE, direction: DESC }]) { totalCount nodes { id source } } }",
    );
    assert_eq!(whole["leads"]["totalCount"], 25);
    let query = "query ($first: Int, $after: String, $last: Int, $before: String) { \
        leads(orderBy: [{ field: SOURCE, direction: DESC }], first: $first, after: $after, last: $last, before: $before) { \
        nodes { id source } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let (mut forward, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = app.request(query).variables(json!({ "first": 7, "after": after })).send().data()["leads"].clone();
        forward.extend(page["nodes"].as_array().unwrap().clone());
        assert_eq!(page["pageInfo"]["endCursor"], page["edges"].as_array().unwrap().last().unwrap()["cursor"]);
        after = page["pageInfo"]["endCursor"].clone();
        // A lead that arrives meanwhile comes first or last, never in between what was seen.
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(Value::from(forward), whole["leads"]["nodes"]);
    let (mut backward, mut before) = (Vec::new(), Value::Null);
    loop {
        let page = app.request(query).variables(json!({ "last": 7, "before": before })).send().data()["leads"].clone();
        let mut nodes = page["nodes"].as_array().unwrap().clone();
        nodes.append(&mut backward);
        backward = nodes;
        before = page["pageInfo"]["startCursor"].clone();
        if page["pageInfo"]["hasPreviousPage"] == false {
            break;
        }
    }
    assert_eq!(Value::from(backward), whole["leads"]["nodes"]);
}

#[test]
fn events_are_paged_by_their_cursors() {
    let app = TestApp::start();
    for _ in 0..7 {
        world::lead(&app, "web");
    }
    let query = "query ($after: Position) { events(first: 3, after: $after) { totalCount nodes { position } \
        edges { cursor } pageInfo { hasNextPage endCursor } } }";
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = app.request(query).variables(json!({ "after": after })).send().data()["events"].clone();
        let position = |node: &Value| node["position"].as_str().unwrap().to_owned();
        seen.extend(page["nodes"].as_array().unwrap().iter().map(position));
        assert_eq!(page["totalCount"], 7);
        after = page["pageInfo"]["endCursor"].clone();
        assert_eq!(page["edges"].as_array().unwrap().last().unwrap()["cursor"], after);
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, ["1", "2", "3", "4", "5", "6", "7"]);
}

#[test]
fn an_event_query_without_items_means_every_event() {
    let app = TestApp::start();
    world::lead(&app, "web");
    let count = |query: Value| {
        let ask = "query ($query: EventQuery) { events(query: $query) { totalCount nodes { position } } }";
        let events = app.request(ask).variables(json!({ "query": query })).send().data()["events"].clone();
        assert_eq!(json!(events["nodes"].as_array().unwrap().len()), events["totalCount"]);
        events["totalCount"].as_u64().unwrap()
    };
    for every in [Value::Null, json!({}), json!({ "items": [] }), json!({ "items": [{}] })] {
        assert_eq!(count(every.clone()), 1, "{every}");
    }
    assert_eq!(count(json!({ "items": [{ "about": ["nobody"] }] })), 0);
}

#[test]
fn filters_combine() {
    let app = TestApp::start();
    let world = world::found(&app);
    for (source, amount) in [("web", "10"), ("web", "200"), ("phone", "300"), ("fair", "50")] {
        let input =
            json!({ "source": source, "amount": { "amount": amount, "currency": "EUR" }, "owner": world.seller });
        app.done("receiveLead", input, "lead { id }");
    }
    app.done("receiveLead", json!({ "source": "nobody's" }), "lead { id }");
    let ask = |filter: Value| {
        let query = "query ($w: LeadWhere) { leads(where: $w, orderBy: [{ field: SOURCE }]) { nodes { source } } }";
        app.request(query).variables(json!({ "w": filter })).send().data()["leads"].clone()
    };
    assert_eq!(sources(&ask(json!({ "source": { "in": ["web", "fair"] } }))), ["fair", "web", "web"]);
    assert_eq!(sources(&ask(json!({ "amount": { "gte": { "amount": "100", "currency": "EUR" } } }))), ["phone", "web"]);
    assert_eq!(sources(&ask(json!({ "amount": { "gte": { "amount": "1", "currency": "USD" } } }))), Vec::<&str>::new());
    assert_eq!(sources(&ask(json!({ "owner": { "isNull": true } }))), ["nobody's"]);
    assert_eq!(
        sources(&ask(json!({ "owner": { "eq": world.seller }, "not": { "source": { "eq": "web" } } }))),
        ["fair", "phone"]
    );
    let either = json!({ "or": [{ "source": { "contains": "PHO" } }, { "source": { "eq": "fair" } }] });
    assert_eq!(sources(&ask(either)), ["fair", "phone"]);
    assert_eq!(sources(&ask(json!({ "status": { "eq": "CONVERTED" } }))), Vec::<&str>::new());
    assert_eq!(sources(&ask(json!({ "owner": { "eq": "x" } }))), Vec::<&str>::new());
}

#[test]
fn custom_attributes_are_columns_like_any_other() {
    let app = TestApp::start();
    let definitions = json!([{ "key": "size", "name": "Size", "valueType": "NUMBER" },
        { "key": "tier", "name": "Tier", "valueType": "OPTION", "options": ["GOLD", "TIN"] }]);
    app.done(
        "publishAttributes",
        json!({ "entity": "ACCOUNT", "definitions": definitions }),
        "definitions { version }",
    );
    let create = |name: &str, size: i64, tier: &str| {
        let attributes = json!([{ "key": "size", "value": size }, { "key": "tier", "value": tier }]);
        let input = json!({ "kind": "COMPANY", "name": name, "attributes": attributes });
        world::id(&app.done("createAccount", input, "account { id }")["account"])
    };
    let small = create("Small", 5, "TIN");
    create("Large", 500, "GOLD");
    let ask = |filter: Value| {
        let query = "query ($w: AccountWhere) { accounts(where: $w) { nodes { name attributes { key value } } } }";
        app.request(query).variables(json!({ "w": filter })).send().data()["accounts"]["nodes"].clone()
    };
    assert_eq!(ask(json!({ "attribute": { "key": "size", "gte": 100 } }))[0]["name"], "Large");
    assert_eq!(ask(json!({ "attribute": { "key": "tier", "eq": "TIN" } }))[0]["name"], "Small");
    let values = json!([{ "key": "tier", "value": "GOLD" }, { "key": "size", "value": null }]);
    app.done("setAttributes", json!({ "entity": small, "values": values }), "entity { id }");
    let gold = ask(json!({ "attribute": { "key": "tier", "eq": "GOLD" } }));
    assert_eq!(gold[0]["attributes"], json!([{ "key": "tier", "value": "GOLD" }]));
    assert_eq!(gold.as_array().unwrap().len(), 2);
    let wrong = json!([{ "key": "size", "value": "big" }]);
    let payload = app.mutate("setAttributes", json!({ "entity": small, "values": wrong }), "entity { id }");
    assert_eq!(payload["userErrors"][0]["code"], "INVALID_VALUE");
}

#[test]
fn agreements_in_force_are_found_by_the_instant() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    for (terms, from, until) in
        [("old", "2020-01-01T00:00:00Z", Some("2021-01-01T00:00:00Z")), ("endless", "2020-06-01T00:00:00Z", None)]
    {
        let input = json!({ "subjects": { "account": account }, "form": "WRITTEN", "terms": terms,
            "valid": { "from": from, "until": until } });
        app.done("reachAgreement", input, "agreement { id }");
    }
    let ask = |at: &str| {
        let query = "query ($at: DateTime!) { agreements(where: { inForceAt: $at }) { nodes { terms } } }";
        app.request(query).variables(json!({ "at": at })).send().data()["agreements"]["nodes"].clone()
    };
    assert_eq!(ask("2020-01-01T00:00:00Z"), json!([{ "terms": "old" }]));
    assert_eq!(ask("2020-12-31T23:59:59Z"), json!([{ "terms": "old" }, { "terms": "endless" }]));
    assert_eq!(ask("2021-01-01T00:00:00Z"), json!([{ "terms": "endless" }]));
    assert_eq!(ask("2019-01-01T00:00:00Z"), json!([]));
}

#[test]
fn tasks_are_listed_by_owner_and_due_time() {
    let app = TestApp::start();
    let world = world::found(&app);
    let account = world::account(&app, "Vega");
    for (title, due) in [("later", "2030-02-01T00:00:00Z"), ("sooner", "2030-01-01T00:00:00Z")] {
        let input = json!({ "subjects": { "account": account }, "employee": world.seller, "kind": "CALL",
            "dueAt": due, "title": title });
        app.done("scheduleTask", input, "task { id status }");
    }
    let query = "query ($e: ID!) { tasks(where: { employee: { eq: $e }, status: { eq: OPEN } }, \
        orderBy: [{ field: DUE_AT }]) { totalCount nodes { title isOverdue } } }";
    let tasks = app.request(query).variables(json!({ "e": world.seller })).send().data()["tasks"].clone();
    assert_eq!(
        tasks["nodes"],
        json!([{ "title": "sooner", "isOverdue": false }, { "title": "later", "isOverdue": false }])
    );
}
