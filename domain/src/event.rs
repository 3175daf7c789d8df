//! The registry of events: what may stand in a log, under which name, in which version, with which tags.
//!
//! Adding an event: its struct in the subject's `events.rs`, one line in `events!`, a golden file and its layout in
//! `docs/log-layouts.json` (written by tests), the command that emits it, and the read models that the compiler
//! points at.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::access::Withholding;
use crate::ids::{EmployeeId, EventId, Position, RequestId};
use crate::privacy::DataSubjects;
use crate::query::Tags;
use crate::values::{Personal, PersonalValues, Timestamp};

/// One kind of event in its current version.
pub trait Fact: Serialize + DeserializeOwned + Into<Event> + Clone {
    /// Its entry in the registry.
    const TYPE: EventType;
    /// The version that is written today, from 1. Raised when a field means something new.
    const VERSION: u16 = 1;
    /// What is stored apart because it is about a person; `()` where nothing is.
    type Personal: PersonalValues;

    /// This kind of event, if the event is one.
    fn of(event: &Event) -> Option<&Self>;

    /// Adds the tags by which the event is found: what it is about, claims and releases.
    fn tags(&self, tags: &mut Tags);

    /// Whom the personal part is about: everyone whose key it takes to read it.
    fn data_subjects(&self) -> DataSubjects {
        DataSubjects::NOBODY
    }

    /// Whose data the log erases with this event.
    fn erases(&self) -> Option<&DataSubjects> {
        None
    }

    /// The personal part, for events that have one.
    fn personal(&self) -> Option<&Personal<Self::Personal>> {
        None
    }

    /// Puts the personal part back after decoding.
    fn set_personal(&mut self, _personal: Personal<Self::Personal>) {}

    /// Reads an older stored version; events with more than one version override it.
    ///
    /// # Errors
    /// When the version is unknown, or the bytes do not fit it.
    fn upcast<C: PayloadCodec>(_codec: &C, version: u16, _payload: &[u8]) -> Result<Self, DecodeError> {
        Err(DecodeError::UnknownVersion { event_type: Self::TYPE.name().to_owned(), version })
    }
}

/// How payloads become bytes; the log chooses.
pub trait PayloadCodec {
    /// Bytes of a value.
    ///
    /// # Errors
    /// When the value cannot be represented.
    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String>;

    /// The value of bytes, all of which must be used.
    ///
    /// # Errors
    /// When the bytes are not such a value.
    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, String>;
}

/// A stored event that this version of the program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No such type.
    #[error("unknown event type '{0}': the log was written by a newer version of letopis")]
    UnknownType(String),
    /// No such version of the type.
    #[error("unknown version {version} of event type '{event_type}'")]
    UnknownVersion {
        /// The type.
        event_type: String,
        /// The version found.
        version: u16,
    },
    /// The bytes do not fit.
    #[error("payload of '{event_type}' version {version} is not readable: {reason}")]
    Payload {
        /// The type.
        event_type: String,
        /// The version found.
        version: u16,
        /// What the codec said.
        reason: String,
    },
}

/// An event as bytes, with what the log needs to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedEvent {
    /// Registry entry.
    pub event_type: EventType,
    /// Stored version.
    pub version: u16,
    /// Tags, each once.
    pub tags: Tags,
    /// The impersonal part.
    pub payload: Vec<u8>,
    /// The personal part; none where it says nothing, or after erasure.
    pub personal: Option<Vec<u8>>,
    /// Whom the personal part is about.
    pub subjects: DataSubjects,
    /// The look-ups of its values.
    pub lookups: Tags,
}

/// The personal part of a stored event as it is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonalBytes<'a> {
    /// There is none: it says nothing.
    None,
    /// The bytes in the clear.
    Known(&'a [u8]),
    /// The key is gone.
    Erased,
}

