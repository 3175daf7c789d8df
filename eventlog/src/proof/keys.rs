//! Keys that sign checkpoints, in two text files, one key per line, the oldest first.
//!
//! Every key in the secret file signs. So a key is replaced in three steps: add one, let auditors take over its public
//! half from checkpoints that both have signed, retire the older. The public file keeps all of them for ever, because
//! the kept checkpoints of their time must still verify.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use rand_core::{CryptoRng, OsRng, RngCore};
use signed_note::{
    Note, Signer, StandardSigner, StandardVerifier, VerificationError, Verifier, Verifiers, generate_key,
    is_key_name_valid,
};
use zeroize::Zeroizing;

/// The file of the secret keys.
pub const SIGNING_KEYS_FILE: &str = "checkpoint.key";
/// The file of the public keys.
pub const VERIFYING_KEYS_FILE: &str = "checkpoint.pub";
/// Longest name of a log.
const ORIGIN_SIZE_MAX: usize = 255;
/// Only the owner may read a secret.
const SECRET_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;

const SECRET_NOTICE: &str =
    "# Secret: whoever has these lines can sign checkpoints in the name of this log. Each line signs.\n";

/// Keys that cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There are keys already.
    #[error("{} is there already; add a further key to it instead, so that checkpoints are signed by both", .0.display())]
    Exists(PathBuf),
    /// There are none.
    #[error("there is no signing key at {}; make one first", .0.display())]
    Missing(PathBuf),
    /// A name that no key can have.
    #[error(
        "'{0}' cannot be the name of a log: it needs 1 to 255 characters without spaces and plus signs, best is an address like crm.example.com/log"
    )]
    Name(String),
    /// A line that is no key.
    #[error("line {line} of {} is no key: {reason}", .file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A key of another name.
    #[error("line {line} of {} is a key of '{found}', the others are of '{expected}'", .file.display())]
    Mixed {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Its name.
        found: String,
        /// The name of the first.
        expected: String,
    },
    /// Somebody else changes them.
    #[error("the signing keys in {} are being changed by another process", .0.display())]
    InUse(PathBuf),
    /// The file system said no.
    #[error("{what} {} failed: {source}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// How it ended.
        source: io::Error,
    },
}

/// What a signature says of its key besides the name: a part of the hash of name and public key.
pub(crate) type KeyId = u32;

/// The keys that sign now. All have the log's name.
pub struct SigningKeys {
    origin: String,
    signers: Vec<StandardSigner>,
}

