//! Reads the command line, runs the subcommand, and says how it ended.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use letopis_eventlog::rocks::{FolderError, OpenError, RewrapError};
use tracing_subscriber::EnvFilter;

use super::{
    api_key, backup, checkpoint, demo, erase, erasure_record, export, import, key, rebuild, replay, restore, schema,
    serve, verify, verify_proof,
};

/// Something went wrong.
const EXIT_FAILED: u8 = 1;
/// The data folder is in use by another process. 2 is a wrong command line.
const EXIT_IN_USE: u8 = 3;
/// A check found something wrong.
const EXIT_FOUND: u8 = 4;

/// Records what happens between a company and its customers, and answers every question from that log.
#[derive(Parser)]
#[command(name = "letopis", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// One line per subcommand.
#[derive(Subcommand)]
enum Command {
    /// Serves GraphQL over HTTP and WebSocket.
    Serve(serve::Arguments),
    /// Brings facts in from files, by a mapping.
    Import(import::Arguments),
    /// Prints each event of an entity and the state after it.
    Replay(replay::Arguments),
    /// Checks every record and whatever is derived from the records; a folder that is served by its server.
    Verify(verify::Arguments),
    /// Folds all read models anew and compares them with those in use; a folder that is served by its server.
    Rebuild(rebuild::Arguments),
    /// Exports a history in one file that an auditor can verify offline.
    Export(export::Arguments),
    /// Signs a checkpoint of the log, and proves that it goes on from an older one.
    Checkpoint(checkpoint::Arguments),
    /// Checks an exported history, or a single proof, offline.
    VerifyProof(verify_proof::Arguments),
    /// The keys that sign checkpoints, and the master key.
    Key(key::Arguments),
    /// The API keys with which programs and people come in.
    ApiKey(api_key::Arguments),
    /// Takes a backup of the records, also of a folder that is served.
    Backup(backup::Arguments),
    /// Brings a backup back into a new data folder.
    Restore(restore::Arguments),
    /// Erases the personal data of a person for ever.
    Erase(erase::Arguments),
    /// Writes the papers of an erasure: a signed certificate, its proof, act and extract.
    ErasureRecord(erasure_record::Arguments),
    /// Fills an empty data folder with a believable company.
    Demo(demo::Arguments),
    /// Prints the GraphQL schema.
    Schema,
}

/// A check that found something wrong: said already, so only the exit code is left.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Found(pub(super) String);

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("LETOPIS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let outcome = match cli.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Rebuild(arguments) => rebuild::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Checkpoint(arguments) => checkpoint::run(&arguments),
        Command::VerifyProof(arguments) => verify_proof::run(&arguments),
        Command::Key(arguments) => key::run(&arguments),
        Command::ApiKey(arguments) => api_key::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Erase(arguments) => erase::run(&arguments),
        Command::ErasureRecord(arguments) => erasure_record::run(&arguments),
        Command::Schema => schema::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("letopis: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Found>() {
        return EXIT_FOUND;
    }
    if is_in_use(error) { EXIT_IN_USE } else { EXIT_FAILED }
}

/// Whether another process has the data folder.
pub(super) fn is_in_use(error: &anyhow::Error) -> bool {
    let found = error.downcast_ref().or_else(|| match error.downcast_ref() {
        Some(RewrapError::Open(error)) => Some(error),
        _ => None,
    });
    matches!(found, Some(OpenError::Folder(FolderError::InUse { .. })))
}