macro_rules! events {
    ($($(#[$doc:meta])* $module:ident::$name:ident),* $(,)?) => {
        /// The name of an event's type.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum EventType { $($(#[$doc])* $name),* }

        impl EventType {
            /// Every type, in the order of the registry.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name under which it is stored.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// The version that is written today.
            #[must_use]
            pub const fn current_version(self) -> u16 {
                match self { $(Self::$name => <crate::$module::$name as Fact>::VERSION),* }
            }
        }

        /// Something that happened.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Event { $($(#[$doc])* $name(crate::$module::$name)),* }

        $(impl From<crate::$module::$name> for Event {
            fn from(fact: crate::$module::$name) -> Self { Self::$name(fact) }
        })*

        impl Event {
            /// Its registry entry.
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self { $(Self::$name(_) => EventType::$name),* }
            }

            /// The tags by which it is found.
            #[must_use]
            pub fn tags(&self) -> Tags {
                let mut tags = Tags::default();
                match self { $(Self::$name(fact) => fact.tags(&mut tags)),* }
                tags
            }

            /// Whom its personal part is about.
            #[must_use]
            pub fn data_subjects(&self) -> DataSubjects {
                match self { $(Self::$name(fact) => fact.data_subjects()),* }
            }

            /// The look-ups of its personal part.
            #[must_use]
            pub fn lookups(&self) -> Tags {
                match self { $(Self::$name(fact) => lookups(fact.personal())),* }
            }

            /// Whose data the log erases with it; none but with an erasure.
            #[must_use]
            pub fn erases(&self) -> Option<&DataSubjects> {
                match self { $(Self::$name(fact) => fact.erases()),* }
            }

            /// Erases its personal part, if it says anything.
            pub fn erase(&mut self) {
                match self { $(Self::$name(fact) => erase(fact)),* }
            }

            /// Withholds parts of its personal part.
            pub(crate) fn withhold_personal(&mut self, withholding: &Withholding<'_>) {
                match self { $(Self::$name(fact) => withholding.of(fact)),* }
            }

            /// Whether its personal part was erased.
            #[must_use]
            pub fn is_erased(&self) -> bool {
                match self { $(Self::$name(fact) => fact.personal().is_some_and(Personal::is_erased)),* }
            }

            /// The bytes to store.
            ///
            /// # Errors
            /// When the codec cannot represent a value.
            pub fn encode<C: PayloadCodec>(&self, codec: &C) -> Result<EncodedEvent, String> {
                match self { $(Self::$name(fact) => encode_fact(codec, fact)),* }
            }

            /// The event of stored bytes, in its current shape.
            ///
            /// # Errors
            /// When type or version are unknown, or the bytes do not fit.
            pub fn decode<C: PayloadCodec>(
                codec: &C,
                event_type: EventType,
                version: u16,
                payload: &[u8],
                personal: PersonalBytes<'_>,
            ) -> Result<Self, DecodeError> {
                match event_type {
                    $(EventType::$name => {
                        decode_fact::<crate::$module::$name, C>(codec, version, payload, personal).map(Self::$name)
                    }),*
                }
            }

            /// Serializes both parts for people, the personal one under `personal`, as `null` when erased.
            ///
            /// # Errors
            /// Those of the serializer.
            pub fn serialize_parts<S: PartsSerializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$name(fact) => serializer.serialize(fact, fact.personal())),* }
            }
        }
    };
}

impl Event {
    /// Adds the digests of texts by which equal ones are told; `hash` is a hash under a key of the log.
    pub fn add_digests(&mut self, hash: &dyn Fn(&[u8]) -> u64) {
        if let Self::LeadRejected(rejected) = self {
            rejected.add_digest(hash);
        }
    }
}

/// Receives the two parts of an event; lets a caller choose the format without this crate knowing it.
pub trait PartsSerializer {
    /// What comes out.
    type Ok;
    /// What can go wrong.
    type Error;
    /// Takes the two parts.
    ///
    /// # Errors
    /// Those of the format.
    fn serialize<T: Serialize, P: Serialize>(
        self,
        fact: &T,
        personal: Option<&Personal<P>>,
    ) -> Result<Self::Ok, Self::Error>;
}

events! {
    /// The company's time zone was published.
    employee::CompanyProfilePublished,
    /// A business unit was formed.
    employee::BusinessUnitFormed,
    /// A team was formed.
    employee::TeamFormed,
    /// An employee, human or system, began.
    employee::EmployeeHired,
    /// An employee changed the team.
    employee::EmployeeTransferred,
    /// An employee left.
    employee::EmployeeLeft,
    /// A version of a pipeline was published.
    pipeline::PipelinePublished,
    /// A version of a reason catalog was published.
    catalog::ReasonCatalogPublished,
    /// A version of the audit thresholds was published.
    catalog::AuditRulesPublished,
    /// A version of the custom attributes of an entity was published.
    attribute::AttributesPublished,
    /// Custom attributes of one entity were set or cleared.
    attribute::AttributesSet,
    /// An account was created.
    account::AccountCreated,
    /// Name or contact data of an account changed.
    account::AccountUpdated,
    /// An account got another owner.
    account::AccountOwnerAssigned,
    /// A contact was created.
    contact::ContactCreated,
    /// Name, contact data or account of a contact changed.
    contact::ContactUpdated,
    /// A lead arrived.
    lead::LeadReceived,
    /// A lead was found worth pursuing.
    lead::LeadQualified,
    /// A lead got an owner.
    lead::LeadAssigned,
    /// A lead was rejected.
    lead::LeadRejected,
    /// A lead was set aside until a date.
    lead::LeadRecycled,
    /// A rejected or recycled lead came back.
    lead::LeadReopened,
    /// A lead became account, contact and opportunity.
    lead::LeadConverted,
    /// An opportunity was opened.
    opportunity::OpportunityOpened,
    /// An opportunity moved to another stage.
    opportunity::OpportunityStageChanged,
    /// The amount of an opportunity changed.
    opportunity::OpportunityAmountRevised,
    /// The expected close date of an opportunity changed.
    opportunity::OpportunityExpectedCloseRevised,
    /// The seller declared a probability.
    opportunity::OpportunityProbabilityDeclared,
    /// An opportunity got another owner.
    opportunity::OpportunityOwnerAssigned,
    /// An opportunity was won.
    opportunity::OpportunityWon,
    /// An opportunity was lost.
    opportunity::OpportunityLost,
    /// A closed opportunity was opened again.
    opportunity::OpportunityReopened,
    /// A call took place.
    activity::CallRecorded,
    /// An e-mail was sent or received.
    activity::EmailRecorded,
    /// A meeting took place.
    activity::MeetingRecorded,
    /// A message was sent or received.
    activity::MessageRecorded,
    /// A postal letter was sent or received.
    activity::LetterRecorded,
    /// A note was taken.
    activity::NoteRecorded,
    /// An agreement was reached.
    agreement::AgreementReached,
    /// A resource was reserved for a period.
    agreement::ResourceReserved,
    /// A reservation was given up.
    agreement::ReservationReleased,
    /// A task was scheduled.
    task::TaskScheduled,
    /// A task was done.
    task::TaskCompleted,
    /// A task was called off.
    task::TaskCancelled,
    /// An employee got a role, or another reach of one.
    access::RoleGranted,
    /// An employee lost a role.
    access::RoleRevoked,
    /// An employee is away, and somebody stands in.
    access::AbsenceDeclared,
    /// An absence is over.
    access::AbsenceEnded,
    /// Two data subjects turned out to be one person.
    privacy::SubjectsLinked,
    /// A person consented to a purpose.
    privacy::ConsentGiven,
    /// A person took a consent back.
    privacy::ConsentWithdrawn,
    /// The law obliges the company to keep a person's data.
    privacy::LegalHoldPlaced,
    /// The company is no longer obliged to keep a person's data.
    privacy::LegalHoldLifted,
    /// A person's data were erased.
    privacy::PersonalDataErased,
    /// A request brought no event.
    request::RequestSettled,
}

