//! Questions about pipelines.

use std::collections::BTreeSet;

use async_graphql::{Context, Object};
use letopis_domain::event::{Event, EventType};
use letopis_domain::ids::PipelineId;
use letopis_domain::query::Query;
use letopis_eventlog::log::Range;

use super::Pipeline;
use crate::as_of::{self, AsOf};
use crate::context::seen;
use crate::error::{FieldError, FieldResult};
use crate::ids::Given;
use crate::mutation::Subject;
use crate::object::link;

/// Questions about pipelines.
#[derive(Default)]
pub struct PipelineQueries;

/// Questions about pipelines.
#[Object]
impl PipelineQueries {
    /// A pipeline by its id; null when there is none.
    async fn pipeline(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: Given<PipelineId>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<Pipeline>> {
        match as_of::position(context, as_of).await {
            Ok(at) => link(context, id.known(), at),
            Err(error) => Some(Err(error)),
        }
    }

    /// All pipelines, in the order of their first publication. A company has few.
    async fn pipelines(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> FieldResult<Vec<Pipeline>> {
        let at = as_of::position(context, as_of).await?;
        let seen = seen(context, at)?;
        let published = Query::default().or_types(&[EventType::PipelinePublished]);
        let mut known = BTreeSet::new();
        let mut pipelines = Vec::new();
        for recorded in seen.read(&published, Range::upto(at)).map_err(FieldError::from)? {
            let Event::PipelinePublished(published) = &recorded.event else { continue };
            if known.insert(published.pipeline) {
                pipelines.extend(Pipeline::load(&seen, published.pipeline)?);
            }
        }
        Ok(pipelines)
    }
}
