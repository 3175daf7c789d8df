//! UCI Bank Marketing: telephone campaigns of a Portuguese bank.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

use super::company::{ask_then_and_now, first_lines, group, real};

const QUERY: &str = r#"{
    leads(AS_OF) { totalCount }
    rejected: leads(where: { status: { eq: REJECTED } }, AS_OF) { totalCount }
    won: opportunities(where: { status: { eq: WON } }, AS_OF) { totalCount }
    calls: activityTotals(filter: { kind: { eq: "CALL" } }, AS_OF) { total { count durationSeconds unknownDurations } }
    leadConversion(groupBy: [{ attribute: "earlier_outcome" }], AS_OF) { groups { key { value } leads won wonRate } }
    byContact: leadConversion(groupBy: [{ column: CHANNEL }], AS_OF) { groups { key { value } leads won } }
}"#;

#[test]
fn telephone_campaigns_yield_their_known_answers() {
    let Some(files) = real("uci-bank-marketing", &["bank.zip"]) else { return };
    let folder = TempDir::new().unwrap();
    let part = first_lines(&unpacked(&files[0]), 9_001, &folder, "bank-full.csv");
    let (_app, now) = ask_then_and_now("uci-bank-marketing.toml", &[part], &files, QUERY);

    let total = |name: &str| now[name]["totalCount"].as_i64().unwrap();
    assert_eq!(["leads", "rejected", "won"].map(total), [45_211, 39_922, 5_289]);
    let calls = json!({ "count": 124_956, "durationSeconds": 11_671_811.0, "unknownDurations": 124_956 - 45_211 });
    assert_eq!(now["calls"]["total"], calls);
    for (outcome, leads, won) in
        [("failure", 4_901, 618), ("other", 1_840, 307), ("success", 1_511, 978), ("unknown", 36_959, 3_386)]
    {
        let found = group(&now["leadConversion"]["groups"], &json!(outcome));
        assert_eq!((&found["leads"], &found["won"]), (&json!(leads), &json!(won)), "{outcome}");
    }
    for (contact, leads, won) in [("cellular", 29_285, 4_369), ("telephone", 2_906, 390), ("unknown", 13_020, 530)] {
        let found = group(&now["byContact"]["groups"], &json!(contact));
        assert_eq!((&found["leads"], &found["won"]), (&json!(leads), &json!(won)), "{contact}");
    }
}

/// The whole file inside the archive.
fn unpacked(archive: &Path) -> String {
    let mut archive = zip::ZipArchive::new(File::open(archive).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name("bank-full.csv").unwrap().read_to_string(&mut text).unwrap();
    text
}
