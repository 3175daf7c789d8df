//! Inputs and mappings that are not what they should be: a clear error that names the place, nothing lost.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use letopis::import::Plan;

use crate::company::Company;

const MAPPING: &str = r#"
    namespace = "test"
    [[section]]
    name = "leads"
    files = "leads.csv"
    identity = "${id}"
    occurred_at = "2025-01-01T00:00:00Z"
    [[section.command]]
    command = "ReceiveLead"
    fields = { lead = "${id | id lead}", subject = "${id | id subject}", name = "${name}", message = "${comment}" }
"#;

/// What is said of a mapping.
fn refusal(mapping: &str) -> String {
    Plan::parse(mapping).unwrap_err().to_string()
}

#[test]
fn a_mapping_is_checked_before_any_file_is_opened() {
    for (written, instead, said) in [
        ("name = \"leads\"", "nam = \"leads\"", "unknown field `nam`"),
        (
            "ReceiveLead",
            "ReceiveLeed",
            "section 'leads', command 1 (ReceiveLeed): 'ReceiveLeed' is none of PublishCompanyProfile",
        ),
        (
            "message =",
            "mesage =",
            "section 'leads', command 1 (ReceiveLead): there is no field 'mesage'; the fields are lead, subject",
        ),
        ("subject = \"${id | id subject}\", ", "", "command 1 (ReceiveLead): the field 'subject' is missing"),
        ("| id lead", "| idd lead", "in '${id | idd lead}': unknown filter 'idd': one of"),
        ("\"${name}\"", "\"${name | time '%Q'}\"", "'%Q' is not a format"),
        ("\"${name}\"", "\"${name | number}\"", "field 'name': invalid type: integer `1`, expected a string"),
        ("\"${name}\"", "\"${name | lookup x}\"", "unknown look-up 'x': there is none"),
        ("\"${name}\"", "\"${name\"", "'${' without '}'"),
        ("2025-01-01T00:00:00Z", "2025", "section 'leads', occurred_at: '2025' is not a time like"),
        (
            "command = \"ReceiveLead\"",
            "command = \"ReceiveLead\"\noccurred_at = { value = \"${at | time}\", missing = \"previous\" }",
            "command 1 (ReceiveLead): missing = \"previous\" belongs to the occurred_at of a section",
        ),
        (
            "[[section]]",
            "[ensure.agent]\ncommand = \"HireEmployee\"\noccurred_at = { value = \"${at}\", missing = \"previous\" }\n\
             fields = { employee = \"${each | id employee}\", kind = \"HUMAN\", name = \"A\" }\n\
             [[section]]\nensure = [{ rule = \"agent\", each = \"${agent}\" }]",
            "section 'leads', ensure 'agent': missing = \"previous\" belongs to the occurred_at of a section",
        ),
        ("namespace = \"test\"", "namespace = \"test\"\nzone = \"Mars\"", "'Mars' is not an IANA time zone"),
        ("files =", "input.encoding = \"klingon\"\nfiles =", "section 'leads', input: unknown encoding 'klingon'"),
    ] {
        let mapping = MAPPING.replace(written, instead);
        assert_ne!(mapping, MAPPING);
        let told = refusal(&mapping);
        assert!(told.contains(said), "{instead}: {told}");
    }
}

