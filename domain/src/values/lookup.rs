//! Look-ups: how a person is found again by a phone number or an address, without a word of it in the log.
//!
//! A look-up is a tag that exists in memory only. The log files it under a keyed hash, apart from the tags of the
//! record, and forgets it when the person is erased.

use unicode_normalization::UnicodeNormalization;

use crate::query::{Tag, Tags};
use crate::values::{Email, Phone};

/// Fewest digits of a phone number that identify anybody.
const PHONE_DIGITS_MIN: usize = 5;

impl Phone {
    /// The tag under which the number is looked up: its digits, with the international prefix `00` written as `+`. None
    /// for what has too few digits to identify anybody.
    #[must_use]
    pub fn lookup(&self) -> Option<Tag> {
        let folded: String = self.reveal().nfkc().collect();
        let is_international = folded.trim_start().starts_with('+');
        let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
        if digits.len() < PHONE_DIGITS_MIN {
            return None;
        }
        Some(match digits.strip_prefix("00") {
            _ if is_international => Tag::lookup("phone", &format!("+{digits}")),
            Some(international) => Tag::lookup("phone", &format!("+{international}")),
            None => Tag::lookup("phone", &digits),
        })
    }
}

impl Email {
    /// The tag under which the address is looked up: without regard to case, width and surrounding spaces. None for
    /// what is empty.
    #[must_use]
    pub fn lookup(&self) -> Option<Tag> {
        let folded: String = self.reveal().trim().nfkc().flat_map(char::to_lowercase).collect();
        (!folded.is_empty()).then(|| Tag::lookup("email", &folded))
    }
}

/// Adds the look-ups of addresses and numbers.
pub(crate) fn add_all(emails: &[Email], phones: &[Phone], lookups: &mut Tags) {
    emails.iter().filter_map(Email::lookup).chain(phones.iter().filter_map(Phone::lookup)).for_each(|tag| {
        lookups.push(tag);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Option<String> {
        Phone::from(text).lookup().map(|tag| tag.as_str().to_owned())
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        let number = phone("+31 20 555 01 02");
        assert_eq!(number.as_deref(), Some("lookup-phone:+31205550102"));
        for written in ["+31(0)205550102".replace("(0)", "").as_str(), "0031-20-555-0102", "＋31 20 5550102"] {
            assert_eq!(phone(written), number, "{written}");
        }
        assert_ne!(phone("020 555 01 02"), number);
        assert_eq!(phone("ext. 12"), None);
    }

    #[test]
    fn an_address_is_the_same_in_capitals() {
        let email = |text: &str| Email::from(text).lookup();
        assert_eq!(email(" Vera@Vega.Example "), email("vera@vega.example"));
        assert!(email("vera@vega.example").is_some_and(|tag| tag.is_lookup()));
        assert_eq!(email("  "), None);
    }
}
