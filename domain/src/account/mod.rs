//! Accounts: companies and private customers.

mod assign_account_owner;
mod create_account;
mod events;
mod state;
mod update_account;

pub use assign_account_owner::AssignAccountOwner;
pub use create_account::CreateAccount;
pub use events::*;
pub use state::Account;
pub use update_account::UpdateAccount;
