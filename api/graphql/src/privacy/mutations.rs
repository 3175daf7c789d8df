//! Commands on data subjects.

use letopis_domain::ids::{EmployeeId, LegalHoldId, SubjectId};

use super::{DataSubject, LegalHold};
use crate::enums::ErasureGround;
use crate::ids::Given;
use crate::intake::Fresh;
use crate::mutation::mutations;
use crate::scalars::Date;

mutations! {
    /// Commands on data subjects.
    PrivacyMutations;

    /// Records that a person consents to a purpose.
    give_consent(GiveConsentInput => letopis_domain::privacy::GiveConsent) -> GiveConsentPayload {
        /// The person.
        data_subject: DataSubject, by |command| command.subject
    } {
        /// The person.
        subject: Given<SubjectId>,
        /// A key of the company for what the data may be used, e.g. `newsletter`.
        purpose: String,
        /// By which way, e.g. `web_form`.
        channel: Option<String>,
        /// The version of the text they agreed to.
        text_version: Option<String>,
        /// The last day on which it holds.
        valid_until: Option<Date>,
        /// Who of the company takes it down; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Records that a person takes a consent back.
    withdraw_consent(WithdrawConsentInput => letopis_domain::privacy::WithdrawConsent) -> WithdrawConsentPayload {
        /// The person.
        data_subject: DataSubject, by |command| command.subject
    } {
        /// The person.
        subject: Given<SubjectId>,
        /// What the data may no longer be used for.
        purpose: String,
        /// Who of the company takes it down; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Forbids the erasure of a person's data while the law demands that they are kept.
    place_legal_hold(PlaceLegalHoldInput => letopis_domain::privacy::PlaceLegalHold) -> PlaceLegalHoldPayload {
        /// The hold.
        legal_hold: LegalHold, by |command| command.hold
    } {
        /// The new hold's id, or a UUID; made when absent.
        hold: Fresh<LegalHoldId>,
        /// The person.
        subject: Given<SubjectId>,
        /// Why; who asks for an erasure reads it.
        reason: String,
        /// Who of the company places it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Lifts a legal hold.
    lift_legal_hold(LiftLegalHoldInput => letopis_domain::privacy::LiftLegalHold) -> LiftLegalHoldPayload {
        /// The hold.
        legal_hold: LegalHold, by |command| command.hold
    } {
        /// The hold.
        hold: Given<LegalHoldId>,
        /// Why it is no longer needed.
        reason: String,
        /// Who of the company lifts it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// States that two data subjects are one person: whoever is one of them is erased together with the other from then on,
    /// and a legal hold on one keeps both. There is no way back. `NOT_FOUND` when nothing is known about one of them,
    /// `INVALID_VALUE` when both are the same.
    link_subjects(LinkSubjectsInput => letopis_domain::privacy::LinkSubjects) -> LinkSubjectsPayload {
        /// The person.
        data_subject: DataSubject, by |command| command.subject
    } {
        /// The one.
        subject: Given<SubjectId>,
        /// The other.
        other: Given<SubjectId>,
    }

    /// Erases the personal data of a person for ever: the keys to it are destroyed before this is answered. The history
    /// stays, with `erased` in place of what was personal.
    erase_subject(EraseSubjectInput => letopis_domain::privacy::EraseSubject) -> EraseSubjectPayload {
        /// The person.
        data_subject: DataSubject, by |command| command.subject
    } {
        /// The person; data subjects that are linked with it are erased as well.
        subject: Given<SubjectId>,
        /// On what ground.
        ground: ErasureGround,
        /// The company's reference of the request, e.g. a file number; never a name.
        reference: Option<String>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }
}
