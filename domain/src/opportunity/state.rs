//! An opportunity as its events tell it: what entity look-ups, `replay` and lists show.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::{Event, EventType, Recorded};
use crate::ids::{AccountId, ContactId, EmployeeId, LeadId, OpportunityId, Position, SubjectId};
use crate::pipeline::StageRef;
use crate::privacy::DataSubjects;
use crate::values::{Attributes, Date, Money, Personal, PlainText, Timestamp};

/// Where a deal stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OpportunityStatus {
    /// In a stage of its pipeline.
    #[default]
    Open,
    /// The customer bought.
    Won,
    /// The customer did not buy.
    Lost,
}

impl fmt::Display for OpportunityStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        })
    }
}

/// One stay in a stage. A stay ends when the deal moves on or closes; reopening begins another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StageStay {
    /// The stage.
    pub stage: StageRef,
    /// When it was entered, by business time.
    pub entered_at: Timestamp,
    /// The event that entered it.
    pub entered: Position,
    /// When it was left, by business time; may lie before `entered_at` where the source says so.
    pub left_at: Option<Timestamp>,
    /// The event that left it.
    pub left: Option<Position>,
}

/// One declaration of the probability (R1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProbabilityDeclaration {
    /// 0 to 100; none = withdrawn.
    pub percent: Option<u8>,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// When, by business time.
    pub declared_at: Timestamp,
    /// The event that declares it.
    pub position: Position,
}

/// An opportunity as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Opportunity {
    /// Its id.
    pub id: OpportunityId,
    /// Open, won or lost.
    pub status: OpportunityStatus,
    /// What it is about.
    pub title: Personal<Option<PlainText>>,
    /// The stage it is in, or was closed from.
    pub stage: StageRef,
    /// Every stay in a stage, oldest first.
    pub stage_history: Vec<StageStay>,
    /// The customer.
    pub account: Option<AccountId>,
    /// The person on the customer's side.
    pub contact: Option<ContactId>,
    /// Whom the deal concerns.
    pub data_subjects: DataSubjects,
    /// The lead it came from.
    pub origin_lead: Option<LeadId>,
    /// The seller.
    pub owner: Option<EmployeeId>,
    /// What it may be worth, or was won for.
    pub amount: Option<Money>,
    /// When it is expected to close.
    pub expected_close: Option<Date>,
    /// The probability declared last, 0 to 100.
    pub probability_percent: Option<u8>,
    /// Every declared probability, oldest first.
    pub probability_history: Vec<ProbabilityDeclaration>,
    /// When it was opened, by business time; none = there is no such opportunity.
    pub opened_at: Option<Timestamp>,
    /// When it was won or lost, by business time; none while open.
    pub closed_at: Option<Timestamp>,
    /// Why it was lost: a key of the catalog of losses.
    pub loss_reason: Option<String>,
    /// Who won it instead.
    pub competitor: Personal<Option<PlainText>>,
    /// The comment on the loss.
    pub loss_comment: Personal<Option<PlainText>>,
    /// Custom attributes.
    pub attributes: Personal<Attributes>,
}

