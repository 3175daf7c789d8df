//! What a read model is: a fold of the log that cannot fail.
//!
//! Each model matches every event, so that a new event makes the compiler point at all of them. The patterns below
//! name the families that a model does not care about; a new event belongs to no family until someone puts it there.

use letopis_domain::event::Recorded;

/// A fold of the log into rows.
pub(crate) trait Projection {
    /// Its name, as `rebuild` prints it.
    const NAME: &'static str;
    /// Raised when the rows change shape or meaning: the stored ones are then built again.
    const REVISION: u32;
    /// What it needs of the read models that are folded before it.
    type Beside<'a>;

    /// Folds one event. Events come once each, in the order of their positions.
    fn apply(&mut self, event: &Recorded, beside: Self::Beside<'_>);
}

macro_rules! company_events {
    () => {
        Event::CompanyProfilePublished(_)
            | Event::BusinessUnitFormed(_)
            | Event::TeamFormed(_)
            | Event::EmployeeHired(_)
            | Event::EmployeeTransferred(_)
            | Event::EmployeeLeft(_)
    };
}

/// Who may see and do what, and who stands in for whom: about no customer.
macro_rules! access_events {
    () => {
        Event::RoleGranted(_) | Event::RoleRevoked(_) | Event::AbsenceDeclared(_) | Event::AbsenceEnded(_)
    };
}

/// What is published for everybody, and that a request brought nothing: about no customer.
macro_rules! published_events {
    () => {
        Event::PipelinePublished(_)
            | Event::ReasonCatalogPublished(_)
            | Event::AuditRulesPublished(_)
            | Event::AttributesPublished(_)
            | Event::RequestSettled(_)
    };
}

/// What data subjects allow and demand. No row holds anything personal, so an erasure changes none; the particulars,
/// which are beside the rows, are dropped.
macro_rules! privacy_events {
    () => {
        Event::SubjectsLinked(_)
            | Event::ConsentGiven(_)
            | Event::ConsentWithdrawn(_)
            | Event::LegalHoldPlaced(_)
            | Event::LegalHoldLifted(_)
            | Event::PersonalDataErased(_)
    };
}

macro_rules! account_events {
    () => {
        Event::AccountCreated(_) | Event::AccountUpdated(_) | Event::AccountOwnerAssigned(_)
    };
}

macro_rules! contact_events {
    () => {
        Event::ContactCreated(_) | Event::ContactUpdated(_)
    };
}

macro_rules! lead_events {
    () => {
        Event::LeadReceived(_)
            | Event::LeadQualified(_)
            | Event::LeadAssigned(_)
            | Event::LeadRejected(_)
            | Event::LeadRecycled(_)
            | Event::LeadReopened(_)
            | Event::LeadConverted(_)
    };
}

macro_rules! opportunity_events {
    () => {
        Event::OpportunityOpened(_)
            | Event::OpportunityStageChanged(_)
            | Event::OpportunityAmountRevised(_)
            | Event::OpportunityExpectedCloseRevised(_)
            | Event::OpportunityProbabilityDeclared(_)
            | Event::OpportunityOwnerAssigned(_)
            | Event::OpportunityWon(_)
            | Event::OpportunityLost(_)
            | Event::OpportunityReopened(_)
    };
}

macro_rules! activity_events {
    () => {
        Event::CallRecorded(_)
            | Event::EmailRecorded(_)
            | Event::MeetingRecorded(_)
            | Event::MessageRecorded(_)
            | Event::LetterRecorded(_)
            | Event::NoteRecorded(_)
    };
}

macro_rules! agreement_events {
    () => {
        Event::AgreementReached(_) | Event::ResourceReserved(_) | Event::ReservationReleased(_)
    };
}

macro_rules! task_events {
    () => {
        Event::TaskScheduled(_) | Event::TaskCompleted(_) | Event::TaskCancelled(_)
    };
}

pub(crate) use {
    access_events, account_events, activity_events, agreement_events, company_events, contact_events, lead_events,
    opportunity_events, privacy_events, published_events, task_events,
};
