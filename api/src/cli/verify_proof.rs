//! `letopis verify-proof`: checks an auditor's file offline, without the log.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use letopis_eventlog::proof::{
    CERTIFICATE_FORMAT, Certificate, Checkpoint, Continuation, TlogProof, VerifyingKeys, verify_export,
};

use super::Found;

/// How a `.tlog-proof` begins.
const TLOG_PROOF: &str = "c2sp.org/tlog-proof@v1";

/// What to check, and what is trusted.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file: an export with proofs, a `.tlog-proof`, a later checkpoint with its proof, or a certificate of erasure.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A checkpoint that was got earlier or elsewhere; needed for an export and for a later checkpoint. A single proof must
    /// be made against it.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The verifying key of the log.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Checks it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let keys = VerifyingKeys::parse(&read(&arguments.key)?, &arguments.key)?;
    let trusted = arguments.checkpoint.as_deref().map(|file| trusted(file, &keys)).transpose()?;
    let path = &arguments.file;
    let mut file = BufReader::new(File::open(path).with_context(|| format!("failed to open {}", path.display()))?);
    let start = file.fill_buf()?;
    let outcome = if start.starts_with(TLOG_PROOF.as_bytes()) {
        proof(&mut file, trusted.as_ref(), &keys)
    } else if start.starts_with(CERTIFICATE_FORMAT.as_bytes()) {
        certificate(&mut file, trusted.as_ref(), &keys)
    } else if start.starts_with(Continuation::START.as_bytes()) {
        let trusted = trusted.context("a later checkpoint is checked against one that you trust: say --checkpoint")?;
        continuation(&mut file, &trusted, &keys)
    } else {
        let trusted = trusted.context("an export is checked against a checkpoint that you trust: say --checkpoint")?;
        export(&mut file, &trusted, &keys)
    };
    outcome.map_err(|refused| Found(format!("{}: {refused:#}", path.display())).into())
}

fn proof(file: &mut impl Read, trusted: Option<&Checkpoint>, keys: &VerifyingKeys) -> anyhow::Result<()> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let proof = TlogProof::parse(&text)?;
    let checkpoint = proof.verify(keys)?;
    let is_known = trusted.map(|trusted| is_the_trusted(&checkpoint, trusted)).transpose()?.is_some();
    println!("the record at position {} is part of the log '{}'", proof.position(), checkpoint.origin());
    println!("as its checkpoint over {} records says", checkpoint.size());
    if !is_known {
        println!(
            "not proved: that this checkpoint is of the log as others know it; say --checkpoint to hold it against one"
        );
    }
    Ok(())
}

fn certificate(file: &mut impl Read, trusted: Option<&Checkpoint>, keys: &VerifyingKeys) -> anyhow::Result<()> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let certificate = Certificate::open(&text, keys, trusted)?;
    let Certificate { origin, position, recorded_at, subjects, .. } = &certificate;
    println!(
        "the keys of {} data subjects were destroyed: the log '{origin}' records it at {position},",
        subjects.len()
    );
    println!("{recorded_at}; so its operator has signed");
    if trusted.is_none() {
        println!("not proved: that this is the log as others know it; say --checkpoint to hold it against one");
    }
    Ok(())
}

fn continuation(file: &mut impl Read, trusted: &Checkpoint, keys: &VerifyingKeys) -> anyhow::Result<()> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let later = Continuation::parse(&text)?.verify(trusted, keys)?;
    println!("the log '{}' of {} records goes on from the trusted checkpoint", later.origin(), later.size());
    println!("over {} records; this file can be trusted in its place", trusted.size());
    Ok(())
}

/// A proof carries a checkpoint of its own and says nothing of how that one goes on from another.
fn is_the_trusted(own: &Checkpoint, trusted: &Checkpoint) -> anyhow::Result<()> {
    let (size, known) = (own.size(), trusted.size());
    if size != known {
        bail!(
            "not proved: its checkpoint over {size} records is not proved to be of the same log as the trusted one over {known}; ask for a proof against that one, or for an export since it"
        );
    }
    if own.root() != trusted.root() {
        bail!("the trusted checkpoint over {known} records has another root: history was rewritten");
    }
    Ok(())
}

fn export(file: &mut impl BufRead, trusted: &Checkpoint, keys: &VerifyingKeys) -> anyhow::Result<()> {
    let audit = verify_export(file, trusted, keys)?;
    println!("{} events about {} are part of the log '{}'", audit.events, audit.about, audit.origin);
    println!("of {} records, which goes on from the trusted checkpoint over {}", audit.size, audit.trusted);
    for limit in audit.limits() {
        println!("not proved: {limit}");
    }
    Ok(())
}

fn trusted(file: &Path, keys: &VerifyingKeys) -> anyhow::Result<Checkpoint> {
    Checkpoint::open(Continuation::held(&read(file)?), keys)
        .map_err(|refused| Found(format!("{}: {refused}", file.display())).into())
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))
}
