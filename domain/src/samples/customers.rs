//! Samples of the events of accounts, contacts and leads.

use super::subjects::one;
use super::{attributes, date, euros};
use crate::account::{AccountCreated, AccountDetails, AccountKind, AccountOwnerAssigned, AccountUpdated};
use crate::catalog::Claim;
use crate::contact::{ContactCreated, ContactDetails, ContactUpdated};
use crate::lead::{
    Comment, LeadAssigned, LeadConverted, LeadDetails, LeadQualified, LeadReceived, LeadRecycled, LeadRejected,
    LeadReopened,
};
use crate::testing::id;
use crate::values::{Email, Personal, Phone, TextDigest};

fn emails() -> Vec<Email> {
    vec!["vera@vega.example".into(), "office@vega.example".into()]
}

fn phones() -> Vec<Phone> {
    vec!["+31 20 555 01 02".into()]
}

fn account_details() -> AccountDetails {
    AccountDetails { name: "Vera Petrova Media".into(), emails: emails(), phones: phones() }
}

fn contact_details(role: &str) -> ContactDetails {
    ContactDetails {
        name: "Вера Петрова".into(), emails: emails(), phones: phones(), role: Some(role.into())
    }
}

pub(super) fn comment() -> Personal<Comment> {
    Personal::Known(Comment {
        comment: Some("Вера просила перезвонить: +31 20 555 01 02".into())
    })
}

pub(super) fn account_created() -> AccountCreated {
    AccountCreated {
        account: id(6),
        subject: id(7),
        kind: AccountKind::Private,
        owner: Some(id(4)),
        parent: Some(id(8)),
        origin_lead: Some(id(10)),
        attributes_version: 1,
        personal: Personal::with_attributes(account_details(), attributes()),
    }
}

pub(super) fn account_updated() -> AccountUpdated {
    AccountUpdated { account: id(6), subject: id(7), personal: Personal::Known(account_details()) }
}

pub(super) fn account_owner_assigned() -> AccountOwnerAssigned {
    AccountOwnerAssigned { account: id(6), from: Some(id(4)), to: Some(id(9)) }
}

pub(super) fn contact_created() -> ContactCreated {
    ContactCreated {
        contact: id(11),
        subject: id(7),
        account: Some(id(6)),
        owner: Some(id(4)),
        origin_lead: Some(id(10)),
        attributes_version: 2,
        personal: Personal::with_attributes(contact_details("purchaser"), attributes()),
    }
}

pub(super) fn contact_updated() -> ContactUpdated {
    ContactUpdated {
        contact: id(11),
        subject: id(7),
        account_before: Some(id(8)),
        account: Some(id(6)),
        personal: Personal::Known(contact_details("director")),
    }
}

fn lead_details() -> LeadDetails {
    LeadDetails {
        name: Some("Вера Петрова".into()),
        company: Some("Vera Petrova Media".into()),
        emails: emails(),
        phones: phones(),
        message: Some("Пришлите цены, Вера".into()),
    }
}

pub(super) fn lead_received() -> LeadReceived {
    LeadReceived {
        lead: id(10),
        subject: id(7),
        source: Some("paid_search".to_owned()),
        channel: Some("phone".to_owned()),
        campaign: Some("spring".to_owned()),
        owner: Some(id(4)),
        amount: Some(euros(1_234_567)),
        attributes_version: 3,
        personal: Personal::with_attributes(lead_details(), attributes()),
    }
}

pub(super) fn lead_qualified() -> LeadQualified {
    LeadQualified { lead: id(10), employee: Some(id(4)) }
}

pub(super) fn lead_assigned() -> LeadAssigned {
    LeadAssigned { lead: id(10), from: Some(id(4)), to: Some(id(9)) }
}

pub(super) fn lead_rejected() -> LeadRejected {
    LeadRejected {
        lead: id(10),
        employee: Some(id(9)),
        reason: "NO_ANSWER".to_owned(),
        catalog_version: 2,
        claim: Some(Claim::NoAnswer),
        comment_digest: TextDigest::from_number(0x0123_4567_89ab_cdef),
        data_subjects: one(),
        personal: comment(),
    }
}

pub(super) fn lead_recycled() -> LeadRecycled {
    LeadRecycled {
        lead: id(10),
        employee: Some(id(9)),
        reason: "BUDGET".to_owned(),
        catalog_version: 1,
        revisit_on: Some(date(2026, 9, 1)),
        data_subjects: one(),
        personal: comment(),
    }
}

pub(super) fn lead_reopened() -> LeadReopened {
    LeadReopened { lead: id(10), employee: Some(id(9)), data_subjects: one(), personal: comment() }
}

pub(super) fn lead_converted() -> LeadConverted {
    LeadConverted {
        lead: id(10),
        employee: Some(id(9)),
        account: id(6),
        account_matched: true,
        contact: Some(id(11)),
        contact_matched: false,
        opportunity: Some(id(12)),
    }
}
