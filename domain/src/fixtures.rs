//! A small company for tests: two sellers, one customer, two pipelines and the reasons for losing.

use crate::account::{AccountCreated, AccountKind};
use crate::activity::Subjects;
use crate::agreement::{AgreementForm, ReachAgreement};
use crate::catalog::{CatalogKind, Reason, ReasonCatalogPublished};
use crate::contact::ContactCreated;
use crate::employee::{EmployeeDetails, EmployeeHired, EmployeeKind};
use crate::ids::{AccountId, ContactId, EmployeeId, LeadId, PipelineId, SubjectId};
use crate::lead::LeadReceived;
use crate::opportunity::OpenOpportunity;
use crate::pipeline::{PipelinePublished, Stage, StageCategory, StageRef};
use crate::privacy::{DataSubjects, ErasureGround, PersonalDataErased};
use crate::testing::{History, given, id};
use crate::values::{Attributes, Money, Period, Personal, Timestamp};

/// The number in the id of a seller.
pub const SELLER: u128 = 1;
/// The number in the id of another seller.
pub const COLLEAGUE: u128 = 2;
/// The number in the id of the customer.
pub const ACCOUNT: u128 = 10;
/// The number in the id of the person on the customer's side.
pub const CONTACT: u128 = 11;
/// The number in the id of the lead.
pub const LEAD: u128 = 12;
/// Another customer, who is not part of [`company`].
pub const RIVAL: u128 = 13;
/// The number in the id of the pipeline with the stages NEW, OFFER and TALKS.
pub const PIPELINE: u128 = 20;
/// The number in the id of the pipeline with the stages START and END.
pub const OTHER_PIPELINE: u128 = 21;

/// The company.
pub fn company() -> History {
    given([
        hired(id(SELLER)).into(),
        hired(id(COLLEAGUE)).into(),
        account(id(ACCOUNT)).into(),
        contact(id(CONTACT)).into(),
        lead(id(LEAD)).into(),
        published(PIPELINE, 1, &["NEW", "OFFER", "TALKS"]).into(),
        published(OTHER_PIPELINE, 1, &["START", "END"]).into(),
        losses().into(),
    ])
}

/// The customer as subject.
pub fn customer() -> Subjects {
    Subjects { account: Some(id(ACCOUNT)), ..Subjects::default() }
}

/// Whom a text about the customer is about.
pub fn customer_subject() -> DataSubjects {
    id::<SubjectId>(ACCOUNT).into()
}

/// A version of a pipeline with stages of these keys.
pub fn published(pipeline: u128, version: u32, stages: &[&str]) -> PipelinePublished {
    let stage = |key: &&str| Stage {
        key: (*key).to_owned(),
        name: (*key).to_owned(),
        category: StageCategory::Proposal,
        probability_percent: None,
    };
    PipelinePublished {
        pipeline: id::<PipelineId>(pipeline),
        version,
        name: "Sales".to_owned(),
        stages: stages.iter().map(stage).collect(),
    }
}

/// A stage of a version.
pub fn stage(pipeline: u128, version: u32, key: &str) -> StageRef {
    StageRef { pipeline: id(pipeline), version, stage: key.to_owned() }
}

/// A deal in the stage OFFER, owned by the seller, worth 100 euros.
pub fn deal(opportunity: u128) -> OpenOpportunity {
    OpenOpportunity {
        opportunity: id(opportunity),
        account: Some(id(ACCOUNT)),
        contact: None,
        pipeline: id(PIPELINE),
        stage: Some("OFFER".to_owned()),
        title: Some("Annual advertising".into()),
        owner: Some(id(SELLER)),
        amount: Some(eur(100)),
        expected_close: None,
        probability_percent: None,
        attributes: Attributes::default(),
    }
}

/// Somebody was erased, whose data subject has this number.
pub fn erased(subject: u128) -> PersonalDataErased {
    PersonalDataErased {
        subject: id(subject),
        erased: id::<SubjectId>(subject).into(),
        ground: ErasureGround::Objection,
        reference: None,
        employee: None,
    }
}

/// Euros.
pub fn eur(amount: i64) -> Money {
    Money { amount: amount.into(), currency: "EUR".parse().unwrap() }
}

/// The days from midnight to midnight UTC, like `2026-01-31`; none = without end.
pub fn days(from: &str, until: Option<&str>) -> Period {
    let midnight = |day: &str| Timestamp::from_rfc3339(&format!("{day}T00:00:00Z")).unwrap();
    Period { from: midnight(from), until: until.map(midnight) }
}

/// A written agreement with the customer for a year.
pub fn contract(agreement: u128) -> ReachAgreement {
    ReachAgreement {
        agreement: id(agreement),
        subjects: customer(),
        employee: Some(id(SELLER)),
        form: AgreementForm::Written,
        valid: days("2025-01-01", Some("2026-01-01")),
        renews: None,
        amount: Some(eur(1_200)),
        terms: "the back page".into(),
    }
}

fn hired(employee: EmployeeId) -> EmployeeHired {
    let personal = Personal::Known(EmployeeDetails::default());
    EmployeeHired { employee, kind: EmployeeKind::Human, team: None, personal }
}

/// An account without a name.
pub fn account(account: AccountId) -> AccountCreated {
    AccountCreated {
        account,
        subject: id(ACCOUNT),
        kind: AccountKind::Company,
        owner: None,
        parent: None,
        origin_lead: None,
        attributes_version: 0,
        personal: Personal::default(),
    }
}

fn contact(contact: ContactId) -> ContactCreated {
    ContactCreated {
        contact,
        subject: id(CONTACT),
        account: None,
        owner: None,
        origin_lead: None,
        attributes_version: 0,
        personal: Personal::default(),
    }
}

fn lead(lead: LeadId) -> LeadReceived {
    LeadReceived {
        lead,
        subject: id(LEAD),
        source: None,
        channel: None,
        campaign: None,
        owner: None,
        amount: None,
        attributes_version: 0,
        personal: Personal::default(),
    }
}

fn losses() -> ReasonCatalogPublished {
    let reason = |key: &str, comment_required| Reason {
        key: key.to_owned(),
        name: key.to_owned(),
        comment_required,
        claim: None,
    };
    let reasons = vec![reason("PRICE", false), reason("OTHER", true)];
    ReasonCatalogPublished { kind: CatalogKind::OpportunityLoss, version: 1, reasons }
}
