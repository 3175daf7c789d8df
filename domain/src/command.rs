//! The registry of commands: everything that can be asked of the log, by name.
//!
//! A front end, an import mapping and the demo all come through here, so that no path can skip a rule.

use serde::{Deserialize, Serialize};

use crate::decision::Decision;

/// Something done with a command whose type is known: deciding it, listing its boundary.
pub trait CommandVisitor {
    /// What comes out.
    type Output;

    /// Does it.
    fn visit<D: Decision>(self, command: &D) -> Self::Output;
}

macro_rules! commands {
    ($($module:ident::$name:ident),* $(,)?) => {
        /// Any command.
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        pub enum Command { $(
            #[doc = concat!("See [`crate::", stringify!($module), "::", stringify!($name), "`].")]
            $name(crate::$module::$name)
        ),* }

        impl Command {
            /// The names of all commands.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// Its name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),* }
            }

            /// Hands the command to the visitor under its own type.
            pub fn visit<V: CommandVisitor>(&self, visitor: V) -> V::Output {
                match self { $(Self::$name(command) => visitor.visit(command)),* }
            }
        }

        $(impl From<crate::$module::$name> for Command {
            fn from(command: crate::$module::$name) -> Self { Self::$name(command) }
        })*
    };
}

commands! {
    employee::PublishCompanyProfile,
    employee::FormBusinessUnit,
    employee::FormTeam,
    employee::HireEmployee,
    employee::TransferEmployee,
    employee::ReleaseEmployee,
    pipeline::PublishPipeline,
    catalog::PublishReasonCatalog,
    catalog::PublishAuditRules,
    attribute::PublishAttributes,
    attribute::SetAttributes,
    account::CreateAccount,
    account::UpdateAccount,
    account::AssignAccountOwner,
    contact::CreateContact,
    contact::UpdateContact,
    lead::ReceiveLead,
    lead::QualifyLead,
    lead::AssignLead,
    lead::RejectLead,
    lead::RecycleLead,
    lead::ReopenLead,
    lead::ConvertLead,
    opportunity::OpenOpportunity,
    opportunity::MoveOpportunity,
    opportunity::ReviseOpportunity,
    opportunity::AssignOpportunityOwner,
    opportunity::WinOpportunity,
    opportunity::LoseOpportunity,
    opportunity::ReopenOpportunity,
    activity::RecordCall,
    activity::RecordEmail,
    activity::RecordMeeting,
    activity::RecordMessage,
    activity::RecordLetter,
    activity::RecordNote,
    agreement::ReachAgreement,
    agreement::ReserveResource,
    agreement::ReleaseReservation,
    task::ScheduleTask,
    task::CompleteTask,
    task::CancelTask,
    access::GrantRole,
    access::RevokeRole,
    access::DeclareAbsence,
    access::EndAbsence,
    privacy::GiveConsent,
    privacy::WithdrawConsent,
    privacy::PlaceLegalHold,
    privacy::LiftLegalHold,
    privacy::LinkSubjects,
    privacy::EraseSubject,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::{ConversionAccount, ConversionContact, ConvertLead};
    use crate::testing::id;

    const LEAD: &str = "00000000-0000-0000-0000-000000000001";

    #[test]
    fn a_command_is_written_by_its_name() {
        let json = format!(
            r#"{{"ConvertLead": {{"lead": "{LEAD}", "account": {{"existing": "{LEAD}"}}, "contact": {{"new": "{LEAD}"}}}}}}"#
        );
        let convert = ConvertLead {
            lead: id(1),
            account: ConversionAccount::Existing(id(1)),
            contact: Some(ConversionContact::New(id(1))),
            opportunity: None,
            employee: None,
        };
        let command: Command = serde_json::from_str(&json).unwrap();
        assert_eq!(command, convert.into());
        assert_eq!(command.name(), "ConvertLead");
        assert!(Command::NAMES.contains(&command.name()));
    }

    #[test]
    fn an_unknown_command_or_field_is_named() {
        let refusal = serde_json::from_str::<Command>(r#"{"DeleteLead": {}}"#).unwrap_err().to_string();
        assert!(refusal.contains("DeleteLead"), "{refusal}");
        let misspelled = format!(r#"{{"QualifyLead": {{"lead": "{LEAD}", "employe": null}}}}"#);
        let refusal = serde_json::from_str::<Command>(&misspelled).unwrap_err().to_string();
        assert!(refusal.contains("employe"), "{refusal}");
    }
}
