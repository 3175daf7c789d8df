//! The roots of the schema, merged from its subjects.

use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema};

use super::{
    access, account, activity, agreement, attribute, catalog, company, contact, event, lead, node, opportunity,
    pipeline, privacy, report, task, timeline,
};
use crate::app::App;

/// What can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQueries,
    account::AccountQueries,
    contact::ContactQueries,
    lead::LeadQueries,
    opportunity::OpportunityQueries,
    task::TaskQueries,
    agreement::AgreementQueries,
    agreement::ReservationQueries,
    company::CompanyQueries,
    company::EmployeeQueries,
    company::TeamQueries,
    access::AccessQueries,
    access::AccessLogQueries,
    pipeline::PipelineQueries,
    catalog::CatalogQueries,
    attribute::AttributeQueries,
    report::FunnelQueries,
    report::RejectionAuditQueries,
    report::ActivityTotalQueries,
    report::LeadConversionQueries,
    privacy::PrivacyQueries,
    event::EventQueries,
);

/// What can be recorded: one field per command. A refusal is in `userErrors`, never at the top level.
#[derive(MergedObject, Default)]
pub struct Mutation(
    lead::LeadMutations,
    account::AccountMutations,
    contact::ContactMutations,
    opportunity::OpportunityMutations,
    activity::ActivityMutations,
    agreement::AgreementMutations,
    task::TaskMutations,
    pipeline::PipelineMutations,
    catalog::CatalogMutations,
    attribute::AttributeMutations,
    company::CompanyMutations,
    access::AccessMutations,
    privacy::PrivacyMutations,
);

/// What can be followed.
#[derive(MergedSubscription, Default)]
pub struct Subscription(timeline::TimelineSubscriptions, event::EventSubscriptions);

/// The whole schema.
pub type LetopisSchema = Schema<Query, Mutation, Subscription>;

/// The schema that answers from a company's log.
pub fn schema(app: Arc<App>) -> LetopisSchema {
    Schema::build(Query::default(), Mutation::default(), Subscription::default()).data(app).finish()
}

/// The printed schema.
pub fn sdl() -> String {
    let schema = Schema::build(Query::default(), Mutation::default(), Subscription::default()).finish();
    schema.sdl_with_options(SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items())
}
