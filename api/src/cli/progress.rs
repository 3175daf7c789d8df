//! Progress of long work: a bar with rate and time left on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// Shows how far something is.
pub struct Meter {
    what: &'static str,
    unit: &'static str,
    bar: Option<ProgressBar>,
    started: Instant,
    line_at: Instant,
}

impl Meter {
    /// Begins; `what` is done to how many `unit`s.
    pub fn new(what: &'static str, unit: &'static str) -> Self {
        let now = Instant::now();
        let bar = std::io::stderr().is_terminal().then(|| bar(what, unit));
        Self { what, unit, bar, started: now, line_at: now + LINE_INTERVAL }
    }

    /// So many of so many are done.
    pub fn set(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
            return;
        }
        let now = Instant::now();
        if now < self.line_at {
            return;
        }
        self.line_at = now + LINE_INTERVAL;
        let elapsed = now.duration_since(self.started);
        eprintln!("{}", line(self.what, self.unit, done, total, elapsed));
    }

    /// Takes the bar away.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &'static str, unit: &'static str) -> ProgressBar {
    let template =
        format!("{what} [{{bar:40}}] {{percent}}% {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

#[expect(clippy::cast_precision_loss, reason = "a rate is for people")]
fn line(what: &str, unit: &str, done: u64, total: u64, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
    let left = if done == 0 {
        "unknown".to_owned()
    } else {
        format!("{:.0} s", total.saturating_sub(done) as f64 / rate.max(0.001))
    };
    let percent = if total == 0 { 100.0 } else { done as f64 * 100.0 / total as f64 };
    format!("{what}: {done} of {total} {unit} ({percent:.0} %), {rate:.0}/s, {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_rate_and_time_left() {
        let line = line("checking", "records", 500, 1_000, Duration::from_secs(5));
        assert_eq!(line, "checking: 500 of 1000 records (50 %), 100/s, 5 s left");
    }

    #[test]
    fn nothing_to_do_is_no_division_by_zero() {
        assert_eq!(
            line("checking", "records", 0, 0, Duration::ZERO),
            "checking: 0 of 0 records (100 %), 0/s, unknown left"
        );
    }
}
