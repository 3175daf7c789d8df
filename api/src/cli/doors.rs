//! The doors of a server: who is let in, and who saw what once inside.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use letopis_access_log::AccessLog;
use letopis_domain::access::Role;
use letopis_domain::event::{Event, EventType};
use letopis_domain::ids::EmployeeId;
use letopis_domain::query::Query;
use letopis_eventlog::environment::Environment;
use letopis_eventlog::log::{Log, Range};
use letopis_identity::{Identity, KeyStore, Oidc, OidcSettings};
use tokio::task::JoinHandle;

use super::serve::{Arguments, say};
use crate::company::Company;
use crate::control::{API_KEYS_FILE, CreateKey, create_key, open_access_log};
use crate::graphql::ids;
use crate::http::Gate;

/// How often the last uses of keys are written.
const USES_INTERVAL: Duration = Duration::from_mins(1);
/// How often old days of the access log are looked for, in such intervals.
const RETENTION_EVERY: u64 = 60;

/// Who is let in, and who saw what.
pub(super) struct Doors {
    /// None = everybody.
    pub(super) identity: Option<Arc<Identity>>,
    /// Who saw what of people.
    pub(super) access_log: Arc<AccessLog>,
}

impl Doors {
    /// Opens what lies in the data folder. Where nobody has a key yet, an administrator gets the first one.
    ///
    /// # Errors
    /// When a file cannot be read, or another process has it.
    pub(super) fn open(company: &Company, arguments: &Arguments) -> anyhow::Result<Self> {
        let data = &arguments.folder.data;
        let env = Arc::clone(company.env());
        let access_log = open_access_log(data, env, arguments.access_log_days)?;
        let identity = if arguments.demo { None } else { Some(identity(company, data, arguments.oidc.as_deref())?) };
        Ok(Self { identity, access_log: Arc::new(access_log) })
    }

    /// Who may come in.
    pub(super) fn gate(&self) -> Gate {
        self.identity.clone().map_or(Gate::Open, Gate::Identified)
    }

    /// Writes the last uses of keys, and removes old days of the access log, now and then.
    pub(super) fn do_chores(&self, env: Arc<dyn Environment>) -> Chores {
        let (identity, access_log) = (self.identity.clone(), Arc::clone(&self.access_log));
        let chores = async move {
            let mut interval = tokio::time::interval(USES_INTERVAL);
            for turn in 0_u64.. {
                interval.tick().await;
                let (identity, access_log, now) = (identity.clone(), Arc::clone(&access_log), env.now());
                let work = move || {
                    if let Some(Err(error)) = identity.map(|identity| identity.keys().flush_uses(now)) {
                        tracing::warn!(%error, "the last uses of API keys could not be written");
                    }
                    if turn.is_multiple_of(RETENTION_EVERY)
                        && let Err(error) = access_log.enforce_retention(now)
                    {
                        tracing::warn!(%error, "old days of the access log could not be removed");
                    }
                };
                // Fails only when the runtime stops.
                let _ = tokio::task::spawn_blocking(work).await;
            }
        };
        Chores(tokio::spawn(chores))
    }

    /// Writes everything out.
    pub(super) async fn close(&self) {
        if let Err(error) = self.access_log.close().await {
            tracing::error!(%error, "the access log could not be closed");
        }
    }
}

/// Work that is done now and then, until this is dropped.
pub(super) struct Chores(JoinHandle<()>);

impl Drop for Chores {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn identity(company: &Company, data: &Path, oidc: Option<&Path>) -> anyhow::Result<Arc<Identity>> {
    let keys = KeyStore::open(&data.join(API_KEYS_FILE))?;
    let has_key = !keys.is_empty();
    let identity = Arc::new(Identity::new(keys, oidc.map(tokens).transpose()?));
    if !has_key && was_administered(company)? {
        say("nobody has an API key any more; `letopis api-key create --name NAME --role administrator` makes one");
    } else if !has_key {
        let wanted = CreateKey {
            name: "administrator".to_owned(),
            employee: None,
            role: Some(Role::Administrator),
            reach: None,
            scopes: Vec::new(),
            expires_at: None,
        };
        let (_, text) = create_key(&company.folder(None, None), identity.keys(), &wanted)?;
        say("an API key of a first administrator was made; it is shown this once:");
        say(&text.0);
    }
    Ok(identity)
}

/// Whether there ever was an administrator: then a file of keys is missing, and nobody gets a new key unasked.
fn was_administered(company: &Company) -> anyhow::Result<bool> {
    let granted = Query::default().or_types(&[EventType::RoleGranted]);
    let granted = company.log().read(&granted, Range::upto(company.log().head()))?;
    let is_administrator =
        |event: &Event| matches!(event, Event::RoleGranted(granted) if granted.role == Role::Administrator);
    Ok(granted.iter().any(|recorded| is_administrator(&recorded.event)))
}

/// Whose tokens are accepted, by a file.
fn tokens(file: &Path) -> anyhow::Result<Oidc> {
    let failed = || format!("failed to read {}", file.display());
    let text = std::fs::read_to_string(file).with_context(failed)?;
    let settings: OidcSettings = toml::from_str(&text).with_context(failed)?;
    for role in settings.roles.values() {
        role.parse::<Role>().with_context(|| format!("{}: under `roles`", file.display()))?;
    }
    let oidc = Oidc::new(settings).with_context(failed)?;
    Ok(oidc.reading_employees(ids::parse::<EmployeeId>))
}
