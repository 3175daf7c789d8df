//! Commands on accounts.

use letopis_domain::ids::{AccountId, EmployeeId, SubjectId};

use super::Account;
use crate::enums::AccountKind;
use crate::ids::Given;
use crate::intake::{AttributeInput, Fresh};
use crate::mutation::mutations;

mutations! {
    /// Commands on accounts.
    AccountMutations;

    /// Creates an account.
    create_account(CreateAccountInput => letopis_domain::account::CreateAccount) -> CreateAccountPayload {
        /// The account.
        account: Account, by |command| command.account
    } {
        /// The new account's id, or a UUID; made when absent.
        account: Fresh<AccountId>,
        /// The data subject's id, or a UUID; made when absent.
        subject: Fresh<SubjectId>,
        /// Company or private customer.
        kind: AccountKind,
        /// The name.
        name: String,
        /// E-mail addresses.
        emails: Option<Vec<String>>,
        /// Phone numbers.
        phones: Option<Vec<String>>,
        /// The account manager.
        owner: Option<Given<EmployeeId>>,
        /// The account above it.
        parent: Option<Given<AccountId>>,
        /// Custom attributes.
        attributes: Option<Vec<AttributeInput>>,
    }

    /// Changes name or contact data of an account; what is absent stays.
    update_account(UpdateAccountInput => letopis_domain::account::UpdateAccount) -> UpdateAccountPayload {
        /// The account.
        account: Account, by |command| command.account
    } {
        /// The account.
        account: Given<AccountId>,
        /// The new name.
        name: Option<String>,
        /// All e-mail addresses.
        emails: Option<Vec<String>>,
        /// All phone numbers.
        phones: Option<Vec<String>>,
    }

    /// Gives an account to another owner, or to none.
    assign_account_owner(AssignAccountOwnerInput => letopis_domain::account::AssignAccountOwner) -> AssignAccountOwnerPayload {
        /// The account.
        account: Account, by |command| command.account
    } {
        /// The account.
        account: Given<AccountId>,
        /// The new owner; none when absent.
        owner: Option<Given<EmployeeId>>,
    }
}
