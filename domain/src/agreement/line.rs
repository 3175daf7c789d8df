//! A line of renewals: agreements that continue one another, and so never stand in each other's way (R67).

use std::collections::{BTreeMap, BTreeSet};

use crate::activity::Subjects;
use crate::agreement::AgreementReached;
use crate::event::{EventType, Fact, Recorded};
use crate::ids::{AgreementId, Position};
use crate::query::Query;

/// The agreements read so far. An agreement is renewed at most once, so what continues it is a line, not a tree.
#[derive(Clone, Debug, Default)]
pub struct RenewalLine {
    agreements: BTreeMap<AgreementId, (Position, AgreementReached)>,
}

impl RenewalLine {
    /// Adds to a boundary this agreement and what is known to renew it or to be renewed by it, directly or not.
    pub(super) fn within(&self, boundary: Query, agreement: AgreementId) -> Query {
        let reached = &[EventType::AgreementReached];
        self.around(agreement).iter().fold(boundary, |query, member| query.or(member, reached))
    }

    /// Folds one event.
    pub(super) fn evolve(&mut self, event: &Recorded) {
        if let Some(fact) = AgreementReached::of(&event.event) {
            self.agreements.insert(fact.agreement, (event.position, fact.clone()));
        }
    }

    /// An agreement, if it is known.
    pub(super) fn find(&self, agreement: AgreementId) -> Option<&AgreementReached> {
        self.agreements.get(&agreement).map(|(_, reached)| reached)
    }

    /// The agreement that renews this one, and its position.
    pub(super) fn renewal_of(&self, agreement: AgreementId) -> Option<(Position, AgreementId)> {
        let mut renewals = self.agreements.values().filter(|(_, reached)| reached.renews == Some(agreement));
        renewals.next().map(|(position, renewal)| (*position, renewal.agreement))
    }

    /// Whether these are subjects of the customer with whom the agreement is: they share one with it, and nothing in
    /// the whole line names another account.
    pub(super) fn is_with_customer_of(&self, agreement: AgreementId, subjects: &Subjects) -> bool {
        let Some(renewed) = self.find(agreement) else { return false };
        let members = self.around(agreement);
        let mut accounts = members.iter().filter_map(|member| self.find(*member)?.subjects.account);
        renewed.subjects.shares_any(subjects)
            && accounts.all(|account| subjects.account.is_none_or(|named| named == account))
    }

    /// The whole line of an agreement, itself among them.
    pub(super) fn around(&self, agreement: AgreementId) -> BTreeSet<AgreementId> {
        let mut members = BTreeSet::from([agreement]);
        let mut earlier = agreement;
        while let Some(renewed) = self.find(earlier).and_then(|reached| reached.renews)
            && members.insert(renewed)
        {
            earlier = renewed;
        }
        let mut later = agreement;
        while let Some((_, renewal)) = self.renewal_of(later)
            && members.insert(renewal)
        {
            later = renewal;
        }
        members
    }
}
