//! Values that an `ensure` rule sees first: in a row that is rejected, in another file, in another order.

use crate::company::Company;

/// Leads of agents who are hired when they are first seen, named as the row names them.
const AGENTS: &str = r#"
    namespace = "test"
    [ensure.employee]
    command = "HireEmployee"
    fields = { employee = "${each | id employee}", kind = "HUMAN", name = "${agent_name}" }
    [[section]]
    name = "leads"
    files = "*.csv"
    identity = "${id}"
    occurred_at = "${date | time '%d.%m.%Y'}"
    ensure = [{ rule = "employee", each = "${agent}" }]
    [[section.command]]
    command = "ReceiveLead"
    fields = { lead = "${id | id lead}", subject = "${id | id subject}", owner = "${agent | id employee}", amount = "${amount | number | money EUR}" }
"#;

#[test]
fn a_row_that_is_rejected_leaves_the_ensure_rule_to_the_next() {
    let company = Company::new();
    let rows =
        "id,date,agent,agent_name,amount\n1,01.01.2025,7,Ann,a lot\n2,02.01.2025,7,Ann,100\n3,03.01.2025,7,Ann,\n";
    let file = company.file("leads.csv", rows);
    let summary = company.import_by(AGENTS, std::slice::from_ref(&file)).unwrap();
    assert_eq!((summary.total.accepted, summary.total.rejected), (2, 1), "{}", company.rejects());
    assert_eq!(company.counts()["EmployeeHired"], 1);

    let again = company.import_by(AGENTS, &[file]).unwrap();
    assert_eq!((again.total.duplicates, again.total.rejected, again.total.events), (2, 1, 0));
}

#[test]
fn an_ensure_rule_that_is_refused_does_not_hold_back_the_others() {
    let company = Company::new();
    let mapping = AGENTS.replace(
        "[[section]]",
        "[ensure.boss]\ncommand = \"HireEmployee\"\n\
         fields = { employee = \"${each | id employee}\", kind = \"HUMAN\", name = \"Boss\", team = \"${'none' | id team}\" }\n\
         [[section]]",
    );
    let both = "ensure = [{ rule = \"boss\", each = \"${boss}\" }, { rule";
    let rows = "id,date,agent,agent_name,amount,boss\n1,01.01.2025,7,Ann,100,9\n2,02.01.2025,7,Ann,100,\n";
    let summary =
        company.import_by(&mapping.replace("ensure = [{ rule", both), &[company.file("leads.csv", rows)]).unwrap();
    assert_eq!((summary.total.accepted, summary.total.rejected), (1, 1), "{}", company.rejects());
    assert!(company.rejects().contains("ensure/boss"), "{}", company.rejects());
}

#[test]
fn a_value_that_an_earlier_file_brought_is_not_ensured_again() {
    let company = Company::new();
    let january = company
        .file("january.csv", "id,date,agent,agent_name,amount\n1,05.01.2025,7,Ann,100\n2,06.01.2025,7,Ann,100\n");
    let february = company
        .file("february.csv", "id,date,agent,agent_name,amount\n3,05.02.2025,7,Ann B.,100\n4,06.02.2025,8,Bob,100\n");
    for file in [&january, &february] {
        let summary = company.import_by(AGENTS, std::slice::from_ref(file)).unwrap();
        assert_eq!((summary.total.accepted, summary.total.rejected), (2, 0), "{}", company.rejects());
    }
    assert_eq!(company.counts()["EmployeeHired"], 2);

    let reordered = company.import_by(AGENTS, &[february, january]).unwrap();
    assert_eq!((reordered.total.duplicates, reordered.total.events), (4, 0), "{}", company.rejects());
}
