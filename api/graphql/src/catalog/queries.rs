//! Questions about catalogs.

use async_graphql::{Context, Object};

use super::{AuditRules, AuditRulesKey, ReasonCatalog};
use crate::as_of::{self, AsOf};
use crate::enums::CatalogKind;
use crate::error::FieldResult;
use crate::object::link;

/// Questions about catalogs.
#[derive(Default)]
pub struct CatalogQueries;

/// Questions about catalogs.
#[Object]
impl CatalogQueries {
    /// The current version of a reason catalog; null until one was published.
    async fn reason_catalog(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which catalog.")] kind: CatalogKind,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<ReasonCatalog>> {
        match as_of::position(context, as_of).await {
            Ok(at) => link(context, Some(kind.into()), at),
            Err(error) => Some(Err(error)),
        }
    }

    /// The thresholds of the rejection audit.
    async fn audit_rules(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<AuditRules>> {
        match as_of::position(context, as_of).await {
            Ok(at) => link(context, Some(AuditRulesKey), at),
            Err(error) => Some(Err(error)),
        }
    }
}
