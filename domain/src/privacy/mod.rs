//! Data subjects: consents, legal holds, links, and erasure.

mod data_subjects;
mod erasures;
mod events;
mod subject;

mod entries;
mod erase_subject;
mod give_consent;
mod lift_legal_hold;
mod link_subjects;
mod place_legal_hold;
mod withdraw_consent;

#[cfg(test)]
mod left;

pub use data_subjects::DataSubjects;
pub use entries::Entries;
pub use erase_subject::EraseSubject;
pub use erasures::Erasures;
pub use events::{
    ConsentGiven, ConsentWithdrawn, ErasureGround, HoldReason, LegalHoldLifted, LegalHoldPlaced, PersonalDataErased,
    SubjectsLinked,
};
pub use give_consent::GiveConsent;
pub use lift_legal_hold::LiftLegalHold;
pub use link_subjects::LinkSubjects;
pub use place_legal_hold::PlaceLegalHold;
pub use subject::{Consent, LegalHold, Subject};
pub use withdraw_consent::WithdrawConsent;
