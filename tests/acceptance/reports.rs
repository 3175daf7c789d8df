//! Reports over GraphQL: funnel, rejection audit, bursts, totals, conversion.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::world;

#[test]
fn every_stage_of_the_funnel_adds_up() {
    let app = TestApp::start();
    let world = world::found(&app);
    for number in 0..6 {
        let input = json!({ "pipeline": world.pipeline, "owner": world.seller, "account": world::account(&app, "x") });
        let deal = world::id(&app.done("openOpportunity", input, "opportunity { id }")["opportunity"]);
        let step = |stage: &str| {
            app.done("moveOpportunity", json!({ "opportunity": deal, "stage": stage }), "opportunity { id }");
        };
        match number {
            0 => {}
            1 => step("OFFER"),
            2 => {
                step("OFFER");
                step("CONTACT");
            }
            3 => {
                step("TERMS");
                app.done("winOpportunity", json!({ "opportunity": deal }), "opportunity { id }");
            }
            _ => {
                app.done(
                    "loseOpportunity",
                    json!({ "opportunity": deal, "reason": "NO_ANSWER" }),
                    "opportunity { lossReason }",
                );
            }
        }
    }
    let query = "query ($p: ID) { salesFunnel(pipeline: $p, groupBy: [{ column: EMPLOYEE }]) { position \
        stages { stage entered reentered advanced returned lost won movedElsewhere stillThere conversionToNext } \
        groups { key { id node { ... on Employee { name } } } pipelines { name stages { entered } } } } }";
    let funnel = app.request(query).variables(json!({ "p": world.pipeline })).send().data()["salesFunnel"].clone();
    let stages = funnel["stages"].as_array().unwrap();
    let count = |stage: &Value, field: &str| stage[field].as_i64().unwrap();
    for stage in stages {
        let exits: i64 = ["advanced", "returned", "lost", "won", "movedElsewhere", "stillThere"]
            .map(|field| count(stage, field))
            .iter()
            .sum();
        assert_eq!(count(stage, "entered"), exits, "{stage}");
    }
    assert_eq!((count(&stages[0], "entered"), count(&stages[0], "reentered")), (7, 1));
    assert_eq!((count(&stages[0], "lost"), count(&stages[2], "won")), (2, 1));
    assert_eq!(funnel["groups"][0]["key"][0], json!({ "id": world.seller, "node": { "name": "Anna" } }));
}

#[test]
fn a_three_second_call_contradicts_no_answer_and_a_burst_is_seen() {
    let app = TestApp::start();
    let world = world::found(&app);
    for number in 0..10 {
        let lead = world::lead(&app, "web");
        if number < 2 {
            let call = json!({ "subjects": { "lead": lead }, "employee": world.seller, "direction": "OUTBOUND",
                "durationSeconds": 3 });
            app.done("recordCall", call, "activity { id }");
        }
        let reject = json!({ "lead": lead, "reason": "NO_ANSWER", "employee": world.seller, "comment": "Не отвечает" });
        app.done("rejectLead", reject, "lead { rejection { reason comment } }");
    }
    let query = "{ leadRejectionAudit { total byReason { key { value } count } byEmployee { key { id } count } \
        bySource { key { value } count } flags { flag count } \
        rejections(first: 1) { totalCount nodes { reason comment flags rejectedBy { name } lead { source } \
        circumstances { touches calls longestCallSeconds outboundAttempts overdueTasksOnLead } lateEvidence { calls } } } } \
        rejectionBursts { employee { name } leadCount spanSeconds leads { source } } }";
    let report = app.data(query);
    let audit = &report["leadRejectionAudit"];
    assert_eq!(audit["total"], 10);
    assert_eq!(audit["byReason"], json!([{ "key": { "value": "NO_ANSWER" }, "count": 10 }]));
    assert_eq!(audit["byEmployee"], json!([{ "key": { "id": world.seller }, "count": 10 }]));
    let flags: Vec<_> = audit["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| (flag["flag"].as_str().unwrap(), flag["count"].as_i64().unwrap()))
        .collect();
    for expected in [
        ("SHORT_CALL_ONLY", 2),
        ("NO_CONTACT_ATTEMPT", 8),
        ("EVIDENCE_MISMATCH", 8),
        ("BURST", 10),
        ("COPY_PASTE_COMMENT", 10),
    ] {
        assert!(flags.contains(&expected), "{expected:?} in {flags:?}");
    }
    let first = &audit["rejections"]["nodes"][0];
    assert_eq!(first["circumstances"]["longestCallSeconds"], 3.0);
    assert_eq!((&first["comment"], &first["rejectedBy"]["name"]), (&json!("Не отвечает"), &json!("Anna")));
    assert_eq!(audit["rejections"]["totalCount"], 10);
    assert_eq!(report["rejectionBursts"][0]["leadCount"], 10);
}

#[test]
fn totals_and_conversion_are_divided_by_columns() {
    let app = TestApp::start();
    let world = world::found(&app);
    for (source, seconds) in [("web", Some(30.25)), ("web", None), ("fair", Some(90.0))] {
        let lead = world::lead(&app, source);
        let call = json!({ "subjects": { "lead": lead }, "direction": "OUTBOUND", "durationSeconds": seconds,
            "employee": world.seller });
        app.done("recordCall", call, "activity { id }");
        if source == "fair" {
            let convert = json!({ "lead": lead, "account": { "new": { "kind": "PRIVATE" } } });
            app.done("convertLead", convert, "lead { id }");
        }
    }
    let query = "{ activityTotals(groupBy: [{ column: KIND }, { column: EMPLOYEE }]) { \
        total { count durationSeconds unknownDurations withoutEmployee } groups { key { value id } total { count } } } \
        leadConversion(groupBy: [{ column: SOURCE }]) { groups { key { value } leads converted conversion } } }";
    let report = app.data(query);
    let total = json!({ "count": 3, "durationSeconds": 120.25, "unknownDurations": 1, "withoutEmployee": 0 });
    assert_eq!(report["activityTotals"]["total"], total);
    assert_eq!(report["activityTotals"]["groups"][0]["key"][1]["id"], world.seller);
    let conversion = json!([{ "key": [{ "value": "fair" }], "leads": 1, "converted": 1, "conversion": 1.0 },
        { "key": [{ "value": "web" }], "leads": 2, "converted": 0, "conversion": 0.0 }]);
    assert_eq!(report["leadConversion"]["groups"], conversion);
}

#[test]
fn leads_are_divided_by_the_currency_of_their_amount() {
    let app = TestApp::start();
    for currency in ["USD", "EUR", "EUR"] {
        app.done("receiveLead", json!({ "amount": { "amount": "10", "currency": currency } }), "lead { id }");
    }
    let report = app.data("{ leadConversion(groupBy: [{ column: CURRENCY }]) { groups { key { value id } leads } } }");
    let group = |currency: &str, leads: i32| json!({ "key": [{ "value": currency, "id": null }], "leads": leads });
    assert_eq!(report["leadConversion"]["groups"], json!([group("EUR", 2), group("USD", 1)]));
}
