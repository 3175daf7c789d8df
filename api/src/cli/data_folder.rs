//! The data folder of a subcommand, and what belongs to it but is better kept apart: keys, master key, ledger.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use letopis_eventlog::environment::Environment;
use letopis_eventlog::keys::{MASTER_KEY_FILE, SLOTS_FILE};
use letopis_eventlog::rocks::Options;

use crate::company::Company;
use crate::control::{Places, is_same_place};

/// The data folder of a subcommand, and where its keys are.
#[derive(clap::Args)]
pub(super) struct DataFolder {
    /// The data folder; `serve`, `import` and `demo` create it where it is missing.
    #[arg(long, env = "LETOPIS_DATA", default_value = "letopis-data", value_name = "DIR")]
    pub(super) data: PathBuf,
    /// The folder of the keys of data subjects and of the signing keys; `keys` in the data folder when absent.
    #[arg(long, env = "LETOPIS_KEYS", value_name = "DIR")]
    pub(super) keys: Option<PathBuf>,
    /// The file of the master key, which wraps the keys of data subjects; `master.key` in the key folder when absent.
    #[arg(long, env = "LETOPIS_MASTER_KEY", value_name = "FILE")]
    pub(super) master_key: Option<PathBuf>,
    /// A second place for the ledger of erasures, outside data folder and key folder; a restore needs it.
    #[arg(long, env = "LETOPIS_LEDGER", value_name = "FILE")]
    pub(super) ledger: Option<PathBuf>,
}

impl DataFolder {
    /// How its log is opened; a folder that is missing is created.
    ///
    /// # Errors
    /// When keys lie in the data folder although they are said to be elsewhere: an erasure would leave them there.
    pub(super) fn options(&self) -> anyhow::Result<Options> {
        let Self { data, keys, master_key, ledger } = self;
        let options = Options {
            keys: keys.clone(),
            master_key: master_key.clone(),
            ledger: ledger.clone(),
            ..Options::default()
        };
        let folder = options.key_folder(data);
        let in_data = data.join("keys").join(SLOTS_FILE);
        if in_data.exists() && !is_same_place(&data.join("keys"), &folder) {
            let (there, here) = (in_data.display(), folder.display());
            bail!(
                "--keys names {here}, but there are keys at {there} too: only one of them can be right; move the other one away, or leave --keys out"
            );
        }
        let (beside, given) = (folder.join(MASTER_KEY_FILE), options.master_key_file(data));
        if beside.exists() && !is_same_place(&beside, &given) {
            let (there, here) = (beside.display(), given.display());
            bail!(
                "--master-key names {here}, but there is a master key at {there} too, beside what it wraps; move that one away, or leave --master-key out"
            );
        }
        Ok(options)
    }

    /// How its log is opened, which must be there.
    ///
    /// # Errors
    /// As [`Self::options`].
    pub(super) fn options_of_existing(&self) -> anyhow::Result<Options> {
        Ok(Options { may_create: false, ..self.options()? })
    }

    /// Opens it, with its read models; it must be there.
    ///
    /// # Errors
    /// When it is not there, in use by another process, or damaged.
    pub(super) fn open_existing(&self, env: Arc<dyn Environment>) -> anyhow::Result<Company> {
        Company::open_with(&self.data, env, &self.options_of_existing()?)
    }

    /// The folder of its keys.
    pub(super) fn key_folder(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.data.join("keys"))
    }

    /// What was said of the places, for a server, which has a working folder of its own.
    ///
    /// # Errors
    /// When there is no working folder.
    pub(super) fn places(&self) -> std::io::Result<Places> {
        let absolute = |path: &Option<PathBuf>| path.as_ref().map(std::path::absolute).transpose();
        let Self { keys, master_key, ledger, .. } = self;
        Ok(Places { keys: absolute(keys)?, master_key: absolute(master_key)?, ledger: absolute(ledger)? })
    }
}
