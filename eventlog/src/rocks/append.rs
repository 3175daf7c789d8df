//! The caller's side of an append: encode, look at everything durable, seal, queue, and answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use letopis_domain::event::{EncodedEvent, Event};
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::privacy::PersonalDataErased;
use letopis_domain::query::Query;
use letopis_domain::values::Timestamp;
use smallvec::SmallVec;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::keys::{self, Key};
use super::lookups::Filed;
use super::search::CompiledQuery;
use super::sequencer::{Message, Verdict};
use super::shared::Shared;
use crate::error::{AppendError, ReadError};
use crate::frame::{Layout, Sealing, lay_out};
use crate::keys::{Erasure, KeyError, Lookup, NoKey, Nonces, SealError};
use crate::limits;
use crate::log::{AppendRequest, Appended, RequestDigest, RequestEvents, RequestRecord};

/// An append with everything worked out that does not depend on its place.
pub(super) struct Prepared {
    pub requests: Vec<PreparedRequest>,
    pub events: Vec<PreparedEvent>,
    /// The frames, one after the other.
    pub frames: Vec<u8>,
    /// Whom its sealed parts are about, each once.
    pub subjects: Vec<Uuid>,
    /// Whom it erases.
    pub erases: Vec<ToErase>,
    pub query: CompiledQuery,
    /// Everything up to and with this position was held against the condition and the request ids.
    pub checked_upto: u64,
    after: u64,
}

/// One subject whom an append erases.
pub(super) struct ToErase {
    /// Who.
    pub subject: Uuid,
    /// Which event of the append says so, from 0.
    index: u64,
    /// What it says.
    fact: Arc<PersonalDataErased>,
}

impl ToErase {
    /// The erasure of an append that got its positions.
    pub fn recorded(&self, first: u64, recorded_at: Timestamp) -> Erasure {
        let position = Position(first + self.index);
        Erasure { subject: self.subject, position, recorded_at, fact: self.fact.clone() }
    }
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
    /// Its look-ups.
    pub filed: Option<Arc<Filed>>,
}

/// Appends, and answers once it is durable.
pub(super) async fn append(shared: Arc<Shared>, mut request: AppendRequest) -> Result<Appended, AppendError> {
    shared.check_writable()?;
    if shared.is_closing.load(Ordering::Relaxed) {
        return Err(AppendError::Closed);
    }
    shared.keyring().secrets.add_digests(&mut request);
    let encoded = limits::encode(&request)?;
    let mut prepared = Box::new(outline(&shared, &request, &encoded));
    let query = request.condition.fail_if_events_match;
    // An earlier request or a conflict is answered before anybody gets a key.
    check(&shared, &mut prepared, &query)?;
    make_keys(&shared, &prepared.subjects).await?;
    lay_out_all(&shared, &request.requests, &encoded, &mut prepared)?;
    drop((request.requests, encoded));
    loop {
        let (reply, answer) = oneshot::channel();
        shared.queue.send(Message::Append(prepared, reply)).map_err(|_| AppendError::Closed)?;
        match answer.await.map_err(|_| AppendError::Closed)? {
            Verdict::Appended(appended) => return Ok(appended),
            Verdict::Conflict(posting) => return Err(AppendError::Conflict(shared.clash(&query, posting)?)),
            Verdict::Known(known, digest) => return Err(already_known(&shared, known, digest)?),
            Verdict::Erased(subject) => return Err(AppendError::Erased { subject: SubjectId(subject) }),
            Verdict::Unerasable(reason) => return Err(AppendError::Keys(reason)),
            Verdict::Failed(reason) => return Err(AppendError::ReadOnly(reason)),
            Verdict::Outdated(again) => prepared = again,
        }
        check(&shared, &mut prepared, &query)?;
    }
}

