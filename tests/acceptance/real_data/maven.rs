//! Maven: opportunities of a computer hardware seller.

use rust_decimal::Decimal;
use serde_json::json;
use tempfile::TempDir;

use super::company::{ask_then_and_now, first_lines, real};

const QUERY: &str = r#"{
    accounts(AS_OF) { totalCount }
    opportunities(AS_OF) { totalCount }
    won: opportunities(where: { status: { eq: WON } }, AS_OF) { totalCount }
    lost: opportunities(where: { status: { eq: LOST } }, AS_OF) { totalCount }
    engaging: opportunities(where: { status: { eq: OPEN }, stage: { eq: "ENGAGING" } }, AS_OF) { totalCount }
    prospecting: opportunities(where: { status: { eq: OPEN }, stage: { eq: "PROSPECTING" } }, AS_OF) { totalCount }
    homeless: opportunities(where: { status: { eq: OPEN }, account: { isNull: true } }, AS_OF) { totalCount }
    salesFunnel(AS_OF) { stages { stage entered advanced won lost stillThere } }
}"#;

#[test]
fn deals_and_their_value() {
    let names = ["accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv"];
    let Some(files) = real("maven-crm-opportunities", &names) else { return };
    let folder = TempDir::new().unwrap();
    let pipeline = std::fs::read_to_string(&files[3]).unwrap();
    let mut part = files.clone();
    part[3] = first_lines(&pipeline, 3_001, &folder, names[3]);
    let (app, now) = ask_then_and_now("maven.toml", &part, &files, QUERY);

    let total = |name: &str| now[name]["totalCount"].as_i64().unwrap();
    assert_eq!(["accounts", "opportunities", "won", "lost"].map(total), [85, 8_800, 4_238, 2_473]);
    assert_eq!(["engaging", "prospecting", "homeless"].map(total), [1_589, 500, 1_425]);

    let query = "query ($after: String) { opportunities(where: { status: { eq: WON } }, first: 100, after: $after) {
        nodes { amount { amount currency } } pageInfo { hasNextPage endCursor } } }";
    let (mut value, mut after) = (Decimal::ZERO, json!(null));
    loop {
        let page = app.request(query).variables(json!({ "after": after })).send().data()["opportunities"].clone();
        for deal in page["nodes"].as_array().unwrap() {
            assert_eq!(deal["amount"]["currency"], "USD");
            value += deal["amount"]["amount"].as_str().unwrap().parse::<Decimal>().unwrap();
        }
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(value, Decimal::from(10_005_534));
}
