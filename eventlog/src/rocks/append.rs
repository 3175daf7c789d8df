//! The caller's side of an append: encode, look at everything durable, queue, and answer.

use std::sync::Arc;

use letopis_domain::query::Query;
use smallvec::SmallVec;
use tokio::sync::oneshot;

use super::keys::{self, Key};
use super::search::CompiledQuery;
use super::sequencer::{Message, Verdict};
use super::shared::Shared;
use crate::error::{AppendError, ReadError};
use crate::frame::{Layout, lay_out};
use crate::limits;
use crate::log::{AppendRequest, Appended, RequestDigest, RequestRecord};

/// An append with everything worked out that does not depend on its place.
pub(super) struct Prepared {
    pub requests: Vec<PreparedRequest>,
    pub events: Vec<PreparedEvent>,
    /// The frames, one after the other.
    pub frames: Vec<u8>,
    pub query: CompiledQuery,
    /// Everything up to and with this position was held against the condition and the request ids.
    pub checked_upto: u64,
    after: u64,
}

pub(super) struct PreparedRequest {
    pub key: Option<(Key, RequestDigest)>,
    pub event_count: usize,
}

pub(super) struct PreparedEvent {
    pub frame_size: usize,
    pub code: u16,
    /// Its posting lists.
    pub lists: SmallVec<[Key; 6]>,
}

/// Appends, and answers once it is durable.
pub(super) async fn append(shared: Arc<Shared>, request: AppendRequest) -> Result<Appended, AppendError> {
    shared.check_writable()?;
    let mut prepared = Box::new(prepare(&shared, &request)?);
    let query = request.condition.fail_if_events_match;
    drop(request.requests);
    loop {
        check(&shared, &mut prepared, &query)?;
        let (reply, answer) = oneshot::channel();
        shared.queue.send(Message::Append(prepared, reply)).map_err(|_| AppendError::Closed)?;
        match answer.await.map_err(|_| AppendError::Closed)? {
            Verdict::Appended(appended) => return Ok(appended),
            Verdict::Conflict(posting) => return Err(AppendError::Conflict(shared.clash(&query, posting)?)),
            Verdict::Known(known, digest) => return Err(already_known(&shared, known, digest)?),
            Verdict::Failed(reason) => return Err(AppendError::ReadOnly(reason)),
            Verdict::Outdated(again) => prepared = again,
        }
    }
}

fn prepare(shared: &Shared, request: &AppendRequest) -> Result<Prepared, AppendError> {
    let encoded = limits::encode(request)?;
    let mut requests = Vec::with_capacity(request.requests.len());
    let mut events = Vec::with_capacity(encoded.len());
    let mut frames = Vec::with_capacity(encoded.len() * 384);
    let mut encoded = encoded.iter();
    for each in &request.requests {
        let key = each.key.as_ref();
        for (index, (event, parts)) in each.events.iter().zip(encoded.by_ref()).enumerate() {
            let start = frames.len();
            lay_out(&Layout { event, parts, key, is_first_of_request: index == 0 }, &mut frames);
            let mut lists: SmallVec<[Key; 6]> = parts.tags.as_slice().iter().map(keys::of_tag).collect();
            lists.push(keys::of_type(parts.event_type));
            let code = shared.types.codes.of_type(parts.event_type);
            events.push(PreparedEvent { frame_size: frames.len() - start, code, lists });
        }
        let key = key.map(|key| (keys::of_request(key.id.as_str()), key.digest));
        requests.push(PreparedRequest { key, event_count: each.events.len() });
    }
    let query = CompiledQuery::new(&request.condition.fail_if_events_match, &shared.types);
    let after = request.condition.after.0;
    Ok(Prepared { requests, events, frames, query, checked_upto: 0, after })
}

/// Looks at everything that is durable now; the sequencer looks at what comes after.
fn check(shared: &Shared, prepared: &mut Prepared, query: &Query) -> Result<(), AppendError> {
    shared.check_writable()?;
    let head = shared.head();
    for (key, digest) in prepared.requests.iter().filter_map(|request| request.key) {
        if let Some(known) = shared.request_by_key(key)? {
            return Err(already_known(shared, known, digest)?);
        }
    }
    let after = prepared.after.max(prepared.checked_upto);
    if let Some(found) = shared.first(&prepared.query, after, head)? {
        return Err(AppendError::Conflict(shared.clash(query, found)?));
    }
    prepared.checked_upto = head.max(prepared.after);
    Ok(())
}

fn already_known(shared: &Shared, known: RequestRecord, digest: RequestDigest) -> Result<AppendError, ReadError> {
    if known.digest != digest {
        return Ok(AppendError::RequestIdReused { first: known.first });
    }
    let recorded_at = shared.recorded_at(known.first.0)?;
    Ok(AppendError::Repeated(Appended { first: known.first, last: known.last, recorded_at }))
}
