//! Laying out frames, and closing them once their place is known.

use letopis_domain::event::{EncodedEvent, NewEvent};
use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;
use smallvec::SmallVec;
use uuid::Uuid;

use super::{CHECKSUM_SIZE, FRAME_VERSION, MAGIC, at, flags, tag};
use crate::codec::CODEC_ID;
use crate::keys::{self, Field, Keyring, Lookup, Nonce, Part, SealError};
use crate::log::RequestKey;

/// What a frame says about one event.
pub(crate) struct Layout<'a> {
    /// The event.
    pub event: &'a NewEvent,
    /// Its bytes.
    pub parts: &'a EncodedEvent,
    /// The request it belongs to.
    pub key: Option<&'a RequestKey>,
    /// Whether it is the first event of that request.
    pub is_first_of_request: bool,
    /// What its personal part is sealed with.
    pub sealing: Sealing<'a>,
}

/// What a personal part is sealed with.
#[derive(Clone, Copy)]
pub(crate) struct Sealing<'a> {
    /// The keys of its subjects.
    pub keyring: &'a Keyring,
    /// Drawn at random, for this part alone.
    pub nonce: &'a Nonce,
    /// The look-ups of its values.
    pub lookups: &'a [Lookup],
}

/// Appends a frame whose position, time, group boundary and checksum are still missing.
///
/// # Errors
/// When its personal part cannot be sealed; `out` is of no use then.
pub(crate) fn lay_out(layout: &Layout<'_>, out: &mut Vec<u8>) -> Result<(), SealError> {
    let (event, parts) = (layout.event, layout.parts);
    let name = parts.event_type.name().as_bytes();
    out.extend_from_slice(&[MAGIC, FRAME_VERSION, CODEC_ID, size_u8(name)]);
    out.extend_from_slice(&flags_of(layout).to_le_bytes());
    out.extend_from_slice(&parts.version.to_le_bytes());
    out.extend_from_slice(&[0; at::OCCURRED_AT - at::POSITION]);
    out.extend_from_slice(&event.occurred_at.micros().to_le_bytes());
    out.extend_from_slice(event.id.0.as_bytes());
    out.extend_from_slice(name);
    let ids = [event.actor.map(|actor| actor.0), event.correlation, event.causation.map(|causation| causation.0)];
    for id in ids.iter().flatten() {
        out.extend_from_slice(id.as_bytes());
    }
    if let Some(key) = layout.key {
        let id = key.id.as_str().as_bytes();
        out.push(size_u8(id));
        out.extend_from_slice(id);
        if layout.is_first_of_request {
            out.extend_from_slice(&key.digest);
        }
    }
    let tags = parts.tags.as_slice();
    out.push(u8::try_from(tags.len()).unwrap_or(u8::MAX));
    for each in tags {
        tag::write(each, out);
    }
    write_part(&parts.payload, out);
    if let Some(personal) = &parts.personal {
        write_sealed(layout, personal, out)?;
    }
    out.extend_from_slice(&[0; CHECKSUM_SIZE]);
    Ok(())
}

fn write_sealed(layout: &Layout<'_>, personal: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
    let Sealing { keyring, nonce, lookups } = layout.sealing;
    let subjects: SmallVec<[Uuid; 2]> = layout.parts.subjects.as_slice().iter().map(|subject| subject.0).collect();
    let part = Part {
        id: layout.event.id,
        type_name: layout.parts.event_type.name(),
        version: layout.parts.version,
        field: Field::Personal,
        subjects: &subjects,
    };
    let size_at = out.len();
    out.extend_from_slice(&[0; 4]);
    keys::seal(keyring, &part, nonce, (lookups, personal), out)?;
    let size = u32::try_from(out.len() - size_at - 4).map_err(|_| SealError::TooLarge)?;
    out[size_at..size_at + 4].copy_from_slice(&size.to_le_bytes());
    Ok(())
}

/// Stamps a laid out frame and closes it with its checksum.
pub(crate) fn close(frame: &mut [u8], position: Position, recorded_at: Timestamp, is_group_end: bool) {
    let (body, checksum) = frame.split_at_mut(frame.len() - CHECKSUM_SIZE);
    body[at::POSITION..at::RECORDED_AT].copy_from_slice(&position.0.to_le_bytes());
    body[at::RECORDED_AT..at::OCCURRED_AT].copy_from_slice(&recorded_at.micros().to_le_bytes());
    if is_group_end {
        body[at::FLAGS] |= flags::GROUP_END.to_le_bytes()[0];
    }
    checksum.copy_from_slice(&crc32c::crc32c(body).to_le_bytes());
}

fn flags_of(layout: &Layout<'_>) -> u16 {
    let event = layout.event;
    let bit = |is_set, flag| if is_set { flag } else { 0 };
    bit(layout.parts.personal.is_some(), flags::PERSONAL)
        | bit(layout.parts.personal.is_some() && !layout.sealing.lookups.is_empty(), flags::LOOKUPS)
        | bit(event.event.is_erased(), flags::ERASED)
        | bit(event.actor.is_some(), flags::ACTOR)
        | bit(event.correlation.is_some(), flags::CORRELATION)
        | bit(event.causation.is_some(), flags::CAUSATION)
        | bit(layout.key.is_some(), flags::REQUEST)
        | bit(layout.key.is_some() && layout.is_first_of_request, flags::REQUEST_START)
}

/// Sizes are within the limits of an append; they are saturated rather than wrapped all the same.
fn size_u8(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).unwrap_or(u8::MAX)
}

fn write_part(part: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(part);
}
