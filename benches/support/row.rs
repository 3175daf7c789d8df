//! One line of the table that `make bench` prints.

use std::fmt;

/// A bar and what was measured against it.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// What it has to reach.
    pub bar: String,
    /// What it reached; several runs as a median with their spread.
    pub measured: String,
    /// The raw disk beside it, or what else is needed to judge the figure.
    pub note: String,
}

impl Row {
    /// Prints it as a line of a Markdown table on standard output.
    #[expect(clippy::print_stdout, reason = "the table is the benchmark's answer")]
    pub fn print(&self) {
        println!("{self}");
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = |text: &str| text.replace('|', "/").replace('\n', " ");
        write!(f, "| {} | {} | {} | {} |", cell(&self.what), cell(&self.bar), cell(&self.measured), cell(&self.note))
    }
}
