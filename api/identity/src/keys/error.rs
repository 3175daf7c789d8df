//! What can go wrong with the file of the keys, and what is not done to it.

use std::io;
use std::path::PathBuf;

use crate::keys::text::KeyId;

/// Why the keys cannot be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The file system said no.
    #[error("failed to {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Somebody else than its owner may read or write the file.
    #[error(
        "{} is open to others than its owner (mode {mode:04o}); say chmod 600, and look at the keys in it: somebody may \
         have added one",
        path.display()
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Something else than a file has its name.
    #[error("{} is not a file of its own but a link, a folder or a device", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// The file says nothing that can be relied on.
    #[error("{} is damaged ({message}); put a copy of it back, or remove it, and with it all keys", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The file is from another version of Letopis.
    #[error("{} is of version {found}, and this program knows version 1", path.display())]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// The version in it.
        found: u64,
    },
    /// Another process has the keys open, and would not see what this one changes.
    #[error("{} is in use by another process", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// There are two active keys of this name already.
    #[error(
        "'{name}' has two active keys, {} and {}: two are for the time of a rotation, so revoke one of them first",
        active[0], active[1]
    )]
    TwoActive {
        /// The name.
        name: String,
        /// The two.
        active: [KeyId; 2],
    },
    /// A key as ordered would make no sense.
    #[error("a key cannot be made: {0}")]
    BadOrder(&'static str),
    /// There is no key of this id.
    #[error("there is no key {0}")]
    UnknownKey(KeyId),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness(#[source] getrandom::Error),
}
