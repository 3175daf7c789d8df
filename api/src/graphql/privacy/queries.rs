//! Questions about data subjects.

use async_graphql::{Context, ID, Object};
use letopis_domain::ids::{LegalHoldId, SubjectId};

use super::{DataSubject, LegalHold};
use crate::context::app;
use crate::error::FieldResult;
use crate::graphql::as_of::{self, AsOf};
use crate::graphql::ids::parse;
use crate::graphql::mutation::Subject;

/// Questions about data subjects.
#[derive(Default)]
pub struct PrivacyQueries;

/// Questions about data subjects.
#[Object]
impl PrivacyQueries {
    /// A data subject by its id; null when nothing is known about it.
    async fn data_subject(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A global id, or a UUID.")] id: ID,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<DataSubject>> {
        let found = async {
            let at = as_of::position(context, as_of).await?;
            let Some(id) = parse::<SubjectId>(&id) else { return Ok(None) };
            Ok(DataSubject::load(app(context)?, id, at)?)
        };
        found.await.transpose()
    }

    /// A legal hold by its id; null when there is none.
    async fn legal_hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A global id, or a UUID.")] id: ID,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<LegalHold>> {
        let found = async {
            let at = as_of::position(context, as_of).await?;
            let Some(id) = parse::<LegalHoldId>(&id) else { return Ok(None) };
            Ok(LegalHold::load(app(context)?, id, at)?)
        };
        found.await.transpose()
    }
}
