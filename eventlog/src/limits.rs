//! How large an append may be. A limit is part of the log's contract: every log refuses the same appends.

use letopis_domain::event::{EncodedEvent, NewEvent};
use letopis_domain::ids::{SubjectId, Tagged};
use letopis_domain::privacy::DataSubjects;
use letopis_domain::query::{TAG_SIZE_MAX, Tag};

use crate::codec::Bincode;
use crate::error::AppendError;
use crate::log::AppendRequest;

/// Largest payload, and largest personal part, of one event in bytes.
pub const PART_SIZE_MAX_BYTES: usize = 4 << 20;
/// Largest append in bytes of payload.
pub const APPEND_SIZE_MAX_BYTES: usize = 64 << 20;
/// Most events in one append.
pub const APPEND_EVENTS_MAX: usize = 100_000;
/// Most tags on one event.
pub const EVENT_TAGS_MAX: usize = 64;

/// Most look-ups of one event; its sealed part counts them in a byte.
pub const EVENT_LOOKUPS_MAX: usize = 255;

/// Encodes the events of an append and holds them against the limits.
///
/// # Errors
/// `Malformed`, naming what is wrong.
pub(crate) fn encode(request: &AppendRequest) -> Result<Vec<EncodedEvent>, AppendError> {
    let count: usize = request.requests.iter().map(|request| request.events.len()).sum();
    if request.requests.is_empty() || request.requests.iter().any(|request| request.events.is_empty()) {
        return Err(malformed("a request has no events"));
    }
    if count > APPEND_EVENTS_MAX {
        return Err(malformed(format!("it has {count} events, at most {APPEND_EVENTS_MAX} are allowed")));
    }
    let mut keys = rustc_hash::FxHashSet::default();
    if !request.requests.iter().filter_map(|request| request.key.as_ref()).all(|key| keys.insert(&key.id)) {
        return Err(malformed("two of its requests have the same id"));
    }
    let mut encoded = Vec::with_capacity(count);
    let mut size_bytes = 0;
    let mut erased: Vec<SubjectId> = Vec::new();
    for event in request.requests.iter().flat_map(|request| &request.events) {
        let parts = encode_event(event)?;
        refuse_erased(&parts, &erased)?;
        erased.extend(event.event.erases().into_iter().flat_map(DataSubjects::as_slice));
        size_bytes += parts.payload.len() + parts.personal.as_ref().map_or(0, Vec::len);
        encoded.push(parts);
    }
    if size_bytes > APPEND_SIZE_MAX_BYTES {
        return Err(malformed(format!("it has {size_bytes} bytes, at most {APPEND_SIZE_MAX_BYTES} are allowed")));
    }
    Ok(encoded)
}

fn encode_event(event: &NewEvent) -> Result<EncodedEvent, AppendError> {
    let parts = event.event.encode(&Bincode).map_err(malformed)?;
    let tags = parts.tags.as_slice();
    if tags.len() > EVENT_TAGS_MAX {
        return Err(malformed(format!("an event has {} tags, at most {EVENT_TAGS_MAX} are allowed", tags.len())));
    }
    if let Some(tag) = tags.iter().find(|tag| tag.as_str().is_empty() || tag.as_str().len() > TAG_SIZE_MAX) {
        return Err(malformed(format!("a tag has {} bytes, 1 to {TAG_SIZE_MAX} are allowed", tag.as_str().len())));
    }
    check_subjects(&parts)?;
    let lookups = parts.lookups.as_slice().len();
    if lookups > EVENT_LOOKUPS_MAX {
        return Err(malformed(format!("an event has {lookups} look-ups, at most {EVENT_LOOKUPS_MAX} are allowed")));
    }
    let largest = parts.payload.len().max(parts.personal.as_ref().map_or(0, Vec::len));
    if largest > PART_SIZE_MAX_BYTES {
        return Err(malformed(format!("an event has {largest} bytes, at most {PART_SIZE_MAX_BYTES} are allowed")));
    }
    Ok(parts)
}

/// What is about a person comes before the event of the same append that erases them, or not at all.
fn refuse_erased(parts: &EncodedEvent, erased: &[SubjectId]) -> Result<(), AppendError> {
    let subjects = if parts.personal.is_some() { parts.subjects.as_slice() } else { &[] };
    match subjects.iter().find(|subject| erased.contains(subject)) {
        Some(subject) => Err(AppendError::Erased { subject: *subject }),
        None => Ok(()),
    }
}

/// A personal part is sealed with the keys of those whom the tags name.
fn check_subjects(parts: &EncodedEvent) -> Result<(), AppendError> {
    if parts.personal.is_none() {
        return Ok(());
    }
    if parts.subjects.is_empty() {
        return Err(malformed("an event has personal data of nobody"));
    }
    let prefix = |tag: &&Tag| tag.as_str().strip_prefix(SubjectId::PREFIX).is_some_and(|rest| rest.starts_with(':'));
    let named = parts.tags.as_slice().iter().filter(prefix).count();
    let has_tag = |subject: &SubjectId| parts.tags.as_slice().contains(&subject.tag());
    if named != parts.subjects.as_slice().len() || !parts.subjects.as_slice().iter().all(has_tag) {
        return Err(malformed("an event has personal data of others than its tags name"));
    }
    Ok(())
}

fn malformed(reason: impl Into<String>) -> AppendError {
    AppendError::Malformed(reason.into())
}
