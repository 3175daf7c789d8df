//! Samples of the events of data subjects.

use super::date;
use crate::ids::SubjectId;
use crate::privacy::{
    ConsentGiven, ConsentWithdrawn, ErasureGround, HoldReason, LegalHoldLifted, LegalHoldPlaced, PersonalDataErased,
    SubjectsLinked,
};
use crate::testing::id;
use crate::values::Personal;

pub(super) fn subjects_linked() -> SubjectsLinked {
    SubjectsLinked { subject: id(7), other: id(17) }
}

pub(super) fn consent_given() -> ConsentGiven {
    ConsentGiven {
        subject: id(7),
        purpose: "newsletter".to_owned(),
        channel: Some("web_form".to_owned()),
        text_version: Some("2026-01".to_owned()),
        valid_until: Some(date(2028, 12, 31)),
        employee: Some(id(4)),
    }
}

pub(super) fn consent_withdrawn() -> ConsentWithdrawn {
    ConsentWithdrawn { subject: id(7), purpose: "newsletter".to_owned(), employee: Some(id(9)) }
}

fn reason(text: &str) -> Personal<HoldReason> {
    Personal::Known(HoldReason { reason: text.into() })
}

pub(super) fn legal_hold_placed() -> LegalHoldPlaced {
    LegalHoldPlaced {
        hold: id(90), subject: id(7), employee: Some(id(4)), personal: reason("Иск Веры Петровой")
    }
}

pub(super) fn legal_hold_lifted() -> LegalHoldLifted {
    LegalHoldLifted {
        hold: id(90), subject: id(7), employee: Some(id(4)), personal: reason("Вера отозвала иск")
    }
}

pub(super) fn personal_data_erased() -> PersonalDataErased {
    PersonalDataErased {
        subject: id(7),
        erased: [7, 17].map(id::<SubjectId>).into_iter().collect(),
        ground: ErasureGround::ConsentWithdrawn,
        reference: Some("2026/17".to_owned()),
        employee: Some(id(4)),
    }
}
