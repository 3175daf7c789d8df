//! A restored log that ends before a checkpoint which left it: it must never sign another root under the same name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::BackupError;
use super::error::failed;
use crate::environment::Environment;
use crate::proof::{SIGNING_KEYS_FILE, SigningKeys, VERIFYING_KEYS_FILE, VerifyingKeys};
use crate::rocks::{OpenError, Options, RocksLog, TreeError, beside};

/// What is left of keys and checkpoints that do not count any more, as evidence.
const CONTRADICTED: &str = "contradicted";

/// What the log signs with, and what it has signed.
pub(super) struct Signing<'a> {
    /// The folder of the log, unfinished.
    pub stage: &'a Path,
    /// The folder of the signing keys.
    pub keys: &'a Path,
    /// The second place of the ledger, beside which checkpoints are kept.
    pub ledger: &'a Path,
}

impl Signing<'_> {
    /// Opens the log with the newest checkpoints that are known. Where it would contradict them it is refused, unless it
    /// is given a new name; whether it was.
    pub fn open(
        &self,
        data: &Path,
        env: &Arc<dyn Environment>,
        options: &Options,
        kept: &[u8],
        new_name: Option<&str>,
    ) -> Result<(Arc<RocksLog>, bool), BackupError> {
        let file = self.stage.join("checkpoints");
        if self.has_name(new_name)? {
            // An earlier try came that far: what it set aside stays aside.
            return Ok((RocksLog::open(data, env.clone(), options)?, true));
        }
        if !kept.is_empty() {
            fs::write(&file, kept).map_err(failed("writing", &file))?;
        }
        let mut known_as = VerifyingKeys::load(self.keys)?.origin().map(ToOwned::to_owned);
        let contradiction = match RocksLog::open(data, env.clone(), options) {
            Ok(log) if new_name.is_none() => return Ok((log, false)),
            // An earlier try may have set the checkpoints aside and not come to its end.
            Ok(_) if !aside(&beside(self.ledger), 1).exists() => return Err(BackupError::NothingContradicted),
            Ok(_) => None,
            Err(OpenError::Tree(TreeError::CheckpointAhead { size, head })) => {
                Some(format!("it covers {size} records, and what is restored ends at position {head}"))
            }
            Err(OpenError::Tree(TreeError::CheckpointDiffers { size, .. })) => {
                Some(format!("it says something else about the first {size} records"))
            }
            // Nobody can say what they are worth: with a new name nothing is said about them.
            Err(OpenError::UncheckedCheckpoints { origin, .. }) if new_name.is_some() => {
                known_as = Some(origin);
                None
            }
            Err(other) => return Err(other.into()),
        };
        let name = match (new_name, contradiction) {
            (Some(name), _) => name,
            (None, Some(contradiction)) => return Err(BackupError::Contradicted { contradiction }),
            (None, None) => return Err(BackupError::NothingContradicted),
        };
        if known_as.as_deref() == Some(name) {
            return Err(BackupError::SameName(name.to_owned()));
        }
        for path in [file, beside(self.ledger)] {
            set_aside(&path)?;
        }
        for path in [SIGNING_KEYS_FILE, VERIFYING_KEYS_FILE] {
            set_aside(&self.keys.join(path))?;
        }
        SigningKeys::generate(self.keys, name)?;
        Ok((RocksLog::open(data, env.clone(), options)?, true))
    }

    /// Whether the log has the new name already.
    fn has_name(&self, new_name: Option<&str>) -> Result<bool, BackupError> {
        let Some(name) = new_name else { return Ok(false) };
        let is_aside = aside(&beside(self.ledger), 1).exists();
        Ok(is_aside && SigningKeys::load(self.keys)?.is_some_and(|keys| keys.origin() == name))
    }
}

/// The name of a file that does not count any more; there may be several of them.
fn aside(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{CONTRADICTED}-{number}"));
    PathBuf::from(name)
}

/// Gives a file another name; one that is not there is no trouble.
fn set_aside(path: &Path) -> Result<(), BackupError> {
    let free = (1..u32::MAX).map(|number| aside(path, number)).find(|path| !path.exists());
    match fs::rename(path, free.unwrap_or_else(|| aside(path, 0))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("setting aside", path)(error)),
        _ => Ok(()),
    }
}
