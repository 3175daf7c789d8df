//! The personal part of a frame: opened with the keys of those whom the event is about.

use letopis_domain::event::PersonalBytes;
use letopis_domain::ids::SubjectId;
use smallvec::SmallVec;
use uuid::Uuid;

use super::{Frame, flags};
use crate::error::ReadError;
use crate::keys::{self, Field, Keyring, Lookup, NoKey, Opened, Part, SealError};

/// What became of a personal part.
pub(crate) enum PersonalPart {
    /// There is none.
    None,
    /// One of its keys is gone.
    Erased,
    /// In the clear.
    Known(Opened),
}

impl PersonalPart {
    /// What the codec reads.
    pub fn bytes(&self) -> PersonalBytes<'_> {
        match self {
            Self::None => PersonalBytes::None,
            Self::Erased => PersonalBytes::Erased,
            Self::Known(opened) => PersonalBytes::Known(opened.bytes()),
        }
    }

    /// The look-ups under which the event is filed.
    pub fn lookups(&self) -> &[Lookup] {
        if let Self::Known(opened) = self { opened.lookups() } else { &[] }
    }
}

impl Frame<'_> {
    /// Whom its personal part is about, ascending.
    ///
    /// # Errors
    /// When a tag is not readable.
    pub fn subjects(&self) -> Result<SmallVec<[Uuid; 2]>, ReadError> {
        self.ids_of(SubjectId::PREFIX).map_err(|error| self.damaged(error.to_string()))
    }

    /// Whether it has a sealed part.
    pub const fn is_sealed(&self) -> bool {
        self.sealed.is_some()
    }

    /// Whether it came without its personal part, which had been erased before.
    pub const fn is_erased(&self) -> bool {
        self.flags & flags::ERASED != 0
    }

    /// Whether its sealed part holds look-ups.
    pub const fn has_lookups(&self) -> bool {
        self.flags & flags::LOOKUPS != 0
    }

    /// Its personal part.
    ///
    /// # Errors
    /// When it does not open although no key of it was destroyed.
    pub fn personal(&self, keyring: &Keyring) -> Result<PersonalPart, ReadError> {
        if self.is_erased() {
            return Ok(PersonalPart::Erased);
        }
        let Some(sealed) = self.sealed else { return Ok(PersonalPart::None) };
        let subjects = self.subjects()?;
        let part = Part {
            id: self.id,
            type_name: self.type_name,
            version: self.schema_version,
            field: Field::Personal,
            subjects: &subjects,
        };
        match keys::open(keyring, &part, sealed) {
            Ok(opened) if opened.lookups().is_empty() == self.has_lookups() => {
                Err(self.damaged("its look-ups are not what its flags say".to_owned()))
            }
            Ok(opened) => Ok(PersonalPart::Known(opened)),
            Err(SealError::NoKey(NoKey::Destroyed(_))) => Ok(PersonalPart::Erased),
            Err(error) => Err(self.damaged(error.to_string())),
        }
    }

    fn damaged(&self, reason: String) -> ReadError {
        ReadError::Damaged { position: self.position, reason }
    }
}
