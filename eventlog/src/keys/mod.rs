//! Keys of data subjects: who has one, where it is kept, how a personal part is sealed with it, and how it ends.
//!
//! `store` keeps the keys in a file of fixed slots (`slot`), wrapped by the `master` key; `maker` makes new ones for
//! many callers with one sync; `ledger` remembers every erasure; `keyring` is what readers and writers see of all
//! this in memory; `sealing` seals and opens personal parts, and `secrets` are those of the log as a whole.

mod cipher;
mod error;
mod external_ids;
mod files;
mod keyring;
mod ledger;
mod maker;
mod master;
mod medium;
mod nonces;
mod pages;
mod rewrap;
mod sealing;
mod secrets;
mod set;
mod slot;
mod slots;
mod store;

pub use error::KeyError;
pub use external_ids::ExternalIds;
pub use files::{LEDGER_FILE, MASTER_KEY_FILE, SLOTS_FILE};
pub use ledger::{LedgerEnd, LedgerFile};
pub use secrets::RequestHasher;
pub use set::KeySet;
pub use store::ErasedSubject;

pub(crate) use files::Place;
pub(crate) use keyring::{Keyring, NoKey};
pub(crate) use maker::KeyMaker;
pub(crate) use nonces::Nonces;
pub(crate) use rewrap::Rewrap;
pub(crate) use sealing::{Field, Lookup, Nonce, Opened, Part, SealError, open, seal};
pub(crate) use secrets::Secrets;
pub(crate) use set::{Copying, prune_sets};
pub(crate) use store::{Erasure, KeyStore, Step};

#[cfg(test)]
mod tests;
