//! Commands and histories that the tests of this folder share.

use crate::catalog::{CatalogKind, PublishReasonCatalog, Reason};
use crate::employee::{EmployeeKind, HireEmployee};
use crate::lead::{QualifyLead, ReceiveLead, RecycleLead, RejectLead, ReopenLead};
use crate::testing::{History, id};
use crate::values::{Attributes, Money};

/// Anna, who works here.
pub(super) const ANNA: u128 = 101;
/// Boris, who works here too.
pub(super) const BORIS: u128 = 102;

/// A lead with a name, a phone number and an amount.
pub(super) fn receive(lead: u128) -> ReceiveLead {
    ReceiveLead {
        lead: id(lead),
        subject: id(lead + 1_000),
        source: Some("site".to_owned()),
        channel: None,
        campaign: None,
        owner: None,
        amount: Some(Money { amount: 100.into(), currency: "EUR".parse().unwrap() }),
        name: Some("Vera Petrova".into()),
        company: Some("Vega".into()),
        emails: Vec::new(),
        phones: vec!["+31 20 1".into()],
        message: None,
        attributes: Attributes::new(),
    }
}

/// Two employees, both catalogs, and lead 1.
pub(super) fn office_with_a_lead() -> History {
    office().after(&receive(1))
}

/// Two employees and both catalogs.
pub(super) fn office() -> History {
    let hire = |employee, name: &str| HireEmployee {
        employee: id(employee),
        kind: EmployeeKind::Human,
        team: None,
        name: name.into(),
    };
    let reason = |key: &str, comment_required| Reason {
        key: key.to_owned(),
        name: key.to_owned(),
        comment_required,
        claim: None,
    };
    let catalog = |kind| PublishReasonCatalog { kind, reasons: vec![reason("BUDGET", false), reason("OTHER", true)] };
    History::default()
        .after(&hire(ANNA, "Anna"))
        .after(&hire(BORIS, "Boris"))
        .after(&catalog(CatalogKind::LeadRejection))
        .after(&catalog(CatalogKind::LeadRecycling))
}

pub(super) fn qualify() -> QualifyLead {
    QualifyLead { lead: id(1), employee: None }
}

pub(super) fn reject(reason: &str) -> RejectLead {
    RejectLead { lead: id(1), reason: reason.to_owned(), comment: None, employee: Some(id(ANNA)) }
}

pub(super) fn recycle(reason: &str) -> RecycleLead {
    let revisit_on = Some("2026-06-01".parse().unwrap());
    RecycleLead { lead: id(1), reason: reason.to_owned(), revisit_on, comment: None, employee: None }
}

pub(super) fn reopen() -> ReopenLead {
    ReopenLead { lead: id(1), comment: None, employee: None }
}
