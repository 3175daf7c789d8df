//! Olist: marketing leads of a marketplace, and the deals won of them.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::company::{ask_then_and_now, first_lines, group, real};

const QUERY: &str = r"{
    leads(AS_OF) { totalCount }
    won: opportunities(where: { status: { eq: WON } }, AS_OF) { totalCount }
    employees(AS_OF) { totalCount }
    leadConversion(groupBy: [{ column: SOURCE }], AS_OF) { groups { key { value } leads won wonAmount { amount currency } } }
    salesFunnel(AS_OF) { stages { stage entered won durations earlyTransitions medianSecondsInStage } }
}";

#[test]
fn leads_and_deals_by_origin() {
    let names = ["olist_marketing_qualified_leads_dataset.csv", "olist_closed_deals_dataset.csv"];
    let Some(files) = real("olist-marketing-funnel", &names) else { return };
    let folder = TempDir::new().unwrap();
    let deals = std::fs::read_to_string(&files[1]).unwrap();
    let part = [files[0].clone(), first_lines(&deals, 401, &folder, names[1])];
    let (_app, now) = ask_then_and_now("olist.toml", &part, &files, QUERY);

    assert_eq!((&now["leads"]["totalCount"], &now["won"]["totalCount"]), (&json!(8_000), &json!(842)));
    for (origin, leads, won) in [
        (json!("organic_search"), 2_296, 271),
        (json!("paid_search"), 1_586, 195),
        (json!("social"), 1_350, 75),
        (json!("unknown"), 1_099, 179),
        (json!("direct_traffic"), 499, 56),
        (json!("email"), 493, 15),
        (json!("referral"), 284, 24),
        (json!("other"), 150, 4),
        (json!("display"), 118, 6),
        (json!("other_publicities"), 65, 3),
        (Value::Null, 60, 14),
    ] {
        let found = group(&now["leadConversion"]["groups"], &origin);
        assert_eq!((&found["leads"], &found["won"]), (&json!(leads), &json!(won)), "{origin}");
    }
    let stage = &now["salesFunnel"]["stages"][0];
    assert_eq!((&stage["entered"], &stage["won"]), (&json!(842), &json!(842)));
    // One deal was won before its first contact: it counts, its duration does not.
    assert_eq!((&stage["earlyTransitions"], &stage["durations"]), (&json!(1), &json!(841)));
    assert_eq!(stage["medianSecondsInStage"], json!(1_271_995.0));
}
