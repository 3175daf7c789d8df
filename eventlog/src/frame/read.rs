//! Reading frames: every length is held against what is there, nothing is allocated before.

use std::str::from_utf8;
use std::sync::LazyLock;

use letopis_domain::event::{DecodeError, Event, EventType, PersonalBytes, Recorded};
use letopis_domain::ids::{EmployeeId, EventId, Position, RequestId};
use letopis_domain::query::Tag;
use letopis_domain::values::Timestamp;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use uuid::Uuid;

use super::{CHECKSUM_SIZE, FRAME_VERSION, MAGIC, PersonalPart, at, flags, tag};
use crate::codec::{Bincode, CODEC_ID};
use crate::error::ReadError;
use crate::keys::Keyring;
use crate::log::RequestDigest;

/// Bytes that are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Fewer bytes than the frame claims or needs.
    #[error("the record is cut short")]
    Short,
    /// More bytes than the frame has.
    #[error("bytes are left over after the record")]
    LeftOver,
    /// Not a frame, or of a later layout.
    #[error("the record starts with {0:02x} {1:02x}, not as a record of this version")]
    Unknown(u8, u8),
    /// The checksum does not fit.
    #[error("the checksum is {found:08x}, the record says {stored:08x}")]
    Checksum {
        /// As computed.
        found: u32,
        /// As stored.
        stored: u32,
    },
    /// A bit that means nothing here.
    #[error("the record has flags {0:04x} that are unknown here")]
    Flags(u16),
    /// Text that is no text, or a tag that is no tag.
    #[error("the {0} is not readable")]
    Field(&'static str),
    /// A payload codec of a later version.
    #[error("the payload codec {0} is unknown here")]
    Codec(u8),
}

/// One record, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its place.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The event's id.
    pub id: EventId,
    /// The name of its type.
    pub type_name: &'a str,
    /// The stored version of its type.
    pub schema_version: u16,
    /// See [`flags`].
    pub flags: u16,
    /// Who did it.
    pub actor: Option<EmployeeId>,
    /// Its business process.
    pub correlation: Option<Uuid>,
    /// The event that led to it.
    pub causation: Option<EventId>,
    /// The request that brought it.
    pub request: Option<&'a str>,
    /// The request's digest, on its first event only.
    pub digest: Option<RequestDigest>,
    tags: &'a [u8],
    tag_count: u8,
    payload: &'a [u8],
    pub(super) sealed: Option<&'a [u8]>,
}

impl<'a> Frame<'a> {
    /// Reads the frame that these bytes are, checksum first.
    ///
    /// # Errors
    /// When they are no intact frame of this version.
    pub fn read(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let body_size = bytes.len().checked_sub(CHECKSUM_SIZE).ok_or(FrameError::Short)?;
        let (body, checksum) = bytes.split_at(body_size);
        if body.len() < at::TYPE {
            return Err(FrameError::Short);
        }
        if (body[at::MAGIC], body[at::FRAME_VERSION]) != (MAGIC, FRAME_VERSION) {
            return Err(FrameError::Unknown(body[at::MAGIC], body[at::FRAME_VERSION]));
        }
        let stored = u32::from_le_bytes([checksum[0], checksum[1], checksum[2], checksum[3]]);
        let found = crc32c::crc32c(body);
        if found != stored {
            return Err(FrameError::Checksum { found, stored });
        }
        Self::read_body(body)
    }

    fn read_body(body: &'a [u8]) -> Result<Self, FrameError> {
        let u16_at = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
        let flags = u16_at(at::FLAGS);
        if flags & !flags::KNOWN != 0 {
            return Err(FrameError::Flags(flags & !flags::KNOWN));
        }
        if body[at::CODEC] != CODEC_ID {
            return Err(FrameError::Codec(body[at::CODEC]));
        }
        let mut rest = Rest(&body[at::TYPE..]);
        let type_name = rest.text(usize::from(body[at::TYPE_SIZE]), "type name")?;
        let mut uuid_if = |flag| if flags & flag == 0 { Ok(None) } else { rest.uuid().map(Some) };
        let actor = uuid_if(flags::ACTOR)?.map(EmployeeId);
        let correlation = uuid_if(flags::CORRELATION)?;
        let causation = uuid_if(flags::CAUSATION)?.map(EventId);
        let (mut request, mut digest) = (None, None);
        if flags & flags::REQUEST != 0 {
            let size = usize::from(rest.take(1)?[0]);
            request = Some(rest.text(size, "request id")?);
            if flags & flags::REQUEST_START != 0 {
                digest = Some(rest.array()?);
            }
        }
        let tag_count = rest.take(1)?[0];
        let tags = rest.0;
        for _ in 0..tag_count {
            tag::skip(&mut rest.0).ok_or(FrameError::Field("tag"))?;
        }
        let tags = &tags[..tags.len() - rest.0.len()];
        let payload = rest.part()?;
        let sealed = if flags & flags::PERSONAL == 0 { None } else { Some(rest.part()?) };
        if !rest.0.is_empty() {
            return Err(FrameError::LeftOver);
        }
        let mut fixed = Rest(&body[at::POSITION..at::TYPE]);
        Ok(Self {
            position: Position(u64::from_le_bytes(fixed.array()?)),
            recorded_at: Timestamp::from_micros(i64::from_le_bytes(fixed.array()?)),
            occurred_at: Timestamp::from_micros(i64::from_le_bytes(fixed.array()?)),
            id: EventId(fixed.uuid()?),
            schema_version: u16_at(at::SCHEMA_VERSION),
            type_name,
            flags,
            actor,
            correlation,
            causation,
            request,
            digest,
            tags,
            tag_count,
            payload,
            sealed,
        })
    }

