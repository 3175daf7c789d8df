//! What a mapping can say, each rule on a small file.

use letopis_domain::event::Event;

use crate::company::Company;

/// A mapping with one section over `leads.csv`; `more` follows inside the section.
fn leads(more: &str) -> String {
    format!(
        r#"
        namespace = "test"
        zone = "Europe/Moscow"
        [[section]]
        name = "leads"
        files = "leads*.csv"
        identity = "${{id}}"
        occurred_at = "${{date | time '%d.%m.%Y'}}"
        {more}
        "#
    )
}

const RECEIVE: &str = r#"
    [[section.command]]
    command = "ReceiveLead"
    fields = { lead = "${id | id lead}", subject = "${id | id subject}", name = "${name}", source = "${source}" }
"#;

/// Ids, times and sources of the leads in the log.
fn received(company: &Company) -> Vec<(String, Option<String>)> {
    let leads = company.events().into_iter().filter_map(|event| match event.event {
        Event::LeadReceived(lead) => Some((event.occurred_at.to_string(), lead.source)),
        _ => None,
    });
    leads.collect()
}

#[test]
fn dates_are_read_in_the_zone_of_the_mapping() {
    let company = Company::new();
    let file = company.file("leads.csv", "id,date,name,source\n1,01.07.2025,Ann,web\n2,,Bob,\n");
    let summary = company.import_by(&leads(RECEIVE), &[file]).unwrap();

    assert_eq!(received(&company), vec![("2025-06-30T21:00:00Z".to_owned(), Some("web".to_owned()))]);
    assert_eq!((summary.total.accepted, summary.total.rejected), (1, 1));
    assert!(
        company.rejects().contains("leads.csv,3,2,leads,REQUIRED,leads/ReceiveLead: the row has no time,\"2,,Bob,\"")
    );
}

#[test]
fn a_missing_date_follows_the_rule_of_the_mapping() {
    for (rule, expected) in [
        ("ignore", vec!["2025-06-30T21:00:00Z"]),
        ("previous", vec!["2025-06-30T21:00:00Z", "2025-06-30T21:00:00Z"]),
        ("2025-08-01T00:00:00Z", vec!["2025-06-30T21:00:00Z", "2025-08-01T00:00:00Z"]),
    ] {
        let company = Company::new();
        let file = company.file("leads.csv", "id,date,name,source\n1,01.07.2025,Ann,web\n2,,Bob,\n");
        let written = "occurred_at = \"${date | time '%d.%m.%Y'}\"";
        let ruled = format!("occurred_at = {{ value = \"${{date | time '%d.%m.%Y'}}\", missing = \"{rule}\" }}");
        let summary = company.import_by(&leads(RECEIVE).replace(written, &ruled), &[file]).unwrap();

        let times: Vec<String> = received(&company).into_iter().map(|(time, _)| time).collect();
        assert_eq!(times, expected, "{rule}");
        assert_eq!((summary.total.rejected, summary.total.rows), (0, 2), "{rule}");
        assert_eq!(summary.total.ignored, u64::from(rule == "ignore"));
    }
}

#[test]
fn conditions_ignore_rules_and_look_ups_choose() {
    let company = Company::new();
    let more = format!("ignore = [{{ name = {{ like = \"test*\" }} }}, {{ source = {{ empty = true }} }}]\n{RECEIVE}")
        .replace("source = \"${source}\"", "source = \"${source | lower | lookup sources | or source}\"");
    let mapping = format!("{}\n[lookup.sources]\nads = \"paid_search\"\n", leads(&more));
    let rows = "id,date,name,source\n1,01.07.2025,Test lead,web\n2,01.07.2025,Bob,ADS\n3,01.07.2025,Eve,fair\n4,01.07.2025,Zed,\n";
    let file = company.file("leads.csv", rows);
    let summary = company.import_by(&mapping, &[file]).unwrap();

    let sources: Vec<_> = received(&company).into_iter().filter_map(|(_, source)| source).collect();
    assert_eq!(sources, ["paid_search", "fair"]);
    assert_eq!((summary.total.ignored, summary.total.accepted), (2, 2));
}

#[test]
fn importing_again_adds_nothing_and_other_content_is_changed() {
    let company = Company::new();
    let rows = "id,date,name,source\n1,01.07.2025,Ann,web\n2,02.07.2025,Bob,web\n";
    let first = company.import_by(&leads(RECEIVE), &[company.file("leads.csv", rows)]).unwrap();
    let again = company.import_by(&leads(RECEIVE), &[company.file("leads.csv", rows)]).unwrap();
    assert_eq!((again.total.duplicates, again.total.events, again.position), (2, 0, first.position));

    let changed = company.file("leads.csv", rows.replace("Bob", "Robert"));
    let summary = company.import_by(&leads(RECEIVE), &[changed]).unwrap();
    assert_eq!((summary.total.duplicates, summary.total.rejected, summary.total.events), (1, 1, 0));
    assert!(company.rejects().contains(",CHANGED,"), "{}", company.rejects());
}

#[test]
fn a_mapping_may_say_how_a_change_is_recorded() {
    let mapping = r#"
        namespace = "test"
        [[section]]
        name = "accounts"
        header = ["id", "name"]
        identity = "${id}"
        occurred_at = "2025-01-01T00:00:00Z"
        [[section.command]]
        command = "CreateAccount"
        fields = { account = "${id | id account}", subject = "${id | id subject}", kind = "COMPANY", name = "${name}" }
        [section.command.revise]
        command = "UpdateAccount"
        fields = { account = "${id | id account}", name = "${name}" }
    "#;
    let company = Company::new();
    let mut positions = Vec::new();
    for name in ["Acme", "Acme", "Acme Ltd", "Acme Ltd", "Acme", "Acme"] {
        let file = company.file("accounts.csv", format!("id,name\n7,{name}\n"));
        let summary = company.import_by(mapping, &[file]).unwrap();
        assert_eq!(summary.total.rejected, 0, "{}", company.rejects());
        positions.push(summary.position);
    }
    assert_eq!(positions, [1, 1, 2, 2, 3, 3], "each change is one fact, and going back is a change too");
}