impl SigningKeys {
    /// Makes the first key of a log in `folder` and returns its public half. `origin` names the log for ever.
    ///
    /// # Errors
    /// When there is a key already, the name cannot be used, or the files cannot be written.
    pub fn generate(folder: &Path, origin: &str) -> Result<String, KeyError> {
        let has_control = origin.chars().any(char::is_control);
        if !is_key_name_valid(origin) || origin.len() > ORIGIN_SIZE_MAX || has_control {
            return Err(KeyError::Name(origin.to_owned()));
        }
        let (secret, public) = (folder.join(SIGNING_KEYS_FILE), folder.join(VERIFYING_KEYS_FILE));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("creating", folder))?;
        let _lock = hold(folder)?;
        if let Some(verifying) = finish_generating(folder, origin)? {
            return Ok(verifying);
        }
        if let Some(known) = [&secret, &public].into_iter().find(|path| path.exists()) {
            return Err(KeyError::Exists(known.clone()));
        }
        let (signing, verifying) = generate_key(&mut OsRng, origin);
        // Both are written before one gets its name, so that a crash in between can be made good.
        write_new(&secret, &format!("{SECRET_NOTICE}{signing}\n"), SECRET_MODE)?;
        write_new(&public, &format!("{verifying}\n"), PUBLIC_MODE)?;
        put_in_place(&public)?;
        put_in_place(&secret)?;
        Ok(verifying)
    }

    /// Adds a further key of the same name, which signs beside the others, and returns its public half.
    ///
    /// # Errors
    /// When there is no key yet, or the files cannot be read or written.
    pub fn add(folder: &Path) -> Result<String, KeyError> {
        let (secret, public) = (folder.join(SIGNING_KEYS_FILE), folder.join(VERIFYING_KEYS_FILE));
        if !secret.exists() {
            return Err(KeyError::Missing(secret));
        }
        let _lock = hold(folder)?;
        let known = Self::load(folder)?.ok_or_else(|| KeyError::Missing(secret.clone()))?;
        let (signing, verifying) = generate_key(&mut OsRng, &known.origin);
        // First the public half: a key that signs must be known. So must the others, whose file may have been lost.
        let published = with_public_halves(read(&public)?, &read(&secret)?, &public)?;
        replace(&public, &format!("{published}{verifying}\n"), PUBLIC_MODE)?;
        replace(&secret, &format!("{}{signing}\n", read(&secret)?), SECRET_MODE)?;
        Ok(verifying)
    }

    /// Forgets all secret keys but the newest. Their public halves stay.
    ///
    /// # Errors
    /// When there is no key, or the file cannot be written.
    pub fn retire_older(folder: &Path) -> Result<(), KeyError> {
        let secret = folder.join(SIGNING_KEYS_FILE);
        if !secret.exists() {
            return Err(KeyError::Missing(secret));
        }
        let _lock = hold(folder)?;
        let text = read(&secret)?;
        let newest = lines(&text).last().ok_or_else(|| KeyError::Missing(secret.clone()))?.1;
        replace(&secret, &format!("{SECRET_NOTICE}{newest}\n"), SECRET_MODE)
    }

    /// The keys in `folder`; none where none were made.
    ///
    /// # Errors
    /// When a file cannot be read, or a line of it is no key.
    pub fn load(folder: &Path) -> Result<Option<Self>, KeyError> {
        let file = folder.join(SIGNING_KEYS_FILE);
        let mut signers: Vec<StandardSigner> = Vec::new();
        for (line, text) in lines(&read(&file)?) {
            let malformed = |reason| KeyError::Malformed { file: file.clone(), line, reason };
            let signer = StandardSigner::new(text).map_err(|error| malformed(error.to_string()))?;
            check_name(&file, line, signer.name(), signers.first().map(Signer::name))?;
            signers.push(signer);
        }
        Ok(signers.first().map(|first| first.name().to_owned()).map(|origin| Self { origin, signers }))
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The keys, in the order in which they sign.
    pub(crate) fn ids(&self) -> Vec<KeyId> {
        self.signers.iter().map(Signer::key_id).collect()
    }

    /// Signs a text with every key.
    pub(super) fn sign(&self, text: &str) -> Result<String, signed_note::NoteError> {
        let mut note = Note::new(text.as_bytes(), &[])?;
        note.add_sigs(&self.signers.iter().map(|signer| signer as &dyn Signer).collect::<Vec<_>>())?;
        Ok(String::from_utf8_lossy(&note.to_bytes()).into_owned())
    }
}

/// The keys that are trusted. All have the same name.
#[derive(Clone, Default)]
pub struct VerifyingKeys {
    verifiers: Vec<StandardVerifier>,
}

impl VerifyingKeys {
    /// Reads keys of a text, one per line.
    ///
    /// # Errors
    /// When a line is no key, or of another name than the others. `file` is only for the message.
    pub fn parse(text: &str, file: &Path) -> Result<Self, KeyError> {
        let mut verifiers: Vec<StandardVerifier> = Vec::new();
        for (line, text) in lines(text) {
            let malformed = |reason| KeyError::Malformed { file: file.to_owned(), line, reason };
            let verifier = StandardVerifier::new(text).map_err(|error| malformed(error.to_string()))?;
            check_name(file, line, verifier.name(), verifiers.first().map(Verifier::name))?;
            verifiers.push(verifier);
        }
        Ok(Self { verifiers })
    }

    /// The public keys in a log's key folder.
    ///
    /// # Errors
    /// When the file cannot be read, or a line of it is no key.
    pub fn load(folder: &Path) -> Result<Self, KeyError> {
        let file = folder.join(VERIFYING_KEYS_FILE);
        Self::parse(&read(&file)?, &file)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.verifiers.is_empty()
    }

    /// The name of the log; none where there are no keys.
    pub fn origin(&self) -> Option<&str> {
        self.verifiers.first().map(Verifier::name)
    }
}