fn encode_fact<F: Fact, C: PayloadCodec>(codec: &C, fact: &F) -> Result<EncodedEvent, String> {
    let personal = match fact.personal() {
        Some(Personal::Known(values)) if values.say_anything() => Some(codec.encode(values)?),
        _ => None,
    };
    let mut tags = Tags::default();
    fact.tags(&mut tags);
    Ok(EncodedEvent {
        event_type: F::TYPE,
        version: F::VERSION,
        tags,
        payload: codec.encode(fact)?,
        personal,
        subjects: fact.data_subjects(),
        lookups: lookups(fact.personal()),
    })
}

fn lookups<P: PersonalValues>(personal: Option<&Personal<P>>) -> Tags {
    let mut lookups = Tags::default();
    if let Some(Personal::Known(values)) = personal {
        values.add_lookups(&mut lookups);
    }
    lookups
}

fn erase<F: Fact>(fact: &mut F) {
    if fact.personal().is_some_and(Personal::says_anything) {
        fact.set_personal(Personal::Erased);
    }
}

fn decode_fact<F: Fact, C: PayloadCodec>(
    codec: &C,
    version: u16,
    payload: &[u8],
    personal: PersonalBytes<'_>,
) -> Result<F, DecodeError> {
    let unreadable = |reason| DecodeError::Payload { event_type: F::TYPE.name().to_owned(), version, reason };
    let mut fact = if version == F::VERSION {
        codec.decode::<F>(payload).map_err(unreadable)?
    } else {
        F::upcast(codec, version, payload)?
    };
    match personal {
        PersonalBytes::None => {}
        PersonalBytes::Known(bytes) => fact.set_personal(Personal::Known(codec.decode(bytes).map_err(unreadable)?)),
        PersonalBytes::Erased => fact.set_personal(Personal::Erased),
    }
    Ok(fact)
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EventType {
    type Err = DecodeError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        static BY_NAME: std::sync::LazyLock<BTreeMap<&'static str, EventType>> = std::sync::LazyLock::new(|| {
            EventType::ALL.iter().map(|event_type| (event_type.name(), *event_type)).collect()
        });
        BY_NAME.get(name).copied().ok_or_else(|| DecodeError::UnknownType(name.to_owned()))
    }
}

/// An event on its way into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id, a `UUIDv7`.
    pub id: EventId,
    /// When it happened, as the caller says.
    pub occurred_at: Timestamp,
    /// Who did it; none = the system itself.
    pub actor: Option<EmployeeId>,
    /// Everything that belongs to one business process shares it.
    pub correlation: Option<Uuid>,
    /// The event that led to this one.
    pub causation: Option<EventId>,
    /// What happened.
    pub event: Event,
}

/// An event as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place.
    pub position: Position,
    /// Its id.
    pub id: EventId,
    /// When it happened, as the caller said.
    pub occurred_at: Timestamp,
    /// When it was recorded; never decreases along positions.
    pub recorded_at: Timestamp,
    /// Who did it; none = the system itself.
    pub actor: Option<EmployeeId>,
    /// The request that brought it.
    pub request: Option<RequestId>,
    /// Everything that belongs to one business process shares it.
    pub correlation: Option<Uuid>,
    /// The event that led to this one.
    pub causation: Option<EventId>,
    /// What happened.
    pub event: Event,
}
