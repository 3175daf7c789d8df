//! Whose history a subcommand is about, as it is said on the command line.

use anyhow::{Context, bail};

use crate::graphql::ids::{EntityId, parse};
use crate::history::HistoryOf;

/// The id of a text, or an error that says what it ought to be.
pub(super) fn id<T: EntityId>(text: &str) -> anyhow::Result<T> {
    parse(text).with_context(|| format!("'{text}' is neither the id of kind '{}' nor a UUID", T::KIND))
}

/// Whose history; one at most.
#[derive(clap::Args)]
#[group(multiple = false)]
pub(super) struct Whose {
    /// An account, by global id or UUID.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// A lead, by global id or UUID.
    #[arg(long, value_name = "ID")]
    lead: Option<String>,
    /// A contact, by global id or UUID.
    #[arg(long, value_name = "ID")]
    contact: Option<String>,
    /// An opportunity, by global id or UUID.
    #[arg(long, value_name = "ID")]
    opportunity: Option<String>,
}

impl Whose {
    /// The history that is meant.
    pub(super) fn history(&self) -> anyhow::Result<HistoryOf> {
        Ok(if let Some(account) = &self.account {
            HistoryOf::Account(id(account)?)
        } else if let Some(lead) = &self.lead {
            HistoryOf::Lead(id(lead)?)
        } else if let Some(contact) = &self.contact {
            HistoryOf::Contact(id(contact)?)
        } else if let Some(opportunity) = &self.opportunity {
            HistoryOf::Opportunity(id(opportunity)?)
        } else {
            bail!("say whose history: --account, --lead, --contact or --opportunity");
        })
    }
}
