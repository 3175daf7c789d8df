//! BPI 2012: loan applications of a Dutch bank.

use std::io::Read;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::company::{ask_then_and_now, first_lines, real};

const QUERY: &str = r#"{
    leads(AS_OF) { totalCount }
    rejected: leads(where: { status: { eq: REJECTED } }, AS_OF) { totalCount }
    converted: leads(where: { status: { eq: CONVERTED } }, AS_OF) { totalCount }
    won: opportunities(where: { status: { eq: WON } }, AS_OF) { totalCount }
    lost: opportunities(where: { status: { eq: LOST } }, AS_OF) { totalCount }
    open: opportunities(where: { status: { eq: OPEN } }, AS_OF) { totalCount }
    declined: opportunities(where: { lossReason: { eq: "DECLINED" } }, AS_OF) { totalCount }
    cancelled: opportunities(where: { lossReason: { eq: "CANCELLED" } }, AS_OF) { totalCount }
    calls: activityTotals(filter: { kind: { eq: "CALL" } }, AS_OF) { total { count durationSeconds unknownDurations withoutEmployee } }
    offerCalls: activityTotals(filter: { kind: { eq: "CALL" }, opportunity: { isNull: false } }, AS_OF) { total { count durationSeconds } }
    sent: activityTotals(filter: { kind: { eq: "EMAIL" }, direction: { eq: "OUTBOUND" } }, AS_OF) { total { count } }
    salesFunnel(AS_OF) { stages { stage entered advanced returned lost won movedElsewhere stillThere amount { amount currency } } }
    leadRejectionAudit(AS_OF) { total evidence { onRecord onRecordAndLate late none } flags { flag count }
        rejections(first: 50) { nodes { reason circumstances { touches calls longestCallSeconds hoursSinceReceived } lateEvidence { calls } flags } } }
}"#;

#[test]
fn loan_applications_yield_their_known_answers() {
    let Some(files) = real("bpi2012-loan-applications", &["events.csv.gz"]) else { return };
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(&files[0]).unwrap()).read_to_string(&mut text).unwrap();
    let folder = TempDir::new().unwrap();
    // Cut in the middle of a case, so that what follows changes what was known of it.
    let part = first_lines(&text, 60_020, &folder, "events.csv");
    let (_app, now) = ask_then_and_now("bpi2012.toml", &[part], &files, QUERY);

    let total = |name: &str| now[name]["totalCount"].as_i64().unwrap();
    assert_eq!(["leads", "rejected", "converted"].map(total), [10_202, 4_477, 5_725]);
    assert_eq!(["won", "lost", "open"].map(total), [1_823, 3_882, 20]);
    assert_eq!(["declined", "cancelled"].map(total), [1_524, 2_358]);
    let calls =
        json!({ "count": 32_421, "durationSeconds": 21_797_195.475, "unknownDurations": 0, "withoutEmployee": 4_776 });
    assert_eq!(now["calls"]["total"], calls);
    assert_eq!(now["offerCalls"]["total"], json!({ "count": 27_694, "durationSeconds": 17_387_371.418 }));
    assert_eq!(now["sent"]["total"]["count"], 5_507);

    let stages = now["salesFunnel"]["stages"].as_array().unwrap();
    let field = |name: &str| stages.iter().map(|stage| stage[name].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!(
        stages.iter().map(|stage| stage["stage"].as_str().unwrap()).collect::<Vec<_>>(),
        ["PREACCEPTED", "ACCEPTED", "FINALIZED"]
    );
    assert_eq!(field("lost"), [1_745, 72, 2_065]);
    assert_eq!(field("won").iter().sum::<i64>(), 1_823);
    assert_eq!(field("entered")[0], 5_725);

    let audit = &now["leadRejectionAudit"];
    assert_eq!(audit["total"], 4_477);
    assert_eq!(audit["evidence"], json!({ "onRecord": 6, "onRecordAndLate": 292, "late": 1_509, "none": 2_670 }));
    let judged: i64 = audit["flags"].as_array().unwrap().iter().map(count).max().unwrap_or(0);
    assert!(judged <= 4_477 - 2_628, "the machine 112 is not judged: {}", audit["flags"]);
}

fn count(flag: &Value) -> i64 {
    flag["count"].as_i64().unwrap()
}
