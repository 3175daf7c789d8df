//! Rows that start or end several pairs at once: each row is counted, and each once.

use crate::company::Company;

/// Calls, and shifts in which they are made. A row may start and end both.
const MAPPING: &str = r#"
    namespace = "test"
    [[section]]
    name = "work"
    files = "work.csv"
    identity = "${row.number}"
    occurred_at = "${at | time}"
    [[section.pair]]
    name = "shift"
    key = "${agent}"
    start = { step = ["BOTH", "SHIFT"] }
    end = { step = ["END BOTH", "END SHIFT"] }
    [[section.pair]]
    name = "call"
    key = "${agent}"
    start = { step = ["BOTH", "CALL", "NEXT"] }
    end = { step = ["END BOTH", "END CALL", "NEXT"] }
    [[section.command]]
    command = "ReceiveLead"
    when = { step = "NEW" }
    fields = { lead = "${agent | id lead}", subject = "${agent | id subject}" }
    [[section.command]]
    command = "RecordCall"
    pair = "call"
    when = { step = ["END CALL", "END BOTH"] }
    [section.command.fields]
    activity = "${row.number | id call}"
    subjects.lead = "${agent | id lead}"
    direction = "OUTBOUND"
    duration = "${call.duration_ms}"
    [[section.command]]
    command = "RecordNote"
    pair = "shift"
    fields = { activity = "${row.number | id shift}", subjects.lead = "${agent | id lead}" }
"#;

/// Counts after these steps of one agent, a minute apart: rows, accepted, rejected, ignored, ends and starts unpaired.
fn counts(steps: &[&str]) -> [u64; 6] {
    let company = Company::new();
    let rows: String =
        steps.iter().enumerate().map(|(minute, step)| format!("7,{step},2025-01-01T09:{minute:02}:00Z\n")).collect();
    let file = company.file("work.csv", format!("agent,step,at\n{rows}"));
    let total = company.import_by(MAPPING, &[file]).unwrap().total;
    assert_eq!(total.rows, total.accepted + total.rejected + total.duplicates + total.ignored, "{steps:?}");
    [total.rows, total.accepted, total.rejected, total.ignored, total.unpaired_ends, total.unpaired_starts]
}

#[test]
fn a_row_that_starts_two_pairs_is_counted_once() {
    assert_eq!(counts(&["NEW", "BOTH", "END CALL", "END SHIFT"]), [4, 4, 0, 0, 0, 0]);
    assert_eq!(counts(&["NEW", "BOTH", "END SHIFT", "END CALL"]), [4, 4, 0, 0, 0, 0]);
    assert_eq!(counts(&["NEW", "BOTH", "END SHIFT"]), [3, 3, 0, 0, 0, 1]);
    assert_eq!(counts(&["NEW", "BOTH"]), [2, 1, 0, 1, 0, 2]);
}

#[test]
fn a_row_that_ends_two_pairs_takes_both_its_starts_along() {
    assert_eq!(counts(&["NEW", "SHIFT", "CALL", "END BOTH"]), [4, 4, 0, 0, 0, 0]);
    assert_eq!(counts(&["SHIFT", "CALL", "END BOTH"]), [3, 0, 3, 0, 0, 0], "there is no such lead");
    assert_eq!(counts(&["NEW", "BOTH", "END BOTH"]), [3, 3, 0, 0, 0, 0]);
    assert_eq!(counts(&["NEW", "END BOTH"]), [2, 1, 0, 1, 2, 0]);
}

#[test]
fn a_start_whose_end_waits_itself_is_ignored_when_it_has_no_command() {
    assert_eq!(counts(&["NEW", "CALL", "NEXT", "NEXT", "END CALL"]), [5, 3, 0, 2, 0, 0]);
}
