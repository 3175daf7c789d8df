//! The real data sets: the answers that are known of them, counted in the log.

use std::collections::BTreeMap;

use letopis_domain::event::Event;
use letopis_domain::values::Timestamp;
use rust_decimal::Decimal;

use crate::company::{Company, mapping, real};

#[test]
fn bpi_2012_yields_its_known_answers() {
    let Some(files) = real("bpi2012-loan-applications", &["events.csv.gz"]) else { return };
    let company = Company::new();
    let summary = company.import(&mapping("bpi2012.toml"), &files, std::sync::Arc::default()).unwrap();

    println!("{summary}");
    let total = summary.total;
    assert_eq!((total.rows, total.rejected, total.duplicates), (208_093, 0, 0), "{}", company.rejects());
    assert_eq!((total.unpaired_ends, total.unpaired_starts), (537, 0));
    assert_eq!(total.rows, total.accepted + total.ignored);

    let counts = company.counts();
    assert_eq!(counts["LeadReceived"], 10_202);
    assert_eq!(counts["LeadRejected"], 4_477);
    assert_eq!(counts["LeadConverted"], 5_725);
    assert_eq!(counts["OpportunityWon"], 1_823);
    assert_eq!(counts["OpportunityLost"], 3_882);
    assert_eq!(counts["CallRecorded"], 32_421);
    assert_eq!(counts["NoteRecorded"], 2 * 1_823);
    let durations = company.call_durations();
    assert_eq!((durations.len(), durations.iter().sum::<u64>() / 1_000), (32_421, 21_797_195));

    let mut lost: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut without_employee = 0;
    for event in company.events() {
        match event.event {
            Event::OpportunityLost(event) => *lost.entry((event.reason, event.stage.stage)).or_default() += 1,
            Event::CallRecorded(call) => without_employee += u32::from(call.employee.is_none()),
            _ => {}
        }
    }
    assert_eq!(without_employee, 4_776);
    let sum = |chosen: fn(&(String, String), &str) -> bool, text: &str| -> u32 {
        lost.iter().filter(|(key, _)| chosen(key, text)).map(|(_, count)| count).sum()
    };
    assert_eq!(["DECLINED", "CANCELLED"].map(|reason| sum(|key, text| key.0 == text, reason)), [1_524, 2_358]);
    assert_eq!(
        ["PREACCEPTED", "ACCEPTED", "FINALIZED"].map(|stage| sum(|key, text| key.1 == text, stage)),
        [1_745, 72, 2_065]
    );

    let again = company.import(&mapping("bpi2012.toml"), &files, std::sync::Arc::default()).unwrap();
    assert_eq!((again.total.events, again.setup_events, again.position), (0, 0, summary.position));
    assert_eq!((again.total.duplicates, again.total.ignored), (total.accepted, total.ignored));
}

#[test]
fn the_bank_yields_its_known_answers() {
    let Some(files) = real("uci-bank-marketing", &["bank.zip"]) else { return };
    let company = Company::new();
    let summary = company.import(&mapping("uci-bank-marketing.toml"), &files, std::sync::Arc::default()).unwrap();

    println!("{summary}");
    assert_eq!((summary.total.rows, summary.total.accepted), (45_211, 45_211), "{}", company.rejects());
    let counts = company.counts();
    assert_eq!(counts["LeadReceived"], 45_211);
    assert_eq!(counts["CallRecorded"], 124_956);
    assert_eq!(counts["LeadRejected"], 39_922);
    assert_eq!(counts["OpportunityWon"], 5_289);
    let durations = company.call_durations();
    assert_eq!((durations.len(), durations.iter().sum::<u64>()), (45_211, 11_671_811_000));

    let mut years: BTreeMap<String, u32> = BTreeMap::new();
    let mut last = Timestamp::MIN;
    for event in company.events() {
        if matches!(event.event, Event::LeadReceived(_)) {
            assert!(event.occurred_at >= last, "the rows are in the order of their days");
            last = event.occurred_at;
            *years.entry(last.plus_ms(3_600_000).to_string()[..4].to_owned()).or_default() += 1;
        }
    }
    assert_eq!(years, BTreeMap::from([("2008".into(), 27_729), ("2009".into(), 14_862), ("2010".into(), 2_620)]));
}

#[test]
fn olist_joins_two_files() {
    let names = ["olist_closed_deals_dataset.csv", "olist_marketing_qualified_leads_dataset.csv"];
    let Some(files) = real("olist-marketing-funnel", &names) else { return };
    let company = Company::new();
    let summary = company.import(&mapping("olist.toml"), &files, std::sync::Arc::default()).unwrap();

    println!("{summary}");
    assert_eq!((summary.total.rows, summary.total.accepted), (8_842, 8_842), "{}", company.rejects());
    let counts = company.counts();
    assert_eq!((counts["LeadReceived"], counts["OpportunityWon"]), (8_000, 842));
    assert_eq!(counts["EmployeeHired"], 41);

    let mut opened = BTreeMap::new();
    let (mut revenue, mut backwards) = (Decimal::ZERO, 0);
    for event in company.events() {
        match event.event {
            Event::OpportunityOpened(fact) => {
                opened.insert(fact.opportunity, event.occurred_at);
            }
            Event::OpportunityWon(fact) => {
                revenue += fact.amount.unwrap().amount;
                backwards += u32::from(event.occurred_at < opened[&fact.opportunity]);
            }
            _ => {}
        }
    }
    assert_eq!((revenue.to_string().as_str(), backwards), ("61784006.0", 1));
}

#[test]
fn maven_joins_four_files() {
    let names = ["sales_pipeline.csv", "products.csv", "accounts.csv", "sales_teams.csv"];
    let Some(files) = real("maven-crm-opportunities", &names) else { return };
    let company = Company::new();
    let summary = company.import(&mapping("maven.toml"), &files, std::sync::Arc::default()).unwrap();

    println!("{summary}");
    assert_eq!(summary.total.rejected, 0, "{}", company.rejects());
    let counts = company.counts();
    assert_eq!(counts["OpportunityOpened"], 8_800);
    assert_eq!((counts["OpportunityWon"], counts["OpportunityLost"]), (4_238, 2_473));
    assert_eq!((counts["AccountCreated"], counts["EmployeeHired"], counts["TeamFormed"]), (85, 35, 6));

    let mut value = Decimal::ZERO;
    let (mut without_account, mut with_price) = (0, 0);
    for event in company.events() {
        match event.event {
            Event::OpportunityWon(fact) => value += fact.amount.unwrap().amount,
            Event::OpportunityOpened(fact) => {
                without_account += u32::from(fact.account.is_none());
                with_price += u32::from(fact.amount.is_some());
            }
            _ => {}
        }
    }
    assert_eq!((value.to_string().as_str(), without_account, with_price), ("10005534", 1_425, 8_800));
}