impl Verifiers for VerifyingKeys {
    fn verifier(&self, name: &str, id: u32) -> Result<&dyn Verifier, VerificationError> {
        let known = self.verifiers.iter().find(|verifier| verifier.name() == name && verifier.key_id() == id);
        let unknown = || VerificationError::UnknownKey { name: name.to_owned(), id };
        known.map(|verifier| verifier as &dyn Verifier).ok_or_else(unknown)
    }
}

/// Lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(text.lines().map(str::trim));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn check_name(file: &Path, line: usize, found: &str, expected: Option<&str>) -> Result<(), KeyError> {
    match expected {
        Some(expected) if expected != found => {
            Err(KeyError::Mixed { file: file.to_owned(), line, found: found.to_owned(), expected: expected.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The text of a file; empty where there is none.
fn read(path: &Path) -> Result<String, KeyError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(failed("reading", path)(error)),
    }
}

/// The text of a public file, and after it the public halves that it lacks of secret keys.
fn with_public_halves(mut text: String, secrets: &str, file: &Path) -> Result<String, KeyError> {
    let known = VerifyingKeys::parse(&text, file)?;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for (_, line) in lines(secrets) {
        if let Ok(signer) = StandardSigner::new(line)
            && known.verifier(signer.name(), signer.key_id()).is_err()
            && let Some(verifying) = public_half(signer.name(), line)
        {
            text.push_str(&verifying);
            text.push('\n');
        }
    }
    Ok(text)
}

/// The public half of a secret key: the key is made again, of the same seed.
fn public_half(name: &str, secret: &str) -> Option<String> {
    let seed = BASE64.decode(secret.splitn(5, '+').nth(4)?.as_bytes()).ok().map(Zeroizing::new)?;
    let mut seed = Seed(seed.get(1..)?);
    let (again, verifying) = generate_key(&mut seed, name);
    (*Zeroizing::new(again) == secret).then_some(verifying)
}

/// What gives the bytes of a seed where randomness is asked for.
struct Seed<'a>(&'a [u8]);

impl RngCore for Seed<'_> {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        let (now, later) = self.0.split_at(out.len().min(self.0.len()));
        out.fill(0);
        out[..now.len()].copy_from_slice(now);
        self.0 = later;
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Seed<'_> {}

/// Finishes what a crash left of making the first key: the public half has its name, the secret has not.
fn finish_generating(folder: &Path, origin: &str) -> Result<Option<String>, KeyError> {
    let (secret, public) = (folder.join(SIGNING_KEYS_FILE), folder.join(VERIFYING_KEYS_FILE));
    if secret.exists() || !public.exists() || !new_name(&secret).exists() {
        return Ok(None);
    }
    let text = read(&new_name(&secret))?;
    let signer = lines(&text).last().and_then(|(_, line)| StandardSigner::new(line).ok());
    let verifying = read(&public)?;
    let known = VerifyingKeys::parse(&verifying, &public)?;
    let is_its = signer.is_some_and(|signer| {
        signer.name() == origin && known.verifiers.len() == 1 && known.verifier(origin, signer.key_id()).is_ok()
    });
    if !is_its {
        return Ok(None);
    }
    put_in_place(&secret)?;
    Ok(Some(verifying.trim().to_owned()))
}

/// Holds the keys of a folder against others who change them.
fn hold(folder: &Path) -> Result<File, KeyError> {
    let lock = File::open(folder).map_err(failed("opening", folder))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(KeyError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed("locking", folder)(error)),
    }
}

/// Writes a file so that it is there as a whole or not at all.
fn replace(path: &Path, text: &str, mode: u32) -> Result<(), KeyError> {
    write_new(path, text, mode)?;
    put_in_place(path)
}

/// The name of a file on its way, which is no other's.
fn new_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Writes a file under a name of its own. What has that name, left by a crash or put there by somebody, is not opened:
/// it may be readable by others.
fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), KeyError> {
    let new = new_name(path);
    let written = || {
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::options().create_new(true).write(true).mode(mode).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    written().map_err(failed("writing", path))
}

/// Gives it its name, durably.
fn put_in_place(path: &Path) -> Result<(), KeyError> {
    let moved = fs::rename(new_name(path), path);
    let synced = moved.and_then(|()| path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()));
    synced.map_err(failed("writing", path))
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { what, path, source }
}
