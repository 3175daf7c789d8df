//! What a person is in the company's books, and what happened to them there.

use serde::Serialize;

use crate::account::AccountKind;
use crate::event::{Event, EventType};
use crate::ids::{AccountId, ContactId, EmployeeId, LeadId, OpportunityId};
use crate::opportunity::OpportunityOpened;
use crate::query::Query;

/// What happens to employees.
const EMPLOYMENT: &[EventType] = &[EventType::EmployeeHired, EventType::EmployeeTransferred, EventType::EmployeeLeft];

/// The entities that are the person.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Entries {
    /// Leads.
    pub leads: Vec<LeadId>,
    /// Contacts.
    pub contacts: Vec<ContactId>,
    /// Accounts of private customers.
    pub accounts: Vec<AccountId>,
    /// Deals without a customer.
    pub deals: Vec<OpportunityId>,
    /// Employees.
    pub employees: Vec<EmployeeId>,
}

impl Entries {
    /// Notes what an event makes of the person that it is about.
    pub(super) fn enter(&mut self, event: &Event) {
        match event {
            Event::LeadReceived(fact) => self.leads.push(fact.lead),
            Event::ContactCreated(fact) => self.contacts.push(fact.contact),
            Event::AccountCreated(fact) if fact.kind == AccountKind::Private => self.accounts.push(fact.account),
            Event::OpportunityOpened(fact) => self.deals.push(fact.opportunity),
            Event::EmployeeHired(fact) => self.employees.push(fact.employee),
            _ => {}
        }
    }

    /// Whether a deal that has to do with the person is their own: they are its customer, and no company is.
    #[must_use]
    pub fn is_customer(&self, deal: &OpportunityOpened) -> bool {
        deal.account.is_none_or(|account| self.accounts.contains(&account))
    }

    /// What happened to the entities and to the person's own deals. Some of it may be about others alone, e.g. a further
    /// contact of a private customer. What an employee did is about the customers: of employees it is their employment.
    #[must_use]
    pub fn history(&self, own_deals: &[OpportunityId]) -> Query {
        let query = self.leads.iter().fold(Query::default(), |query, lead| query.or(lead, &[]));
        let query = self.contacts.iter().fold(query, |query, contact| query.or(contact, &[]));
        let query = self.accounts.iter().fold(query, |query, account| query.or(account, &[]));
        let deals = self.deals.iter().chain(own_deals);
        let query = deals.fold(query, |query, deal| query.or(deal, &[]));
        self.employees.iter().fold(query, |query, employee| query.or(employee, EMPLOYMENT))
    }
}
