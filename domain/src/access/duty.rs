//! Which duty a command belongs to: a new command does not compile before it says so.

use crate::command::Command;

/// A kind of work that a role may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Duty {
    /// Take leads in.
    Receive,
    /// Record what happens with customers.
    Record,
    /// Give leads, accounts and opportunities to others.
    Assign,
    /// Say who stands in for whom.
    Substitute,
    /// Publish pipelines, catalogs, rules, attributes, the company's profile.
    Publish,
    /// Hire, transfer, release; form teams and business units.
    Organize,
    /// Link, hold and erase the data of people.
    Protect,
    /// Grant and revoke roles.
    Grant,
}

impl Duty {
    /// Every duty.
    pub const ALL: &'static [Self] = &[
        Self::Receive,
        Self::Record,
        Self::Assign,
        Self::Substitute,
        Self::Publish,
        Self::Organize,
        Self::Protect,
        Self::Grant,
    ];

    /// What it is, as the end of a sentence.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Receive => "take leads in",
            Self::Record => "record what happens with customers",
            Self::Assign => "give work to others",
            Self::Substitute => "say who stands in for whom",
            Self::Publish => "publish what holds for the whole company",
            Self::Organize => "change who works for the company",
            Self::Protect => "link, hold or erase the data of people",
            Self::Grant => "grant and revoke roles",
        }
    }
}

/// The duty that a command belongs to.
#[must_use]
pub const fn duty(command: &Command) -> Duty {
    match command {
        Command::ReceiveLead(_) => Duty::Receive,
        Command::SetAttributes(_)
        | Command::CreateAccount(_)
        | Command::UpdateAccount(_)
        | Command::CreateContact(_)
        | Command::UpdateContact(_)
        | Command::QualifyLead(_)
        | Command::RejectLead(_)
        | Command::RecycleLead(_)
        | Command::ReopenLead(_)
        | Command::ConvertLead(_)
        | Command::OpenOpportunity(_)
        | Command::MoveOpportunity(_)
        | Command::ReviseOpportunity(_)
        | Command::WinOpportunity(_)
        | Command::LoseOpportunity(_)
        | Command::ReopenOpportunity(_)
        | Command::RecordCall(_)
        | Command::RecordEmail(_)
        | Command::RecordMeeting(_)
        | Command::RecordMessage(_)
        | Command::RecordLetter(_)
        | Command::RecordNote(_)
        | Command::ReachAgreement(_)
        | Command::ReserveResource(_)
        | Command::ReleaseReservation(_)
        | Command::ScheduleTask(_)
        | Command::CompleteTask(_)
        | Command::CancelTask(_)
        | Command::GiveConsent(_)
        | Command::WithdrawConsent(_) => Duty::Record,
        Command::AssignLead(_) | Command::AssignAccountOwner(_) | Command::AssignOpportunityOwner(_) => Duty::Assign,
        Command::DeclareAbsence(_) | Command::EndAbsence(_) => Duty::Substitute,
        Command::PublishCompanyProfile(_)
        | Command::PublishPipeline(_)
        | Command::PublishReasonCatalog(_)
        | Command::PublishAuditRules(_)
        | Command::PublishAttributes(_) => Duty::Publish,
        Command::FormBusinessUnit(_)
        | Command::FormTeam(_)
        | Command::HireEmployee(_)
        | Command::TransferEmployee(_)
        | Command::ReleaseEmployee(_) => Duty::Organize,
        Command::PlaceLegalHold(_)
        | Command::LiftLegalHold(_)
        | Command::LinkSubjects(_)
        | Command::EraseSubject(_) => Duty::Protect,
        Command::GrantRole(_) | Command::RevokeRole(_) => Duty::Grant,
    }
}