impl Opportunity {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] = &[
        EventType::OpportunityOpened,
        EventType::OpportunityStageChanged,
        EventType::OpportunityAmountRevised,
        EventType::OpportunityExpectedCloseRevised,
        EventType::OpportunityProbabilityDeclared,
        EventType::OpportunityOwnerAssigned,
        EventType::OpportunityWon,
        EventType::OpportunityLost,
        EventType::OpportunityReopened,
        EventType::AttributesSet,
    ];

    /// Whether it was ever opened.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.opened_at.is_some()
    }

    /// The data subject under the deal's own id, which it has when it was opened without a customer.
    #[must_use]
    pub fn own_subject(&self) -> Option<SubjectId> {
        let own = SubjectId(self.id.0);
        self.data_subjects.contains(own).then_some(own)
    }

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::OpportunityOpened(opened) => {
                self.id = opened.opportunity;
                self.title = opened.personal.map(|known| known.details.title.clone());
                self.account = opened.account;
                self.contact = opened.contact;
                self.data_subjects = opened.data_subjects.clone();
                self.origin_lead = opened.origin_lead;
                self.owner = opened.owner;
                self.amount = opened.amount;
                self.expected_close = opened.expected_close;
                self.attributes = opened.personal.attributes();
                self.opened_at = Some(recorded.occurred_at);
                self.enter(&opened.stage, recorded);
                if opened.probability_percent.is_some() {
                    self.declare(opened.probability_percent, opened.owner, recorded);
                }
            }
            Event::OpportunityStageChanged(changed) => {
                self.leave(recorded);
                self.enter(&changed.to, recorded);
            }
            Event::OpportunityAmountRevised(revised) => self.amount = revised.to,
            Event::OpportunityExpectedCloseRevised(revised) => self.expected_close = revised.to,
            Event::OpportunityProbabilityDeclared(declared) => {
                self.declare(declared.to_percent, declared.employee, recorded);
            }
            Event::OpportunityOwnerAssigned(assigned) => self.owner = assigned.to,
            Event::OpportunityWon(won) => {
                self.close(OpportunityStatus::Won, recorded);
                self.amount = won.amount;
            }
            Event::OpportunityLost(lost) => {
                self.close(OpportunityStatus::Lost, recorded);
                self.loss_reason = Some(lost.reason.clone());
                self.competitor = lost.personal.map(|personal| personal.competitor.clone());
                self.loss_comment = lost.personal.map(|personal| personal.comment.clone());
            }
            Event::OpportunityReopened(reopened) => {
                self.status = OpportunityStatus::Open;
                self.closed_at = None;
                self.loss_reason = None;
                self.competitor = Personal::default();
                self.loss_comment = Personal::default();
                self.enter(&reopened.stage, recorded);
            }
            Event::AttributesSet(set) => set.change(&mut self.attributes),
            _ => {}
        }
    }

    fn enter(&mut self, stage: &StageRef, recorded: &Recorded) {
        self.stage.clone_from(stage);
        self.stage_history.push(StageStay {
            stage: stage.clone(),
            entered_at: recorded.occurred_at,
            entered: recorded.position,
            left_at: None,
            left: None,
        });
    }

    fn leave(&mut self, recorded: &Recorded) {
        if let Some(stay) = self.stage_history.last_mut() {
            stay.left_at = Some(recorded.occurred_at);
            stay.left = Some(recorded.position);
        }
    }

    fn declare(&mut self, percent: Option<u8>, employee: Option<EmployeeId>, recorded: &Recorded) {
        self.probability_percent = percent;
        self.probability_history.push(ProbabilityDeclaration {
            percent,
            employee,
            declared_at: recorded.occurred_at,
            position: recorded.position,
        });
    }

    fn close(&mut self, status: OpportunityStatus, recorded: &Recorded) {
        self.status = status;
        self.closed_at = Some(recorded.occurred_at);
        self.leave(recorded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{PIPELINE, SELLER, company, deal, eur, stage};
    use crate::opportunity::{LoseOpportunity, MoveOpportunity, OpenOpportunity, ReopenOpportunity, ReviseOpportunity};
    use crate::testing::{History, NOW, id};

    fn folded(history: &History) -> Opportunity {
        let mut opportunity = Opportunity::default();
        history.events().iter().for_each(|event| opportunity.evolve(event));
        opportunity
    }

    fn lost() -> History {
        let step = MoveOpportunity { opportunity: id(50), stage: "TALKS".to_owned(), pipeline: None, employee: None };
        let lose = LoseOpportunity {
            opportunity: id(50),
            reason: "OTHER".to_owned(),
            competitor: Some("Gazeta".into()),
            comment: Some("moved abroad".into()),
            employee: None,
        };
        let opened = company().after(&OpenOpportunity { probability_percent: Some(50), ..deal(50) });
        opened.occurring_at(NOW.plus_ms(-1_000)).after(&step).occurring_at(NOW).after(&lose)
    }

    #[test]
    fn a_lost_deal_tells_from_where_when_and_why() {
        let opportunity = folded(&lost());
        assert_eq!(opportunity.status, OpportunityStatus::Lost);
        assert_eq!(opportunity.stage, stage(PIPELINE, 1, "TALKS"));
        assert_eq!(opportunity.closed_at, Some(NOW));
        assert_eq!(opportunity.loss_reason.as_deref(), Some("OTHER"));
        assert_eq!(opportunity.competitor, Personal::Known(Some("Gazeta".into())));
        assert_eq!((opportunity.owner, opportunity.amount), (Some(id(SELLER)), Some(eur(100))));
    }

    #[test]
    fn stays_keep_their_own_times_even_where_they_run_backwards() {
        let stays = folded(&lost()).stage_history;
        let [first, second] = stays.as_slice() else { panic!("two stays, not {stays:?}") };
        assert_eq!((first.entered_at, first.left_at), (NOW, Some(NOW.plus_ms(-1_000))));
        assert_eq!((second.entered_at, second.left_at), (NOW.plus_ms(-1_000), Some(NOW)));
        assert_eq!(first.left, Some(second.entered));
    }

    #[test]
    fn reopening_takes_the_loss_back_and_begins_another_stay() {
        let reopen = ReopenOpportunity { opportunity: id(50), stage: None, comment: None, employee: None };
        let opportunity = folded(&lost().after(&reopen));
        assert_eq!((opportunity.status, opportunity.closed_at), (OpportunityStatus::Open, None));
        assert_eq!((opportunity.loss_reason, opportunity.competitor), (None, Personal::Known(None)));
        assert_eq!(opportunity.loss_comment, Personal::Known(None));
        assert_eq!(opportunity.stage_history.len(), 3);
        assert_eq!(opportunity.stage_history[2].left, None);
    }

    #[test]
    fn every_declared_probability_is_kept() {
        let revise = |percent| ReviseOpportunity {
            opportunity: id(50),
            amount: None,
            expected_close: None,
            probability_percent: Some(percent),
            employee: None,
        };
        let opened = company().after(&OpenOpportunity { probability_percent: Some(50), ..deal(50) });
        let opportunity = folded(&opened.after(&revise(90)).after(&revise(70)));
        let declared: Vec<_> = opportunity.probability_history.iter().map(|declared| declared.percent).collect();
        assert_eq!(declared, [Some(50), Some(90), Some(70)]);
        assert_eq!(opportunity.probability_percent, Some(70));
    }

    #[test]
    fn people_read_personal_values_in_clear_or_as_erased() {
        let opportunity = folded(&lost());
        let shown = serde_json::to_value(&opportunity).unwrap();
        assert_eq!((shown["title"].as_str(), shown["status"].as_str()), (Some("Annual advertising"), Some("LOST")));
        let erased = Opportunity { title: Personal::Erased, loss_comment: Personal::Erased, ..opportunity };
        let shown = serde_json::to_value(&erased).unwrap();
        assert_eq!((shown["title"].as_str(), shown["loss_comment"].as_str()), (Some("erased"), Some("erased")));
    }
}
