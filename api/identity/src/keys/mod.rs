//! API keys: what they look like, what is kept of them, and the file that keeps it.

mod error;
mod file;
mod record;
mod store;
mod text;

pub use error::KeyStoreError;
pub use record::{ApiKey, NewKey, Order};
pub use store::{KeyStore, USES_WRITTEN_EVERY_MS};
pub use text::{KEY_PREFIX, KeyId};
