//! What is recorded: one access, by whom, to what, from where. Never a value of personal data, never a secret.

use std::borrow::Cow;
use std::net::IpAddr;

use letopis_domain::ids::{
    AccountId, ActivityId, AgreementId, ContactId, EmployeeId, LeadId, OpportunityId, Position, SubjectId, TaskId,
};
use letopis_domain::values::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cursor::Cursor;

/// Most subjects of a line; more go to further lines of the same request.
pub const SUBJECTS_PER_LINE_MAX: usize = 1_000;
/// Most fields of a line; more go to further lines of the same request.
pub const FIELDS_PER_LINE_MAX: usize = 1_000;

/// Most bytes of the name of a field, an operation or a kind of subject, of a credential and of the code of a refusal.
const NAME_BYTES_MAX: usize = 128;
/// Most bytes of the text of a refusal.
const TEXT_BYTES_MAX: usize = 512;

/// What sort of access it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// Personal data was shown.
    Read,
    /// Data left as a file.
    Export,
    /// Something was tried that the viewer may not.
    Refused,
    /// Keys, rights or settings were changed, or this log was looked at.
    Administration,
    /// A kind that a later version wrote; this one never writes it.
    #[serde(other)]
    Other,
}

/// Who or what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The word for its type, as in tags of the business log: `lead`, `contact`, …
    pub kind: Cow<'static, str>,
    /// Its id.
    pub id: Uuid,
}

macro_rules! subjects {
    ($($id:ident),* $(,)?) => {$(
        impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self { kind: Cow::Borrowed($id::PREFIX), id: id.0 }
            }
        }
    )*};
}

subjects!(AccountId, ActivityId, AgreementId, ContactId, EmployeeId, LeadId, OpportunityId, SubjectId, TaskId);

/// Why an attempt was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The code, like `FORBIDDEN`.
    pub code: String,
    /// A sentence for the auditor, without personal data; at most 512 bytes are kept.
    pub text: String,
}

/// One access, as the caller tells it. Names are cut at 128 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The request it was part of.
    pub request: Uuid,
    /// What sort it was.
    pub kind: Kind,
    /// Who; none when nobody was recognized.
    pub employee: Option<EmployeeId>,
    /// By which credential: the id of a key or the issuer of a token, never the secret itself.
    pub credential: Option<String>,
    /// From where; none for the command line.
    pub remote: Option<IpAddr>,
    /// The name of the GraphQL operation or of the command of the command line.
    pub operation: Option<String>,
    /// What was seen.
    pub subjects: Vec<Subject>,
    /// Which personal fields, like `Lead.emails`.
    pub fields: Vec<Cow<'static, str>>,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// The position it was read as of, when that was not now.
    pub as_of: Option<Position>,
}

/// One line of the log, as an auditor reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, by the clock of then.
    pub at: Timestamp,
    /// Its number; later lines have greater ones.
    pub seq: u64,
    /// Where the next page begins when this is the last entry of a page.
    pub cursor: Cursor,
    /// The access, or the part of it that is in this line.
    pub access: Access,
}

impl Access {
    /// An access about which nothing more is known.
    #[must_use]
    pub const fn new(request: Uuid, kind: Kind) -> Self {
        Self {
            request,
            kind,
            employee: None,
            credential: None,
            remote: None,
            operation: None,
            subjects: Vec::new(),
            fields: Vec::new(),
            reason: None,
            as_of: None,
        }
    }

    /// How many lines it takes.
    pub(crate) fn lines(&self) -> usize {
        let subjects = self.subjects.len().div_ceil(SUBJECTS_PER_LINE_MAX).max(1);
        subjects * self.fields.len().div_ceil(FIELDS_PER_LINE_MAX).max(1)
    }

    /// Its subjects and fields, line by line: every subject meets every field in some line.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&[Subject], &[Cow<'static, str>])> {
        let of_subjects = chunks(&self.subjects, SUBJECTS_PER_LINE_MAX);
        of_subjects.flat_map(|subjects| chunks(&self.fields, FIELDS_PER_LINE_MAX).map(move |fields| (subjects, fields)))
    }

    /// The same with texts that keep a line short.
    pub(crate) fn bounded(mut self) -> Self {
        for text in [&mut self.credential, &mut self.operation].into_iter().flatten() {
            bound(text, NAME_BYTES_MAX);
        }
        if let Some(reason) = &mut self.reason {
            bound(&mut reason.code, NAME_BYTES_MAX);
            bound(&mut reason.text, TEXT_BYTES_MAX);
        }
        let kinds = self.subjects.iter_mut().map(|subject| &mut subject.kind);
        for name in kinds.chain(&mut self.fields).filter(|name| !is_bounded(name, NAME_BYTES_MAX)) {
            bound(name.to_mut(), NAME_BYTES_MAX);
        }
        self
    }
}

/// Chunks of a slice, and one empty chunk of an empty one.
fn chunks<T>(all: &[T], most: usize) -> impl Iterator<Item = &[T]> {
    all.is_empty().then_some(all).into_iter().chain(all.chunks(most))
}

fn is_bounded(text: &str, bytes_max: usize) -> bool {
    text.len() <= bytes_max && !text.contains(char::is_control)
}

/// Cuts the text and marks the cut; a control character would take six bytes in a line, and becomes a space.
fn bound(text: &mut String, bytes_max: usize) {
    const MARK: char = '…';
    if is_bounded(text, bytes_max) {
        return;
    }
    *text = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max - MARK.len_utf8()));
        text.push(MARK);
    }
}
