//! `letopis api-key`: the keys with which programs and people come in.

use anyhow::Context;
use chrono::{Days, Utc};
use letopis_domain::access::{Reach, Role};
use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;
use letopis_identity::{ApiKey, Scope};

use super::at_work::carry_out;
use super::history::id;
use super::{DataFolder, Meter};
use crate::control::{Answer, ApiKeyRequest, CreateKey, Request};

/// What to do with them.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Makes a key and prints it, once.
    Create(Create),
    /// Lists the keys, without their secrets.
    List(List),
    /// Accepts a key no longer.
    Revoke(Revoke),
}

#[derive(clap::Args)]
struct Create {
    #[command(flatten)]
    folder: DataFolder,
    /// What people call it: the program or the person who holds it.
    #[arg(long)]
    name: String,
    /// The employee for whom it stands, by global id or UUID; a new one of the kind SYSTEM when absent.
    #[arg(long, value_name = "ID")]
    employee: Option<String>,
    /// The role that the employee is granted: representative, team-lead, manager, marketing, auditor, analyst, integration
    /// or administrator. It may be left out where the employee has one.
    #[arg(long)]
    role: Option<Role>,
    /// How far the role reaches; as far as it usually does when absent.
    #[arg(long, value_enum)]
    reach: Option<ReachName>,
    /// What the key may be used for at most; several are given one by one. What the role needs when absent.
    #[arg(long = "scope", value_enum)]
    scopes: Vec<ScopeName>,
    /// After how many days it is no longer accepted; never when absent.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    expires_in_days: Option<u32>,
}

#[derive(clap::Args)]
struct List {
    #[command(flatten)]
    folder: DataFolder,
}

#[derive(clap::Args)]
struct Revoke {
    #[command(flatten)]
    folder: DataFolder,
    /// The id of the key: its part between the underscores.
    id: String,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum ReachName {
    Own,
    Team,
    Unit,
    All,
}

impl From<ReachName> for Reach {
    fn from(reach: ReachName) -> Self {
        match reach {
            ReachName::Own => Self::Own,
            ReachName::Team => Self::Team,
            ReachName::Unit => Self::Unit,
            ReachName::All => Self::All,
        }
    }
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum ScopeName {
    Read,
    Record,
    Administer,
}

impl From<ScopeName> for Scope {
    fn from(scope: ScopeName) -> Self {
        match scope {
            ScopeName::Read => Self::Read,
            ScopeName::Record => Self::Record,
            ScopeName::Administer => Self::Administer,
        }
    }
}

/// Does it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Create(create) => make(create),
        Command::List(list) => match ask(&list.folder, ApiKeyRequest::List)? {
            Answer::Keys { keys } => {
                keys.iter().for_each(show);
                Ok(())
            }
            other => Err(other.unexpected()),
        },
        Command::Revoke(revoke) => match ask(&revoke.folder, ApiKeyRequest::Revoke { id: revoke.id.clone() })? {
            Answer::KeyRevoked { key } => {
                show(&key);
                Ok(())
            }
            other => Err(other.unexpected()),
        },
    }
}

fn ask(folder: &DataFolder, request: ApiKeyRequest) -> anyhow::Result<Answer> {
    carry_out(folder, &Request::ApiKeys(request), Meter::new("looking", "keys"))
}

#[expect(clippy::print_stdout, reason = "the key is the answer")]
fn make(create: &Create) -> anyhow::Result<()> {
    let expires_at = create.expires_in_days.map(in_days).transpose()?;
    let wanted = CreateKey {
        name: create.name.clone(),
        employee: create.employee.as_deref().map(id::<EmployeeId>).transpose()?,
        role: create.role,
        reach: create.reach.map(Into::into),
        scopes: create.scopes.iter().copied().map(Into::into).collect(),
        expires_at,
    };
    match ask(&create.folder, ApiKeyRequest::Create(wanted))? {
        Answer::KeyMade { key, text } => {
            eprintln!("the key {} stands for {}; it is shown this once:", key.id.as_str(), key.employee);
            println!("{}", text.0);
            Ok(())
        }
        other => Err(other.unexpected()),
    }
}

fn in_days(days: u32) -> anyhow::Result<Timestamp> {
    let at = Utc::now().checked_add_days(Days::new(days.into())).context("that is too far away")?;
    Ok(Timestamp::from_micros(at.timestamp_micros()))
}

#[expect(clippy::print_stdout, reason = "the keys are the answer")]
fn show(key: &ApiKey) {
    let scopes: Vec<&str> = key.scopes.iter().map(Scope::word).collect();
    let time = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let state = match key.revoked_at {
        Some(at) => format!("revoked {at}"),
        None => format!("expires {}", time(key.expires_at)),
    };
    println!(
        "{}  {}  {}  {}  made {}  {state}  last used {}",
        key.id.as_str(),
        key.name,
        key.employee,
        scopes.join("+"),
        key.created_at,
        time(key.last_used_at)
    );
}
