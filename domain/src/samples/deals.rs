//! Samples of the events of opportunities.

use super::customers::comment;
use super::subjects::one;
use super::{attributes, date, euros};
use crate::opportunity::{
    LossDetails, OpportunityAmountRevised, OpportunityDetails, OpportunityExpectedCloseRevised, OpportunityLost,
    OpportunityOpened, OpportunityOwnerAssigned, OpportunityProbabilityDeclared, OpportunityReopened,
    OpportunityStageChanged, OpportunityWon,
};
use crate::pipeline::StageRef;
use crate::testing::id;
use crate::values::Personal;

fn stage(stage: &str) -> StageRef {
    StageRef { pipeline: id(5), version: 3, stage: stage.to_owned() }
}

pub(super) fn opportunity_opened() -> OpportunityOpened {
    OpportunityOpened {
        opportunity: id(12),
        account: Some(id(6)),
        contact: Some(id(11)),
        origin_lead: Some(id(10)),
        stage: stage("LOOK"),
        owner: Some(id(4)),
        amount: Some(euros(500_000)),
        expected_close: Some(date(2026, 12, 24)),
        probability_percent: Some(30),
        attributes_version: 1,
        data_subjects: one(),
        personal: Personal::with_attributes(
            OpportunityDetails { title: Some("Реклама для Веры".into()) },
            attributes(),
        ),
    }
}

pub(super) fn opportunity_stage_changed() -> OpportunityStageChanged {
    OpportunityStageChanged { opportunity: id(12), employee: Some(id(4)), from: stage("LOOK"), to: stage("OFFER") }
}

pub(super) fn opportunity_amount_revised() -> OpportunityAmountRevised {
    OpportunityAmountRevised {
        opportunity: id(12),
        employee: Some(id(4)),
        from: Some(euros(500_000)),
        to: Some(euros(499_999)),
    }
}

pub(super) fn opportunity_expected_close_revised() -> OpportunityExpectedCloseRevised {
    OpportunityExpectedCloseRevised {
        opportunity: id(12),
        employee: Some(id(4)),
        from: Some(date(2026, 12, 24)),
        to: Some(date(2027, 1, 15)),
    }
}

pub(super) fn opportunity_probability_declared() -> OpportunityProbabilityDeclared {
    OpportunityProbabilityDeclared {
        opportunity: id(12),
        employee: Some(id(4)),
        from_percent: Some(30),
        to_percent: Some(90),
    }
}

pub(super) fn opportunity_owner_assigned() -> OpportunityOwnerAssigned {
    OpportunityOwnerAssigned { opportunity: id(12), from: Some(id(4)), to: Some(id(9)) }
}

pub(super) fn opportunity_won() -> OpportunityWon {
    OpportunityWon { opportunity: id(12), employee: Some(id(4)), stage: stage("SIGN"), amount: Some(euros(450_000)) }
}

pub(super) fn opportunity_lost() -> OpportunityLost {
    OpportunityLost {
        opportunity: id(12),
        employee: Some(id(4)),
        stage: stage("TERMS"),
        amount: Some(euros(450_000)),
        reason: "PRICE".to_owned(),
        catalog_version: 1,
        data_subjects: one(),
        personal: Personal::Known(LossDetails {
            competitor: Some("Altair, Вера Орлова".into()),
            comment: Some("Вера нашла дешевле".into()),
        }),
    }
}

pub(super) fn opportunity_reopened() -> OpportunityReopened {
    OpportunityReopened {
        opportunity: id(12),
        employee: Some(id(4)),
        stage: stage("OFFER"),
        data_subjects: one(),
        personal: comment(),
    }
}