#[test]
fn an_unknown_enum_value_is_found_at_load_and_in_rows() {
    let call = |direction: &str| {
        format!(
            "{MAPPING}
            [[section.command]]
            command = \"RecordCall\"
            fields = {{ activity = \"${{id | id call}}\", subjects.lead = \"${{id | id lead}}\", direction = \"{direction}\" }}"
        )
    };
    let told = refusal(&call("SIDEWAYS"));
    assert!(
        told.contains("command 2 (RecordCall): field 'direction': 'SIDEWAYS' is none of INBOUND, OUTBOUND, INTERNAL"),
        "{told}"
    );

    let company = Company::new();
    let file = company.file("leads.csv", "id,name,comment\n1,Ann,OUTBOUND\n2,Bob,FAX\n");
    let summary = company.import_by(&call("${comment}"), &[file]).unwrap();
    assert_eq!((summary.total.accepted, summary.total.rejected), (1, 1));
    let rejects = company.rejects();
    assert!(rejects.contains("field 'direction': unknown variant `FAX`, expected one of"), "{rejects}");
}

#[test]
fn a_missing_column_stops_everything_before_the_first_row() {
    let company = Company::new();
    let file = company.file("leads.csv", "id,name\n1,Ann\n");
    let told = company.import_by(MAPPING, &[file]).unwrap_err().to_string();
    let said = "file leads.csv, section 'leads', command 1 (ReceiveLead): field 'message': the file has no column \
                'comment', and the mapping no value of that name; the columns are: id, name";
    assert_eq!(told, said);
    assert_eq!(company.log.head().0, 0);
}

#[test]
fn inputs_that_no_section_is_for_and_files_that_are_not_there_are_named() {
    let company = Company::new();
    let file = company.file("other.csv", "id\n1\n");
    let told = company.import_by(MAPPING, &[file]).unwrap_err().to_string();
    assert!(told.contains("no section of the mapping is for") && told.contains("other.csv"), "{told}");
    let told = company.import_by(MAPPING, &[company.folder.path().join("absent.csv")]).unwrap_err().to_string();
    assert!(told.contains("absent.csv") && told.contains("No such file"), "{told}");
    let told = company.import_by(MAPPING, &[company.file("leads.csv", "")]).unwrap_err().to_string();
    assert_eq!(told, "file leads.csv: the header cannot be read: the file is empty");
}

#[test]
fn a_wrong_encoding_rejects_its_rows_and_names_the_line() {
    let company = Company::new();
    let mut text = b"id,name,comment\n1,Ann,\n2,".to_vec();
    text.extend([0xC0, 0xED, 0xED, 0xE0]);
    text.extend(b",\n3,Eve,\n");
    let summary = company.import_by(MAPPING, &[company.file("leads.csv", text)]).unwrap();

    assert_eq!((summary.total.accepted, summary.total.rejected), (2, 1));
    assert_eq!(summary.problems, ["leads.csv: line 3: bytes that are not UTF-8; rows rejected for this: 1"]);
    assert!(company.rejects().contains("leads.csv,3,2,leads,ENCODING,field 2 has bytes"), "{}", company.rejects());
}

#[test]
fn a_truncated_gzip_keeps_what_was_read_and_names_the_line() {
    let mut rows = String::from("id,name,comment\n");
    for id in 0..20_000 {
        writeln!(rows, "{id},Name {},{}", id * 7919 % 10_007, id * 104_729 % 1_000_003).unwrap();
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(rows.as_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    let company = Company::new();
    let file = company.file("leads.csv.gz", &whole[..whole.len() / 2]);
    let summary = company.import_by(MAPPING, std::slice::from_ref(&file)).unwrap();

    assert!(summary.total.accepted > 1_000 && summary.total.accepted < 20_000, "{summary}");
    assert_eq!(summary.total.rejected, 0, "{}", company.rejects());
    let line = summary.total.accepted + 2;
    assert_eq!(summary.problems.len(), 1);
    assert!(summary.problems[0].starts_with(&format!("leads.csv.gz: line {line}: ")), "{:?}", summary.problems);
    assert!(!summary.is_complete());

    std::fs::write(&file, &whole).unwrap();
    let rest = company.import_by(MAPPING, &[file]).unwrap();
    assert_eq!((rest.total.duplicates, rest.total.accepted), (summary.total.accepted, 20_000 - summary.total.accepted));
}

#[test]
fn malformed_rows_do_not_take_their_neighbors_with_them() {
    let company = Company::new();
    let rows =
        "id,name,comment\n1,\"open,x\n2,Bob,\n3,too,many,fields\n4\n5,\"Eve\" said,x\n6,Zoe,\"a\nb\"\n,Nobody,\n";
    let summary = company.import_by(MAPPING, &[company.file("leads.csv", rows)]).unwrap();

    assert_eq!((summary.total.rows, summary.total.accepted, summary.total.rejected), (7, 2, 5));
    let rejects = company.rejects();
    for said in [
        "leads.csv,2,1,leads,MALFORMED,text follows a closing quote",
        "leads.csv,4,3,leads,MALFORMED,\"the row has 4 fields, the header 3\"",
        "leads.csv,5,4,leads,MALFORMED,\"the row has 1 fields, the header 3\",4",
        "leads.csv,6,5,leads,MALFORMED,text follows a closing quote",
        "leads.csv,9,7,leads,REQUIRED,the row has no identity",
    ] {
        assert!(rejects.contains(said), "{said} is not in\n{rejects}");
    }
}

#[test]
fn a_comment_of_a_megabyte_is_refused_by_name_and_the_rest_goes_on() {
    let company = Company::new();
    let rows = format!("id,name,comment\n1,Ann,{}\n2,Bob,short\n", "x".repeat(1_000_000));
    let summary = company.import_by(MAPPING, &[company.file("leads.csv", rows)]).unwrap();

    assert_eq!((summary.total.accepted, summary.total.rejected), (1, 1));
    assert!(company.rejects().contains("field 'message'"), "{:.300}", company.rejects());
}

#[test]
fn a_million_rows_of_which_every_second_is_bad() {
    let company = Company::new();
    let mut rows = String::from("id,name,comment\n");
    for id in 0..500_000 {
        writeln!(rows, "{id},Ann,\n{id},Bob").unwrap();
    }
    // The good rows are all about a few leads, so that the log in memory stays small.
    let mapping = MAPPING.replace("${id}", "${lead}").replace("${id |", "${lead |").replace(
        "[[section.command]]",
        "[section.values]\nlead = { set = \"${id}\", when = { id = { below = 1000 } }, start = \"0\" }\n[[section.command]]",
    );
    let summary = company.import_by(&mapping, &[company.file("leads.csv", rows)]).unwrap();

    let total = summary.total;
    assert_eq!((total.rows, total.rejected, total.accepted), (1_000_000, 500_000, 1_000));
    assert_eq!(total.duplicates, 499_000);
    let rejected = std::fs::read_to_string(company.rejects_path()).unwrap();
    assert_eq!(rejected.lines().count(), 500_001);
    assert!(peak_memory_mb() < 1_000, "{} MB", peak_memory_mb());
}

/// Most memory that this process ever had, in megabytes.
fn peak_memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
}

#[test]
fn an_import_that_is_stopped_goes_on_where_it_stopped() {
    let company = Company::new();
    let mut rows = String::from("id,name,comment\n");
    for id in 0..30_000 {
        writeln!(rows, "{id},Ann,").unwrap();
    }
    let file = company.file("leads.csv", rows);
    let plan = Plan::parse(MAPPING).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let (log, heard) = (Arc::clone(&company.log), Arc::clone(&stop));
    let watcher = std::thread::spawn(move || {
        while log.head().0 < 3_000 {
            std::thread::yield_now();
        }
        heard.store(true, Ordering::Relaxed);
    });
    let first = company.import(&plan, std::slice::from_ref(&file), stop).unwrap();
    watcher.join().unwrap();
    assert!(first.interrupted && first.total.accepted < 30_000, "{first}");

    let rest = company.import(&plan, &[file], Arc::default()).unwrap();
    assert_eq!((rest.total.duplicates, rest.total.accepted), (first.total.accepted, 30_000 - first.total.accepted));
    assert_eq!(company.log.head().0, 30_000);
}
