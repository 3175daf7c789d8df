//! What an import did, in numbers that add up.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

/// Counts of rows: `rows = accepted + rejected + duplicates + ignored`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Rows read, without headers and blank lines.
    pub rows: u64,
    /// Rows that were understood and allowed, with at least one new fact.
    pub accepted: u64,
    /// Rows that were refused or not understood; each is in the reject file.
    pub rejected: u64,
    /// Rows whose facts were recorded before.
    pub duplicates: u64,
    /// Rows that the mapping leaves out, or makes nothing of.
    pub ignored: u64,
    /// Facts recorded.
    pub events: u64,
    /// Ends of a pair that no row started.
    pub unpaired_ends: u64,
    /// Starts of a pair that no row ended.
    pub unpaired_starts: u64,
}

impl Counts {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.duplicates += other.duplicates;
        self.ignored += other.ignored;
        self.events += other.events;
        self.unpaired_ends += other.unpaired_ends;
        self.unpaired_starts += other.unpaired_starts;
    }
}

/// What one section did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SectionSummary {
    /// Its name.
    pub section: String,
    /// The files it read.
    pub files: Vec<String>,
    /// Its rows.
    #[serde(flatten)]
    pub counts: Counts,
    /// Rejected rows by code.
    pub rejected_by_code: BTreeMap<&'static str, u64>,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// By section, in the order of the mapping.
    pub sections: Vec<SectionSummary>,
    /// In all.
    pub total: Counts,
    /// Facts recorded before the first row.
    pub setup_events: u64,
    /// How long it took.
    pub seconds: f64,
    /// Rows per second.
    pub rows_per_second: f64,
    /// Position of the last fact in the log.
    pub position: u64,
    /// Files that could not be read to their end, and where.
    pub problems: Vec<String>,
    /// Where the rejected rows are.
    pub rejects: Option<PathBuf>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

impl Summary {
    /// Sums the sections up.
    pub fn close(&mut self, took: Duration) {
        self.total = Counts::default();
        for section in &self.sections {
            self.total.add(&section.counts);
        }
        self.seconds = (took.as_secs_f64() * 1_000.0).round() / 1_000.0;
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = self.total.rows as f64 / took.as_secs_f64().max(1e-9);
        self.rows_per_second = rate.round();
    }

    /// Whether everything was read to its end.
    pub fn is_complete(&self) -> bool {
        self.problems.is_empty() && !self.interrupted
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<24} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "section", "rows", "accepted", "rejected", "duplicates", "ignored", "events", "unpaired"
        )?;
        let line = |f: &mut fmt::Formatter<'_>, name: &str, counts: &Counts| {
            let unpaired = counts.unpaired_starts + counts.unpaired_ends;
            let Counts { rows, accepted, rejected, duplicates, ignored, events, .. } = counts;
            writeln!(
                f,
                "{name:<24} {rows:>10} {accepted:>10} {rejected:>10} {duplicates:>10} {ignored:>10} {events:>10} {unpaired:>10}"
            )
        };
        for section in &self.sections {
            line(f, &section.section, &section.counts)?;
        }
        if self.sections.len() > 1 {
            line(f, "in all", &self.total)?;
        }
        if self.setup_events > 0 {
            writeln!(f, "set up with {} events", self.setup_events)?;
        }
        for section in &self.sections {
            let codes: Vec<String> =
                section.rejected_by_code.iter().map(|(code, rows)| format!("{rows} {code}")).collect();
            if !codes.is_empty() {
                writeln!(f, "rejected in {}: {}", section.section, codes.join(", "))?;
            }
        }
        if let Some(path) = &self.rejects {
            writeln!(f, "rejected rows are in {}", path.display())?;
        }
        for problem in &self.problems {
            writeln!(f, "problem: {problem}")?;
        }
        if self.interrupted {
            writeln!(f, "stopped before the end; the same command goes on where it stopped")?;
        }
        write!(
            f,
            "{:.1} s, {} rows/s, the log stands at position {}",
            self.seconds, self.rows_per_second, self.position
        )
    }
}
