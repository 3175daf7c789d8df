//! Enums of the domain under their names in the schema.

use async_graphql::Enum;

/// Mirrors an enum of the domain, variant by variant; a new variant there makes the compiler point here.
macro_rules! mirror {
    ($($(#[$doc:meta])* $name:ident = $remote:literal as $domain:path { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
        #[graphql(remote = $remote)]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl super::intake::Accept<$domain> for $name {
            fn accept(self, _: &super::intake::Intake<'_>, _: &'static str) -> Result<$domain, super::intake::Problem> {
                Ok(self.into())
            }
        }
    )*};
}

mirror! {
    /// What an employee is to the company's data.
    Role = "letopis_domain::access::Role" as letopis_domain::access::Role {
        /// Sells: records what happens with the customers of their own.
        Representative,
        /// Leads sellers: sees what the team does, and hands out work.
        TeamLead,
        /// Manages: sees what the business unit does, and hands out work.
        Manager,
        /// Brings leads: sees where they come from and what becomes of them, neither money nor words.
        Marketing,
        /// Reads everything, the access log among it, and changes nothing.
        Auditor,
        /// Counts: sees everything without the people in it.
        Analyst,
        /// A machine that records, and reads what it recorded.
        Integration,
        /// Sees and does everything.
        Administrator,
    }

    /// Whose rows a role reaches.
    Reach = "letopis_domain::access::Reach" as letopis_domain::access::Reach {
        /// Their own; of an integration, what it recorded.
        Own,
        /// Those of their team and of the teams below it.
        Team,
        /// Those of their business unit.
        Unit,
        /// Everybody's, and nobody's.
        All,
    }

    /// What an account is.
    AccountKind = "letopis_domain::account::AccountKind" as letopis_domain::account::AccountKind {
        /// An organisation.
        Company,
        /// A person who buys for themselves.
        Private,
    }

    /// Whether a person or a machine acts.
    EmployeeKind = "letopis_domain::employee::EmployeeKind" as letopis_domain::employee::EmployeeKind {
        /// A person; detectors judge people.
        Human,
        /// A machine; detectors do not judge machines.
        System,
    }

    /// Where a lead stands.
    LeadStatus = "letopis_domain::lead::LeadStatus" as letopis_domain::lead::LeadStatus {
        /// It arrived, or was taken up again.
        New,
        /// It is worth pursuing.
        Qualified,
        /// It was rejected.
        Rejected,
        /// It was set aside until a date.
        Recycled,
        /// It became account, contact and opportunity.
        Converted,
    }

    /// Where a deal stands.
    OpportunityStatus = "letopis_domain::opportunity::OpportunityStatus" as letopis_domain::opportunity::OpportunityStatus {
        /// In a stage of its pipeline.
        Open,
        /// The customer bought.
        Won,
        /// The customer did not buy.
        Lost,
    }

    /// What a stage means across pipelines.
    StageCategory = "letopis_domain::pipeline::StageCategory" as letopis_domain::pipeline::StageCategory {
        /// Looking for a need.
        Prospecting,
        /// Finding out whether need, money and authority exist.
        Qualification,
        /// An offer is prepared or out.
        Proposal,
        /// Terms are discussed.
        Negotiation,
        /// Only formalities are left.
        Commitment,
    }

    /// What the reasons of a catalog explain.
    CatalogKind = "letopis_domain::catalog::CatalogKind" as letopis_domain::catalog::CatalogKind {
        /// Why a lead was rejected.
        LeadRejection,
        /// Why a lead was recycled.
        LeadRecycling,
        /// Why an opportunity was lost.
        OpportunityLoss,
    }

    /// What a reason says about the facts, so that the facts can contradict it.
    Claim = "letopis_domain::catalog::Claim" as letopis_domain::catalog::Claim {
        /// The customer was called and did not answer.
        NoAnswer,
    }

    /// Entities that carry custom attributes.
    EntityKind = "letopis_domain::attribute::EntityKind" as letopis_domain::attribute::EntityKind {
        /// Leads.
        Lead,
        /// Accounts.
        Account,
        /// Contacts.
        Contact,
        /// Opportunities.
        Opportunity,
    }

    /// On what ground personal data are erased: Article 17(1) of the GDPR, Article 21 of the Russian law 152-FZ.
    ErasureGround = "letopis_domain::privacy::ErasureGround" as letopis_domain::privacy::ErasureGround {
        /// The purpose is reached, or the data are no longer needed for it: GDPR 17(1)(a), 152-FZ 21(4).
        NoLongerNecessary,
        /// The person withdrew the consent: GDPR 17(1)(b), 152-FZ 21(5).
        ConsentWithdrawn,
        /// The person objects: GDPR 17(1)(c).
        Objection,
        /// The data were processed unlawfully: GDPR 17(1)(d), 152-FZ 21(3).
        UnlawfulProcessing,
        /// The law demands it: GDPR 17(1)(e).
        LegalObligation,
        /// The data were collected from a child online: GDPR 17(1)(f).
        Child,
    }

    /// Who turned to whom.
    Direction = "letopis_domain::activity::Direction" as letopis_domain::activity::Direction {
        /// The customer to the company.
        Inbound,
        /// The company to the customer.
        Outbound,
        /// Among employees.
        Internal,
    }

    /// How a call ended.
    CallOutcome = "letopis_domain::activity::CallOutcome" as letopis_domain::activity::CallOutcome {
        /// They talked.
        Answered,
        /// Nobody picked up.
        NoAnswer,
        /// The line was busy.
        Busy,
        /// A message was left.
        Voicemail,
        /// The number is wrong.
        WrongNumber,
        /// An inbound call that nobody took.
        Missed,
    }

    /// How an agreement was reached.
    AgreementForm = "letopis_domain::agreement::AgreementForm" as letopis_domain::agreement::AgreementForm {
        /// By word of mouth.
        Oral,
        /// In writing.
        Written,
    }

    /// What is to be done.
    TaskKind = "letopis_domain::task::TaskKind" as letopis_domain::task::TaskKind {
        /// Call.
        Call,
        /// Write.
        Email,
        /// Meet.
        Meeting,
        /// Anything else.
        Other,
    }

    /// Where a task stands.
    TaskStatus = "letopis_domain::task::TaskStatus" as letopis_domain::task::TaskStatus {
        /// To be done.
        Open,
        /// Done.
        Completed,
        /// Called off.
        Cancelled,
    }

    /// What kind of refusal it is.
    UserErrorCode = "letopis_domain::refusal::RefusalCode" as letopis_domain::refusal::RefusalCode {
        /// A subject that the command names does not exist.
        NotFound,
        /// The id of a new entity is taken.
        AlreadyExists,
        /// The state of the subject does not allow it.
        InvalidState,
        /// A value is missing where a rule demands it.
        Required,
        /// A value is outside what is allowed.
        InvalidValue,
        /// The fact lies in the future.
        InFuture,
        /// Someone else holds what was asked for, or changed the subject at the same time.
        Conflict,
        /// The subject moved on since the caller looked.
        StalePosition,
        /// The request id was used for another request.
        RequestIdReused,
        /// The same external identity came with other content.
        Changed,
        /// The person whom it is about was erased: nothing personal can be recorded any more.
        SubjectErased,
        /// The data are under a legal hold.
        LegalHold,
        /// Whoever acts may not do this.
        Forbidden,
    }
}

/// What kind of contact an activity was.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActivityKind {
    /// A call.
    Call,
    /// An e-mail.
    Email,
    /// A meeting.
    Meeting,
    /// A message by chat, SMS or messenger.
    Message,
    /// A postal letter.
    Letter,
    /// A note.
    Note,
}

/// What values a custom attribute takes.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttributeType {
    /// Free text.
    Text,
    /// An exact number.
    Number,
    /// Yes or no.
    Flag,
    /// A day.
    Date,
    /// An instant.
    Time,
    /// One of the listed options.
    Option,
}
