//! Patterns of names: `*` stands for any text, `?` for any one character; case is ignored.

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<char>);

impl Pattern {
    /// A pattern from its text.
    pub fn new(text: &str) -> Self {
        Self(text.to_lowercase().chars().collect())
    }

    /// Whether the whole text fits.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let (mut at, mut in_text) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while in_text < text.len() {
            match self.0.get(at) {
                Some('*') => {
                    retry = Some((at, in_text));
                    at += 1;
                }
                Some(letter) if *letter == '?' || *letter == text[in_text] => {
                    at += 1;
                    in_text += 1;
                }
                _ => {
                    let Some((star, consumed)) = retry else { return false };
                    retry = Some((star, consumed + 1));
                    at = star + 1;
                    in_text = consumed + 1;
                }
            }
        }
        self.0[at..].iter().all(|letter| *letter == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        for (pattern, text, fits) in [
            ("bank-full.csv", "bank-full.csv", true),
            ("bank*.csv", "bank.csv", true),
            ("*.csv*", "events.csv.gz", true),
            ("events_??.csv", "events_01.csv", true),
            ("events_??.csv", "events_1.csv", false),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
            ("Leads.CSV", "leads.csv", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), fits, "{pattern} {text}");
        }
    }
}