/// Everything but the events.
fn outline(shared: &Shared, request: &AppendRequest, encoded: &[EncodedEvent]) -> Prepared {
    let of_request = |each: &RequestEvents| {
        let key = each.key.as_ref().map(|key| (keys::of_request(key.id.as_str()), key.digest));
        PreparedRequest { key, event_count: each.events.len() }
    };
    let sealed = encoded.iter().filter(|parts| parts.personal.is_some());
    let mut subjects: Vec<Uuid> = sealed.flat_map(|parts| parts.subjects.as_slice()).map(|each| each.0).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let mut erases = Vec::new();
    for (index, event) in (0..).zip(request.requests.iter().flat_map(|each| &each.events)) {
        if let Event::PersonalDataErased(fact) = &event.event {
            let shared = Arc::new(fact.clone());
            let of = |subject: &SubjectId| ToErase { subject: subject.0, index, fact: shared.clone() };
            erases.extend(fact.erased.as_slice().iter().map(of));
        }
    }
    Prepared {
        requests: request.requests.iter().map(of_request).collect(),
        events: Vec::with_capacity(encoded.len()),
        frames: Vec::with_capacity(encoded.len() * 384),
        subjects,
        erases,
        query: CompiledQuery::new(&request.condition.fail_if_events_match, &shared.types, &shared.keyring().secrets),
        checked_upto: 0,
        after: request.condition.after.0,
    }
}

/// Gives keys to those who never had one, unless somebody was erased. One who was there before the keys were lost gets
/// none: what was sealed then could never be told from damage.
async fn make_keys(shared: &Shared, subjects: &[Uuid]) -> Result<(), AppendError> {
    if let Some(NoKey::Destroyed(subject)) = shared.keyring().no_key(subjects) {
        return Err(AppendError::Erased { subject: SubjectId(subject) });
    }
    // Before the keys: who has none after the head was read was in no record up to there.
    let head = shared.head();
    let missing = shared.keyring().missing(subjects.iter());
    if missing.is_empty() {
        return Ok(());
    }
    for subject in &missing {
        if shared.has_sealed(*subject, head)? {
            return Err(AppendError::Keys(NoKey::Absent(*subject).to_string()));
        }
    }
    shared.keys.create(missing, head).await.map_err(|error| match error {
        KeyError::Closed => AppendError::Closed,
        error => AppendError::Keys(error.to_string()),
    })
}

/// Lays out the frames with their personal parts sealed.
fn lay_out_all(
    shared: &Shared,
    requests: &[RequestEvents],
    encoded: &[EncodedEvent],
    prepared: &mut Prepared,
) -> Result<(), AppendError> {
    let keyring = shared.keyring();
    let mut nonces = Nonces::draw(encoded.iter().filter(|parts| parts.personal.is_some()).count());
    let mut encoded = encoded.iter();
    for each in requests {
        for (index, (event, parts)) in each.events.iter().zip(encoded.by_ref()).enumerate() {
            let start = prepared.frames.len();
            let lookups: SmallVec<[Lookup; 2]> =
                parts.lookups.as_slice().iter().map(|tag| keyring.secrets.lookup(tag)).collect();
            let nonce = nonces.next(parts.personal.is_some()).map_err(AppendError::Keys)?;
            let sealing = Sealing { keyring, nonce, lookups: &lookups };
            let layout = Layout { event, parts, key: each.key.as_ref(), is_first_of_request: index == 0, sealing };
            lay_out(&layout, &mut prepared.frames).map_err(not_sealed)?;
            let mut lists: SmallVec<[Key; 6]> = parts.tags.as_slice().iter().map(keys::of_tag).collect();
            lists.push(keys::of_type(parts.event_type));
            let subjects: SmallVec<[Uuid; 2]> = parts.subjects.as_slice().iter().map(|subject| subject.0).collect();
            prepared.events.push(PreparedEvent {
                frame_size: prepared.frames.len() - start,
                code: shared.types.codes.of_type(parts.event_type),
                lists,
                filed: Filed::new(&lookups, &subjects),
            });
        }
    }
    Ok(())
}

fn not_sealed(error: SealError) -> AppendError {
    match error {
        SealError::NoKey(NoKey::Destroyed(subject)) => AppendError::Erased { subject: SubjectId(subject) },
        SealError::NoKey(NoKey::Absent(_)) => AppendError::Keys(error.to_string()),
        SealError::Broken | SealError::TooLarge => AppendError::Malformed(error.to_string()),
    }
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
