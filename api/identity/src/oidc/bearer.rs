//! Tokens of one issuer, from their text to whom they stand for.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jsonwebtoken::Algorithm;
use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;
use serde_json::Value;

use crate::oidc::claims::{claim, roles, valid_until};
use crate::oidc::fetch::Source;
use crate::oidc::settings::{OidcSettings, SettingsError};
use crate::oidc::signing_keys::SigningKeys;
use crate::oidc::token::{TOKEN_SIZE_BYTES_MAX, read_header, verify};
use crate::principal::{Credential, Principal};
use crate::refusal::Refusal;

/// Reads the id of an employee as the issuer writes it.
pub type ReadEmployee = dyn Fn(&str) -> Option<EmployeeId> + Send + Sync;

/// What is needed to check the tokens of one issuer.
pub struct Oidc {
    settings: OidcSettings,
    allowed: Vec<Algorithm>,
    read_employee: Box<ReadEmployee>,
    keys: Arc<SigningKeys>,
}

impl Oidc {
    /// Checks the settings. The issuer is asked when the first token comes, so it need not be up.
    ///
    /// # Errors
    /// When the settings would let in what must not come in, or the system has no root certificates.
    pub fn new(settings: OidcSettings) -> Result<Self, SettingsError> {
        settings.check()?;
        let allowed = settings.allowed_algorithms()?;
        let keys = SigningKeys::new(Source::new(&settings)?, i64::from(settings.refetch_seconds) * 1_000);
        Ok(Self { settings, allowed, read_employee: Box::new(read_uuid), keys })
    }

    /// Reads employees otherwise than as the text of a UUID.
    #[must_use]
    pub fn reading_employees(mut self, read: impl Fn(&str) -> Option<EmployeeId> + Send + Sync + 'static) -> Self {
        self.read_employee = Box::new(read);
        self
    }

    /// The issuer's URL.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Whom a token stands for. Must be called within a Tokio runtime; waits for the issuer only when its keys are
    /// missing.
    ///
    /// # Errors
    /// When the token is not accepted, or the issuer's keys cannot be had.
    pub async fn authenticate(&self, token: &str, now: Timestamp) -> Result<Principal, Refusal> {
        if token.len() > TOKEN_SIZE_BYTES_MAX {
            return Err(Refusal::TooLong);
        }
        let header = read_header(token, &self.allowed)?;
        let key = self.keys.find(header.kid.as_deref(), header.algorithm, now).await?;
        let settings = &self.settings;
        let claims = verify(token, header.algorithm, &key, &settings.issuer, &settings.audiences)?;
        let until = valid_until(&claims, settings, now)?;
        let employee = claim(&claims, &settings.employee_claim).and_then(Value::as_str);
        Ok(Principal {
            employee: employee.and_then(|text| (self.read_employee)(text)).ok_or(Refusal::NoEmployee)?,
            roles: roles(&claims, settings),
            scopes: settings.scopes,
            expires_at: Some(until),
            credential: Credential::Token { issuer: settings.issuer.clone() },
        })
    }
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The nil UUID is nobody.
fn read_uuid(text: &str) -> Option<EmployeeId> {
    EmployeeId::from_str(text).ok().filter(|id| !id.0.is_nil())
}
