//! Change name or contact data of an account; what is absent stays.

use serde::{Deserialize, Serialize};

use crate::account::{Account, AccountDetails, AccountUpdated};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{AccountId, Tagged};
use crate::limits;
use crate::query::Query;
use crate::values::{Email, PersonName, Personal, Phone};

/// Change name or contact data of an account; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateAccount {
    /// The account.
    pub account: AccountId,
    /// The new name.
    #[serde(default)]
    pub name: Option<PersonName>,
    /// All e-mail addresses.
    #[serde(default)]
    pub emails: Option<Vec<Email>>,
    /// All phone numbers.
    #[serde(default)]
    pub phones: Option<Vec<Phone>>,
}

impl UpdateAccount {
    fn changed(&self, before: &AccountDetails) -> Result<AccountDetails, Common> {
        let after = AccountDetails {
            name: self.name.as_ref().unwrap_or(&before.name).clone(),
            emails: self.emails.as_ref().unwrap_or(&before.emails).clone(),
            phones: self.phones.as_ref().unwrap_or(&before.phones).clone(),
        };
        if self.name.is_some() {
            limits::name("name", after.name.reveal())?;
        }
        limits::reachable(&after.emails, &after.phones)?;
        Ok(after)
    }
}

impl Decision for UpdateAccount {
    type State = Account;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.account, &[])
    }

    fn boundary(&self, _known: &Account) -> Query {
        Query::about(&self.account, &[EventType::AccountCreated, EventType::AccountUpdated])
    }

    fn evolve(&self, state: &mut Account, event: &Recorded) {
        state.evolve(event);
    }

    fn decide(&self, state: &Account, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        let (field, tag) = ("account", self.account.tag());
        if !state.exists() {
            return Err(Common::NotFound { field, tag });
        }
        let Personal::Known(before) = &state.personal else { return Err(Common::Erased { field, tag }) };
        let after = self.changed(before)?;
        if after == *before {
            return Ok(Vec::new());
        }
        let personal = Personal::Known(after);
        Ok(vec![AccountUpdated { account: self.account, subject: state.subject, personal }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountCreated, AccountKind};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, given, id};
    use crate::values::WithAttributes;

    fn vega(personal: &Personal<AccountDetails>) -> History {
        let created = AccountCreated {
            account: id(1),
            subject: id(2),
            kind: AccountKind::Company,
            owner: None,
            parent: None,
            origin_lead: None,
            attributes_version: 0,
            personal: personal.map(|known| WithAttributes { details: known.clone(), ..WithAttributes::default() }),
        };
        given([created.into()])
    }

    fn details(name: &str, phone: &str) -> AccountDetails {
        AccountDetails { name: name.into(), emails: Vec::new(), phones: vec![phone.into()] }
    }

    fn rename(name: &str) -> UpdateAccount {
        UpdateAccount { account: id(1), name: Some(name.into()), emails: None, phones: None }
    }

    #[test]
    fn an_update_carries_the_whole_and_keeps_what_is_absent() {
        let personal = Personal::Known(details("Altair", "+7 495 1"));
        let updated = AccountUpdated { account: id(1), subject: id(2), personal };
        vega(&Personal::Known(details("Vega", "+7 495 1"))).when(&rename("Altair")).then([updated.into()]);
    }

    #[test]
    fn an_update_that_changes_nothing_is_no_fact() {
        vega(&Personal::Known(details("Vega", "+7 495 1"))).when(&rename("Vega")).then_nothing();
    }

    #[test]
    fn erased_data_do_not_come_back() {
        vega(&Personal::Erased).when(&rename("Vega")).then_refused(RefusalCode::SubjectErased);
    }

    #[test]
    fn the_account_must_exist() {
        History::default().when(&rename("Vega")).then_refused(RefusalCode::NotFound);
    }

    #[test]
    fn a_name_is_not_blanked() {
        vega(&Personal::Known(details("Vega", "1"))).when(&rename(" ")).then_refused(RefusalCode::Required);
    }
}