#[test]
fn starts_and_ends_are_paired_first_in_first_out() {
    let mapping = r#"
        namespace = "test"
        [[section]]
        name = "calls"
        files = "calls.csv"
        identity = "${row.number}"
        occurred_at = "${at | time}"
        [[section.pair]]
        name = "call"
        key = "${lead}"
        start = { step = "START" }
        end = { step = "END" }
        [[section.command]]
        command = "ReceiveLead"
        when = { step = "NEW" }
        fields = { lead = "${lead | id lead}", subject = "${lead | id subject}" }
        [[section.command]]
        command = "RecordCall"
        pair = "call"
        [section.command.fields]
        activity = "${row.number | id call}"
        subjects.lead = "${lead | id lead}"
        direction = "OUTBOUND"
        duration = "${call.duration_ms}"
        text.subject = "${call.start.topic}"
    "#;
    let rows = "lead,step,at,topic\n\
        1,NEW,2025-01-01T08:00:00Z,\n\
        1,START,2025-01-01T09:00:00.500Z,first\n\
        1,START,2025-01-01T09:10:00Z,second\n\
        1,END,2025-01-01T09:20:00.750Z,\n\
        1,END,2025-01-01T09:30:00Z,\n\
        1,END,2025-01-01T09:40:00Z,\n\
        1,START,2025-01-01T09:50:00Z,never ended\n";
    let company = Company::new();
    let summary = company.import_by(mapping, &[company.file("calls.csv", rows)]).unwrap();

    let calls = company.events().into_iter().filter_map(|event| match event.event {
        Event::CallRecorded(call) => Some((
            event.occurred_at.to_string(),
            call.duration.unwrap().0,
            call.personal.known().unwrap().subject.clone().unwrap().0,
        )),
        _ => None,
    });
    assert_eq!(
        calls.collect::<Vec<_>>(),
        [
            ("2025-01-01T09:00:00.500Z".to_owned(), 1_200_250, "first".to_owned()),
            ("2025-01-01T09:10:00Z".to_owned(), 1_200_000, "second".to_owned()),
        ]
    );
    let total = summary.total;
    assert_eq!((total.rows, total.accepted, total.ignored, total.rejected), (7, 5, 2, 0));
    assert_eq!((total.unpaired_ends, total.unpaired_starts), (1, 1));
}

#[test]
fn encodings_delimiters_quotes_and_files_without_header() {
    let text = windows_1251("1;'Анна;\nСергеевна';01.07.2025;сайт\n");
    let mapping = leads(RECEIVE).replace(
        "[[section]]",
        "[input]\nencoding = \"windows-1251\"\ndelimiter = \";\"\nquote = \"'\"\ncolumns = [\"id\", \"name\", \"date\", \"source\"]\n[[section]]",
    );
    let company = Company::new();
    let summary = company.import_by(&mapping, &[company.file("leads.csv", text)]).unwrap();

    assert_eq!(summary.total.accepted, 1, "{}", company.rejects());
    assert_eq!(received(&company)[0].1.as_deref(), Some("сайт"));
}

fn windows_1251(text: &str) -> Vec<u8> {
    let byte = |letter: char| match u32::from(letter) {
        code if code < 128 => code,
        code => code - 0x410 + 0xC0,
    };
    text.chars().map(|letter| u8::try_from(byte(letter)).unwrap()).collect()
}

#[test]
fn a_number_repeats_a_command() {
    let company = Company::new();
    let more = format!(
        "{RECEIVE}
        [[section.command]]
        command = \"RecordNote\"
        repeat = \"${{source | minus 1}}\"
        fields = {{ activity = \"${{id | id note repeat}}\", subjects.lead = \"${{id | id lead}}\" }}"
    );
    let rows = "id,date,name,source\n1,01.07.2025,Ann,4\n2,01.07.2025,Bob,1\n3,01.07.2025,Eve,x\n";
    let summary = company.import_by(&leads(&more), &[company.file("leads.csv", rows)]).unwrap();

    assert_eq!(company.counts()["NoteRecorded"], 3);
    assert_eq!((summary.total.accepted, summary.total.rejected), (2, 1));
}

#[test]
fn several_files_share_one_mapping_and_one_identity() {
    let company = Company::new();
    let january = company.file("leads-01.csv", "id,date,name,source\n1,01.01.2025,Ann,web\n");
    let february = company.file("leads-02.csv", "id,date,name,source\n1,01.01.2025,Ann,web\n2,01.02.2025,Bob,web\n");
    let summary = company.import_by(&leads(RECEIVE), &[january, february]).unwrap();

    assert_eq!((summary.total.accepted, summary.total.duplicates), (2, 1));
    assert_eq!(summary.sections[0].files, ["leads-01.csv", "leads-02.csv"]);
}

#[test]
fn the_example_of_the_documentation_works() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/import.md")).unwrap();
    let rows: String = text
        .lines()
        .skip_while(|line| *line != "    id;date;name;phone;source")
        .take(3)
        .fold(String::new(), |rows, line| rows + line.trim_start() + "\n");
    let mapping = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let company = Company::new();
    let summary = company.import_by(mapping, &[company.file("leads.csv", rows)]).unwrap();
    assert_eq!((summary.total.accepted, summary.total.events), (2, 2), "{}", company.rejects());
    assert_eq!(received(&company)[1].0, "2026-01-31T06:30:00Z", "the missing date is that of the row before");
}
