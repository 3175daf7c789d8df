//! Named limits with units, and the checks that name the field at fault.

use rust_decimal::Decimal;

use crate::common::Common;
use crate::values::{Email, Money, PersonName, Phone, PlainText};

/// Longest free text (a comment, a body), in bytes.
pub const TEXT_SIZE_MAX_BYTES: usize = 64 * 1024;
/// Longest name, title line, address or phone number, in bytes.
pub const NAME_SIZE_MAX_BYTES: usize = 500;
/// Longest key of a stage, reason, attribute or option, in bytes.
pub const KEY_SIZE_MAX_BYTES: usize = 100;
/// Most entries of a list: stages, reasons, attributes, addresses of one person.
pub const LIST_LENGTH_MAX: usize = 100;
/// An amount is smaller than this, so that sums over any number of deals stay exact.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;
/// Most digits after the point of an amount.
pub const AMOUNT_SCALE_MAX: u32 = 8;

/// A text that people may leave out, of at most `max_bytes`.
///
/// # Errors
/// When it is too long.
pub const fn size(field: &'static str, text: &str, max_bytes: usize) -> Result<(), Common> {
    if text.len() > max_bytes {
        return Err(Common::TooLong { field, size_bytes: text.len(), max_bytes });
    }
    Ok(())
}

/// A name that must be given.
///
/// # Errors
/// When it is blank or too long.
pub fn name(field: &'static str, text: &str) -> Result<(), Common> {
    if text.trim().is_empty() {
        return Err(Common::Required { field });
    }
    size(field, text, NAME_SIZE_MAX_BYTES)
}

/// A short text that may be absent.
///
/// # Errors
/// When it is too long.
pub fn short(field: &'static str, text: Option<&str>) -> Result<(), Common> {
    text.map_or(Ok(()), |text| size(field, text, NAME_SIZE_MAX_BYTES))
}

/// A code of the company that may be absent: a source, a channel, a reference. It stays in the clear for ever, so an
/// address or an international number, which are a person's, is none.
///
/// # Errors
/// When it is too long, or looks like an address or a number.
pub fn code(field: &'static str, code: Option<&str>) -> Result<(), Common> {
    short(field, code)?;
    let looks_personal = |code: &str| {
        let is_number = code.trim_start().starts_with('+') && Phone::from(code).lookup().is_some();
        is_number || code.contains('@')
    };
    if code.is_some_and(looks_personal) {
        let reason = "a code of the company is neither an e-mail address nor a phone number: it is never erased";
        return Err(Common::invalid(field, reason));
    }
    Ok(())
}

/// A name of a person or account that may be absent.
///
/// # Errors
/// When it is too long.
pub fn person(field: &'static str, name: Option<&PersonName>) -> Result<(), Common> {
    short(field, name.map(PersonName::reveal))
}

/// A free text that may be absent.
///
/// # Errors
/// When it is too long.
pub fn text(field: &'static str, text: Option<&PlainText>) -> Result<(), Common> {
    text.map_or(Ok(()), |text| size(field, text.reveal(), TEXT_SIZE_MAX_BYTES))
}

/// A list.
///
/// # Errors
/// When it has too many entries.
pub const fn list<T>(field: &'static str, entries: &[T]) -> Result<(), Common> {
    if entries.len() > LIST_LENGTH_MAX {
        return Err(Common::TooMany { field, count: entries.len(), max: LIST_LENGTH_MAX });
    }
    Ok(())
}

/// E-mail addresses and phone numbers of one person or account.
///
/// # Errors
/// When there are too many of them, or one is blank or too long.
pub fn reachable(emails: &[Email], phones: &[Phone]) -> Result<(), Common> {
    list("emails", emails)?;
    list("phones", phones)?;
    emails.iter().try_for_each(|email| name("emails", email.reveal()))?;
    phones.iter().try_for_each(|phone| name("phones", phone.reveal()))
}

/// Keys of a published list: given, short, each once.
///
/// # Errors
/// When there is none, or too many of them, or one is blank, too long or there twice.
pub fn keys<'a>(field: &'static str, keys: impl Iterator<Item = &'a str> + Clone) -> Result<(), Common> {
    let count = keys.clone().count();
    if count == 0 {
        return Err(Common::Required { field });
    }
    if count > LIST_LENGTH_MAX {
        return Err(Common::TooMany { field, count, max: LIST_LENGTH_MAX });
    }
    let mut seen = std::collections::BTreeSet::new();
    for key in keys {
        if key.trim().is_empty() {
            return Err(Common::invalid(field, "a key is blank"));
        }
        size(field, key, KEY_SIZE_MAX_BYTES)?;
        if !seen.insert(key) {
            return Err(Common::invalid(field, format!("the key '{key}' is there twice")));
        }
    }
    Ok(())
}

/// An amount of money.
///
/// # Errors
/// When it is negative, too large or too finely divided.
pub fn amount(field: &'static str, money: Option<&Money>) -> Result<(), Common> {
    let Some(money) = money else { return Ok(()) };
    if money.amount.is_sign_negative() && !money.amount.is_zero() {
        return Err(Common::invalid(field, "an amount is not negative"));
    }
    if money.amount >= Decimal::from(AMOUNT_MAX) {
        return Err(Common::invalid(field, format!("an amount is smaller than {AMOUNT_MAX}")));
    }
    if money.amount.scale() > AMOUNT_SCALE_MAX {
        return Err(Common::invalid(field, format!("an amount has at most {AMOUNT_SCALE_MAX} digits after the point")));
    }
    Ok(())
}

/// A percentage.
///
/// # Errors
/// When it is over 100.
pub fn percent(field: &'static str, percent: Option<u8>) -> Result<(), Common> {
    if percent.is_some_and(|percent| percent > 100) {
        return Err(Common::invalid(field, "a percentage lies between 0 and 100"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_of_a_megabyte_is_too_long_and_the_limit_is_named() {
        let comment = PlainText("x".repeat(1_000_000));
        let refusal = text("comment", Some(&comment)).unwrap_err();
        assert_eq!(refusal.to_string(), "comment has 1000000 bytes, more than the 65536 allowed");
    }

    #[test]
    fn a_text_of_exactly_the_limit_is_allowed() {
        assert_eq!(text("comment", Some(&PlainText("x".repeat(TEXT_SIZE_MAX_BYTES)))), Ok(()));
    }

    #[test]
    fn a_code_is_no_address_and_no_number() {
        for good in ["paid_search", "2026/17", "Google Ads 20260115", "+1"] {
            assert_eq!(code("source", Some(good)), Ok(()), "{good}");
        }
        for bad in ["vera@vega.example", "+31 20 555 01 02"] {
            assert!(code("source", Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_are_given_and_unique() {
        assert_eq!(keys("stages", ["a", "b"].into_iter()), Ok(()));
        assert!(keys("stages", ["a", "b", "a"].into_iter()).is_err());
        assert!(keys("stages", [" "].into_iter()).is_err());
        assert_eq!(keys("stages", [].into_iter()), Err(Common::Required { field: "stages" }));
    }

    #[test]
    fn an_amount_is_neither_negative_nor_endless() {
        let money = |amount: &str| Money { amount: amount.parse().unwrap(), currency: "EUR".parse().unwrap() };
        assert_eq!(amount("amount", Some(&money("0"))), Ok(()));
        assert_eq!(amount("amount", Some(&money("999999999999999.99"))), Ok(()));
        assert!(amount("amount", Some(&money("-0.01"))).is_err());
        assert!(amount("amount", Some(&money("1000000000000000"))).is_err());
        assert!(amount("amount", Some(&money("0.123456789"))).is_err());
    }
}
