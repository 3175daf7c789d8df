//! A line of a file: a JSON object that ends with its hash.

use std::borrow::Cow;
use std::io;
use std::net::IpAddr;

use letopis_domain::ids::{EmployeeId, Position};
use letopis_domain::values::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::{Access, Entry, Kind, Reason, Subject};
use crate::chain::{Chain, Head};
use crate::cursor::Cursor;

/// The version that is written; a later one adds fields, which are ignored here.
const VERSION: u32 = 1;
/// Most bytes of a line. What is written stays far below: 1,000 subjects and 1,000 fields of 128 bytes each.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// What stands between the text of a line and its hash.
const CHAIN: &[u8] = b",\"chain\":\"";
/// The end of a line, after its hash.
const END: &[u8] = b"\"}";
/// Hexadecimal digits of a hash.
const HASH_DIGITS: usize = 2 * blake3::OUT_LEN;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    v: u32,
    seq: u64,
    at: Timestamp,
    request: Uuid,
    kind: Kind,
    employee: Option<EmployeeId>,
    credential: Option<&'a str>,
    remote: Option<IpAddr>,
    operation: Option<&'a str>,
    subjects: &'a [Subject],
    fields: &'a [Cow<'static, str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Chain>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    seq: u64,
    at: Timestamp,
    request: Uuid,
    kind: Kind,
    employee: Option<EmployeeId>,
    credential: Option<String>,
    remote: Option<IpAddr>,
    operation: Option<String>,
    #[serde(default)]
    subjects: Vec<Subject>,
    #[serde(default)]
    fields: Vec<Cow<'static, str>>,
    reason: Option<Reason>,
    as_of: Option<Position>,
}

/// What every line has, whatever it tells: enough to pass over it.
#[derive(Deserialize)]
pub struct Outline {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub chain: Chain,
    /// In the first line of a day: the hash of the last line of the day before.
    pub after: Option<Chain>,
}

impl Outline {
    /// Its number and hash.
    pub const fn head(&self) -> Head {
        Head { seq: self.seq, chain: self.chain }
    }
}

/// Appends the lines of an access, and moves the head.
pub fn write(
    buffer: &mut Vec<u8>,
    head: &mut Head,
    first_of_day: bool,
    at: Timestamp,
    access: &Access,
) -> io::Result<()> {
    for (subjects, fields) in access.parts() {
        let start = buffer.len();
        // A number at the end of its range is a forged one; writing goes on, and the check tells.
        let seq = head.seq.saturating_add(1);
        let line = Written {
            v: VERSION,
            seq,
            at,
            request: access.request,
            kind: access.kind,
            employee: access.employee,
            credential: access.credential.as_deref(),
            remote: access.remote,
            operation: access.operation.as_deref(),
            subjects,
            fields,
            reason: access.reason.as_ref(),
            as_of: access.as_of,
            after: (first_of_day && start == 0).then_some(head.chain),
        };
        serde_json::to_writer(&mut *buffer, &line)?;
        // The brace that closes the object comes after the hash.
        buffer.pop();
        let chain = head.chain.then(&buffer[start..]);
        buffer.extend_from_slice(CHAIN);
        buffer.extend_from_slice(chain.to_string().as_bytes());
        buffer.extend_from_slice(END);
        buffer.push(b'\n');
        *head = Head { seq, chain };
    }
    Ok(())
}

/// What every line has; none when these bytes are no line.
pub fn outline(line: &[u8]) -> Option<Outline> {
    body(line)?;
    serde_json::from_slice(line).ok()
}

/// Whether these bytes have the form of a line.
pub fn is_line(line: &[u8]) -> bool {
    body(line).is_some() && serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

/// The text that the hash is of; none when the line does not end with a hash.
pub fn body(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_suffix(END)?;
    rest[..rest.len().checked_sub(HASH_DIGITS)?].strip_suffix(CHAIN)
}

/// The entry of a line; none when these bytes are no line.
pub fn read(line: &[u8], cursor: Cursor) -> Option<Entry> {
    body(line)?;
    let line: Read = serde_json::from_slice(line).ok()?;
    let access = Access {
        request: line.request,
        kind: line.kind,
        employee: line.employee,
        credential: line.credential,
        remote: line.remote,
        operation: line.operation,
        subjects: line.subjects,
        fields: line.fields,
        reason: line.reason,
        as_of: line.as_of,
    };
    Some(Entry { at: line.at, seq: line.seq, cursor, access })
}
