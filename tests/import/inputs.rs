//! Inputs in archives: what is packed twice is unpacked twice.

use std::io::Write as _;

use zip::write::SimpleFileOptions;

use crate::company::Company;

const MAPPING: &str = r#"
    namespace = "test"
    [[section]]
    name = "leads"
    files = "leads*.csv"
    identity = "${id}"
    occurred_at = "2025-01-01T00:00:00Z"
    [[section.command]]
    command = "ReceiveLead"
    fields = { lead = "${id | id lead}", subject = "${id | id subject}", name = "${name}" }
"#;

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_gzip_file_inside_a_zip_archive_is_read() {
    let company = Company::new();
    // Two members of gzip one after the other are one text.
    let january = [gzip("id,name\n1,Ann\n"), gzip("2,Bob\n")].concat();
    let zip = archive(&[("2025/leads-01.csv.gz", january), ("leads-02.csv", b"id,name\n3,Eve\n".to_vec())]);
    let summary = company.import_by(MAPPING, &[company.file("leads.zip", zip)]).unwrap();

    assert_eq!((summary.total.accepted, summary.total.rejected), (3, 0), "{summary}");
    assert_eq!(summary.sections[0].files, ["leads.zip/2025/leads-01.csv.gz", "leads.zip/leads-02.csv"]);
}

#[test]
fn a_damaged_gzip_file_inside_a_zip_archive_is_a_problem_of_that_file() {
    let company = Company::new();
    let mut damaged = gzip("id,name\n1,Ann\n");
    let checksum = damaged.len() - 5;
    damaged[checksum] ^= 0xff;
    let zip = archive(&[("leads-01.csv.gz", damaged), ("leads-02.csv", b"id,name\n3,Eve\n".to_vec())]);
    let summary = company.import_by(MAPPING, &[company.file("leads.zip", zip)]).unwrap();

    assert_eq!(summary.problems.len(), 1, "{summary}");
    assert!(summary.problems[0].starts_with("leads.zip/leads-01.csv.gz: line "), "{:?}", summary.problems);
    assert!(summary.total.accepted >= 1, "{summary}");
}
