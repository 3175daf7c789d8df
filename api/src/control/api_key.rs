//! API keys: who gets one, which there are, and that one is no longer accepted.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use letopis_access_log::Kind;
use letopis_domain::access::{GrantRole, Reach, Role};
use letopis_domain::command::Command;
use letopis_domain::employee::{Employee, EmployeeKind, HireEmployee};
use letopis_domain::ids::EmployeeId;
use letopis_domain::values::{PersonName, Timestamp};
use letopis_eventlog::log::Log;
use letopis_eventlog::transact::{Envelope, transact};
use letopis_identity::{ApiKey, Identity, KeyStore, Order, Scope, Scopes};
use letopis_projections::entity;
use serde::{Deserialize, Serialize};

use super::accesses::note;
use super::request::Answer;
use super::work::Folder;

/// The file of the keys, in the data folder.
pub const API_KEYS_FILE: &str = "api-keys.json";

/// What is asked about keys.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub enum ApiKeyRequest {
    /// Make one.
    Create(CreateKey),
    /// Say which there are.
    List,
    /// Accept one no longer.
    Revoke {
        /// Its id: the part of the key between the underscores.
        id: String,
    },
}

/// A key to be made.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct CreateKey {
    /// What people call it.
    pub name: String,
    /// For whom it stands; none = a new employee of the kind SYSTEM, called like the key.
    pub employee: Option<EmployeeId>,
    /// The role that the employee is granted; none = they have one.
    pub role: Option<Role>,
    /// How far the role reaches; none = as far as it usually does.
    pub reach: Option<Reach>,
    /// What the key may be used for; empty = what the role needs.
    pub scopes: Vec<Scope>,
    /// The first instant at which it is no longer accepted; none = never.
    pub expires_at: Option<Timestamp>,
}

/// A text that no log shows.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Does what is asked about keys.
pub(super) fn api_keys(folder: &Folder, request: &ApiKeyRequest) -> anyhow::Result<Answer> {
    let identity = match &folder.identity {
        Some(identity) => Arc::clone(identity),
        None => Arc::new(open(&folder.data)?),
    };
    let keys = identity.keys();
    let operation = match request {
        ApiKeyRequest::Create(_) => "api-key create",
        ApiKeyRequest::List => "api-key list",
        ApiKeyRequest::Revoke { .. } => "api-key revoke",
    };
    note(folder, Kind::Administration, operation, BTreeSet::new())?;
    match request {
        ApiKeyRequest::Create(wanted) => {
            let (key, text) = create(folder, keys, wanted)?;
            Ok(Answer::KeyMade { key, text })
        }
        ApiKeyRequest::List => Ok(Answer::Keys { keys: keys.list() }),
        ApiKeyRequest::Revoke { id } => {
            let id = id.parse().with_context(|| format!("'{id}' is not the id of a key"))?;
            Ok(Answer::KeyRevoked { key: keys.revoke(id, folder.env.now())? })
        }
    }
}

/// The keys of a data folder, and nobody else's tokens.
///
/// # Errors
/// When the file cannot be read, or another process has it.
pub fn open(data: &Path) -> anyhow::Result<Identity> {
    Ok(Identity::new(KeyStore::open(&data.join(API_KEYS_FILE))?, None))
}

/// Makes a key, and whoever it stands for. The text is shown once.
///
/// # Errors
/// When nobody is there for whom it could stand, or it cannot be kept.
pub fn create(folder: &Folder, keys: &KeyStore, wanted: &CreateKey) -> anyhow::Result<(ApiKey, Secret)> {
    let employee = holder(folder, wanted)?;
    let scopes =
        if wanted.scopes.is_empty() { usual_scopes(wanted.role) } else { wanted.scopes.iter().copied().collect() };
    let order = Order { name: wanted.name.clone(), employee, scopes, expires_at: wanted.expires_at };
    let made = keys.create(order, folder.env.now())?;
    tracing::info!(key = made.key.id.as_str(), %employee, "an API key was made");
    Ok((made.key.clone(), Secret(made.text().to_owned())))
}

/// What a role needs a key for. Without a role nothing is administered.
fn usual_scopes(role: Option<Role>) -> Scopes {
    let scopes: &[Scope] = match role {
        Some(Role::Administrator) => &Scope::ALL,
        Some(Role::Auditor | Role::Analyst) => &[Scope::Read],
        _ => &[Scope::Read, Scope::Record],
    };
    scopes.iter().copied().collect()
}

/// The employee for whom a key stands, with the role they are to have.
fn holder(folder: &Folder, wanted: &CreateKey) -> anyhow::Result<EmployeeId> {
    let employee = match wanted.employee {
        Some(employee) => {
            let known = entity::fold::<Employee>(&*folder.log, employee, folder.log.head())?;
            match known {
                None => bail!("there is no {employee}"),
                Some(known) if known.state.left_at.is_some() => bail!("{employee} has left the company"),
                Some(_) => employee,
            }
        }
        None if wanted.role.is_none() => bail!("say --role, or by --employee who has one already"),
        None => {
            let employee = EmployeeId(folder.env.new_uuid());
            let name = PersonName(wanted.name.clone());
            carry_out(folder, HireEmployee { employee, kind: EmployeeKind::System, team: None, name })?;
            employee
        }
    };
    if let Some(role) = wanted.role {
        carry_out(folder, GrantRole { employee, role, reach: wanted.reach })?;
    }
    Ok(employee)
}

fn carry_out(folder: &Folder, command: impl Into<Command>) -> anyhow::Result<()> {
    let command = command.into();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(transact(&*folder.log, &*folder.env, &command, &Envelope::default()))?;
    Ok(())
}
