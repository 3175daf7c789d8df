//! Samples of the company's own events: structure, pipelines, catalogs, attributes.

use super::subjects::one;
use super::{INSTANT, attributes};
use crate::access::{AbsenceDeclared, AbsenceEnded, Reach, Role, RoleGranted, RoleRevoked};
use crate::attribute::{
    AttributeChange, AttributeChanges, AttributeDefinition, AttributeType, AttributesPublished, AttributesSet,
    EntityKind, EntityRef,
};
use crate::catalog::{AuditRulesPublished, AuditThresholds, CatalogKind, Claim, Reason, ReasonCatalogPublished};
use crate::employee::{
    BusinessUnitFormed, CompanyProfilePublished, EmployeeDetails, EmployeeHired, EmployeeKind, EmployeeLeft,
    EmployeeTransferred, TeamFormed,
};
use crate::pipeline::{PipelinePublished, Stage, StageCategory};
use crate::request::RequestSettled;
use crate::testing::id;
use crate::values::{AttributeValue, Period, Personal};

pub(super) fn company_profile_published() -> CompanyProfilePublished {
    CompanyProfilePublished { name: "Вега Media B.V.".to_owned(), time_zone: chrono_tz::Europe::Amsterdam }
}

pub(super) fn business_unit_formed() -> BusinessUnitFormed {
    BusinessUnitFormed { unit: id(1), name: "North".to_owned() }
}

pub(super) fn team_formed() -> TeamFormed {
    TeamFormed { team: id(2), name: "Inside sales".to_owned(), parent: Some(id(3)), unit: Some(id(1)) }
}

pub(super) fn employee_hired() -> EmployeeHired {
    let personal = Personal::Known(EmployeeDetails { name: "Вера Петрова".into() });
    EmployeeHired { employee: id(4), kind: EmployeeKind::Human, team: Some(id(2)), personal }
}

pub(super) fn employee_transferred() -> EmployeeTransferred {
    EmployeeTransferred { employee: id(4), from: Some(id(2)), to: Some(id(3)) }
}

pub(super) fn employee_left() -> EmployeeLeft {
    EmployeeLeft { employee: id(4) }
}

pub(super) fn role_granted() -> RoleGranted {
    RoleGranted { employee: id(4), role: Role::TeamLead, reach: Reach::Unit }
}

pub(super) fn role_revoked() -> RoleRevoked {
    RoleRevoked { employee: id(4), role: Role::TeamLead }
}

pub(super) fn absence_declared() -> AbsenceDeclared {
    let period = Period { from: INSTANT, until: Some(INSTANT.plus_ms(86_400_000)) };
    AbsenceDeclared { absence: id(91), employee: id(4), substitute: id(9), period }
}

pub(super) fn absence_ended() -> AbsenceEnded {
    AbsenceEnded { absence: id(91), employee: id(4), substitute: id(9) }
}

pub(super) fn pipeline_published() -> PipelinePublished {
    let stage = |key: &str, category, probability_percent| Stage {
        key: key.to_owned(),
        name: format!("Stage {key}"),
        category,
        probability_percent,
    };
    let stages = vec![
        stage("LOOK", StageCategory::Prospecting, None),
        stage("CHECK", StageCategory::Qualification, Some(0)),
        stage("OFFER", StageCategory::Proposal, Some(40)),
        stage("TERMS", StageCategory::Negotiation, Some(75)),
        stage("SIGN", StageCategory::Commitment, Some(100)),
    ];
    PipelinePublished { pipeline: id(5), version: 3, name: "Sales".to_owned(), stages }
}

pub(super) fn reason_catalog_published() -> ReasonCatalogPublished {
    let reason = |key: &str, comment_required, claim| Reason {
        key: key.to_owned(),
        name: format!("Reason {key}"),
        comment_required,
        claim,
    };
    let reasons = vec![reason("NO_ANSWER", false, Some(Claim::NoAnswer)), reason("OTHER", true, None)];
    ReasonCatalogPublished { kind: CatalogKind::LeadRejection, version: 2, reasons }
}

pub(super) fn audit_rules_published() -> AuditRulesPublished {
    AuditRulesPublished { version: 2, thresholds: AuditThresholds { burst_count: 12, ..AuditThresholds::default() } }
}

pub(super) fn attributes_published() -> AttributesPublished {
    let definition = |key: &str, value_type| AttributeDefinition {
        key: key.to_owned(),
        name: format!("Attribute {key}"),
        value_type,
    };
    let definitions = vec![
        definition("consent", AttributeType::Flag),
        definition("employees", AttributeType::Number),
        definition("first_seen", AttributeType::Time),
        definition("founded", AttributeType::Date),
        definition("landing_page", AttributeType::Text),
        definition("size", AttributeType::Option(vec!["S".to_owned(), "L".to_owned()])),
    ];
    AttributesPublished { entity: EntityKind::Account, version: 4, definitions }
}

pub(super) fn attributes_set() -> AttributesSet {
    let before = AttributeValue::Time(INSTANT.plus_ms(-1));
    let change =
        |(key, to): (String, AttributeValue)| AttributeChange { key, from: Some(before.clone()), to: Some(to) };
    let changes = attributes().into_iter().map(change).collect();
    AttributesSet {
        entity: EntityRef::Account(id(6)),
        version: 4,
        data_subjects: one(),
        personal: Personal::Known(AttributeChanges { changes }),
    }
}

pub(super) fn request_settled() -> RequestSettled {
    RequestSettled { command: "AssignLead".to_owned() }
}
