//! A place in the log, opaque to who holds it.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

use crate::days::Day;
use crate::error::AccessLogError;

/// After this entry the next page begins. It stays valid while lines are added and days are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) day: Day,
    /// Where the entry's line begins in the file of its day.
    pub(crate) offset: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = format!("{}/{}", self.day, self.offset);
        f.write_str(&BASE64URL_NOPAD.encode(plain.as_bytes()))
    }
}

impl FromStr for Cursor {
    type Err = AccessLogError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| AccessLogError::Cursor)?;
        let plain = String::from_utf8(plain).map_err(|_| AccessLogError::Cursor)?;
        let (day, offset) = plain.split_once('/').ok_or(AccessLogError::Cursor)?;
        Ok(Self { day: day.parse()?, offset: offset.parse().map_err(|_| AccessLogError::Cursor)? })
    }
}