    /// Whether its group ends with it.
    #[must_use]
    pub const fn is_group_end(&self) -> bool {
        self.flags & flags::GROUP_END != 0
    }

    /// Its tags.
    ///
    /// # Errors
    /// When one is not readable.
    pub fn tags(&self) -> Result<Vec<Tag>, FrameError> {
        let mut rest = self.tags;
        (0..self.tag_count).map(|_| tag::read(&mut rest).ok_or(FrameError::Field("tag"))).collect()
    }

    /// The ids of its tags with this prefix, ascending.
    pub(super) fn ids_of(&self, prefix: &str) -> Result<SmallVec<[Uuid; 2]>, FrameError> {
        let mut rest = self.tags;
        let mut ids = SmallVec::new();
        for _ in 0..self.tag_count {
            tag::add_id(&mut rest, prefix, &mut ids).ok_or(FrameError::Field("tag"))?;
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// Its registry entry.
    ///
    /// # Errors
    /// When the type is unknown here.
    pub fn event_type(&self) -> Result<EventType, DecodeError> {
        static BY_NAME: LazyLock<FxHashMap<&'static str, EventType>> =
            LazyLock::new(|| EventType::ALL.iter().map(|event_type| (event_type.name(), *event_type)).collect());
        BY_NAME.get(self.type_name).copied().ok_or_else(|| DecodeError::UnknownType(self.type_name.to_owned()))
    }

    /// The event as if what is personal in it were erased.
    ///
    /// # Errors
    /// When type or version are unknown here, or the payload does not fit.
    pub fn decode_impersonal(&self) -> Result<Event, DecodeError> {
        let has_personal = self.flags & (flags::PERSONAL | flags::ERASED) != 0;
        let personal = if has_personal { PersonalBytes::Erased } else { PersonalBytes::None };
        Event::decode(&Bincode, self.event_type()?, self.schema_version, self.payload, personal)
    }

    /// The event.
    ///
    /// # Errors
    /// `Undecodable` when type or version are unknown here or the payload does not fit, `Damaged` otherwise, also when
    /// the key of its personal part should be there and is not.
    pub fn decode(&self, keyring: &Keyring) -> Result<Recorded, ReadError> {
        self.decode_with(&self.personal(keyring)?)
    }

    /// The event with its personal part, which was opened before.
    ///
    /// # Errors
    /// As [`Frame::decode`].
    pub fn decode_with(&self, personal: &PersonalPart) -> Result<Recorded, ReadError> {
        let undecodable = |source| ReadError::Undecodable { position: self.position, source };
        let event_type = self.event_type().map_err(undecodable)?;
        let event = Event::decode(&Bincode, event_type, self.schema_version, self.payload, personal.bytes());
        let event = event.map_err(undecodable)?;
        let request = self
            .request
            .map(RequestId::new)
            .transpose()
            .map_err(|error| ReadError::Damaged { position: self.position, reason: error.to_string() })?;
        Ok(Recorded {
            position: self.position,
            id: self.id,
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            actor: self.actor,
            request,
            correlation: self.correlation,
            causation: self.causation,
            event,
        })
    }
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, size: usize) -> Result<&'a [u8], FrameError> {
        let (taken, rest) = self.0.split_at_checked(size).ok_or(FrameError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(FrameError::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn uuid(&mut self) -> Result<Uuid, FrameError> {
        self.array().map(Uuid::from_bytes)
    }

    fn text(&mut self, size: usize, field: &'static str) -> Result<&'a str, FrameError> {
        from_utf8(self.take(size)?).map_err(|_| FrameError::Field(field))
    }

    fn part(&mut self) -> Result<&'a [u8], FrameError> {
        let size = u32::from_le_bytes(self.array()?);
        self.take(usize::try_from(size).map_err(|_| FrameError::Short)?)
    }
}
