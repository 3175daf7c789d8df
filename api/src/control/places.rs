//! Where the keys of a data folder are, as they were named on a command line.

use std::path::{Path, PathBuf};

use anyhow::bail;
use letopis_eventlog::rocks::Options;
use serde::{Deserialize, Serialize};

/// The places that were named; none = not said.
#[derive(Serialize, Deserialize, Clone, Default, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Places {
    /// The folder of the keys.
    pub keys: Option<PathBuf>,
    /// The file of the master key.
    pub master_key: Option<PathBuf>,
    /// The second place of the ledger of erasures.
    pub ledger: Option<PathBuf>,
}

impl Places {
    /// Those of a folder that is open.
    #[must_use]
    pub fn of(folder: &Path, options: &Options) -> Self {
        let (keys, master_key) = (options.key_folder(folder), options.master_key_file(folder));
        Self { keys: Some(keys), master_key: Some(master_key), ledger: options.ledger.clone() }
    }

    /// Refuses what was asked with other places than these.
    pub(super) fn check(&self, asked: &Self) -> anyhow::Result<()> {
        let pairs = [
            ("--keys", &asked.keys, &self.keys),
            ("--master-key", &asked.master_key, &self.master_key),
            ("--ledger", &asked.ledger, &self.ledger),
        ];
        for (option, asked, own) in pairs {
            let Some(asked) = asked else { continue };
            let own = own.as_deref().unwrap_or(Path::new("none"));
            if !is_same_place(asked, own) {
                let (asked, own) = (asked.display(), own.display());
                bail!("the folder is served with {option} {own}, not {asked}: leave {option} out or say the same");
            }
        }
        Ok(())
    }
}

/// Whether two paths lead to the same place.
#[must_use]
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path));
    matches!((whole(one), whole(other)), (Ok(one), Ok(other)) if one == other)
}
