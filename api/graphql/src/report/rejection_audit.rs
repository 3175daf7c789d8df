//! The rejection audit: why leads were rejected, by whom, in which circumstances, and what contradicts it.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, SimpleObject};
use letopis_domain::event::Event;
use letopis_domain::ids::Position as LogPosition;
use letopis_projections::View;
use letopis_projections::reports::audit as report;
use letopis_projections::reports::bursts;

use super::columns::{GroupBy, GroupValue, ReportWhere, bounded, fields, period};
use crate::as_of::{self, AsOf};
use crate::catalog::AuditRules;
use crate::company::{Employee, Team};
use crate::context::seen;
use crate::enums::Claim;
use crate::error::{FieldError, FieldResult};
use crate::event::RecordedEvent;
use crate::lead::Lead;
use crate::lists::Slice;
use crate::long::long;
use crate::mutation::Subject;
use crate::object::{link, words};
use crate::page::{Page, connection, cursor};
use crate::scalars::{DateTime, Position};
use crate::values::count;

connection!(RejectionConnection, RejectionEdge, AuditedRejection, "audited rejections, in the order of the log");

/// What looks wrong about a rejection (rule version 1). Only people are judged, never machines.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(remote = "letopis_projections::reports::audit::AuditFlag")]
pub enum AuditFlag {
    /// Nobody of the company had turned to the customer.
    NoContactAttempt,
    /// At least one call, all durations known, and all of them short.
    ShortCallOnly,
    /// The reason claims something that the facts contradict.
    EvidenceMismatch,
    /// One of many leads rejected by the employee within a short time.
    Burst,
    /// The lead had an overdue task of the employee who rejected it.
    OverdueDodge,
    /// The employee wrote the same comment on several leads rejected on the same day.
    CopyPasteComment,
}

/// The audit of the rejections of a period.
pub struct LeadRejectionAudit {
    view: View,
    query: report::AuditQuery,
    state: report::RejectionAudit,
}

/// The audit of the rejections of a period.
#[Object]
impl LeadRejectionAudit {
    /// The position it was read at.
    async fn position(&self) -> Position {
        Position(self.state.position)
    }

    /// Rejections in all.
    async fn total(&self) -> i32 {
        count(self.state.total)
    }

    /// By reason.
    async fn by_reason(&self) -> Vec<AuditCount> {
        self.state.by_reason.iter().map(|group| AuditCount::new(group, self.state.position)).collect()
    }

    /// By the employee who rejected.
    async fn by_employee(&self) -> Vec<AuditCount> {
        self.state.by_employee.iter().map(|group| AuditCount::new(group, self.state.position)).collect()
    }

    /// By the source of the lead.
    async fn by_source(&self) -> Vec<AuditCount> {
        self.state.by_source.iter().map(|group| AuditCount::new(group, self.state.position)).collect()
    }

    /// How often each flag was raised.
    async fn flags(&self) -> Vec<FlagCount> {
        flag_counts(&self.state.flags)
    }

    /// What evidence of calls there was, and when it came in.
    async fn evidence(&self) -> EvidenceSplit {
        let split = &self.state.evidence;
        EvidenceSplit {
            on_record: count(split.on_record),
            on_record_and_late: count(split.on_record_and_late),
            late: count(split.late),
            none: count(split.none),
        }
    }

    /// What became of the rejected leads.
    async fn returned(&self) -> ReturnedLeads {
        let returned = &self.state.returned;
        ReturnedLeads {
            rejected: count(returned.rejected),
            returned: count(returned.returned),
            converted: count(returned.converted),
            conversion: returned.conversion,
        }
    }

    /// The totals by the columns of `groupBy`; empty without it.
    async fn groups(&self) -> Vec<AuditGroup> {
        let group = |group: &report::AuditGroup| AuditGroup {
            key: GroupValue::of_key(&group.key, self.state.position),
            total: count(group.total),
            flags: flag_counts(&group.flags),
        };
        self.state.groups.iter().map(group).collect()
    }

    /// The rejections themselves.
    async fn rejections(
        &self,
        #[graphql(desc = "The first so many, at most 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> FieldResult<RejectionConnection> {
        let slice = Slice { first, after, last, before };
        let page = slice.page(|bytes| Some(LogPosition(u64::from_be_bytes(bytes.try_into().ok()?))))?;
        let page = long(|| self.view.rejections(&self.query, &page)).await.map_err(FieldError::from)?;
        let at = self.view.position();
        let entries = page
            .edges
            .into_iter()
            .map(|edge| (cursor(&edge.cursor.0.to_be_bytes()), AuditedRejection { state: edge.node, at }));
        let (view, query) = (self.view.clone(), self.query.clone());
        Ok(RejectionConnection(Page {
            entries: entries.collect(),
            has_next: page.has_next,
            has_previous: page.has_previous,
            total: Arc::new(move || Ok(usize::try_from(view.count_rejections(&query)?).unwrap_or(usize::MAX))),
        }))
    }
}

/// How many rejections share a value.
#[derive(SimpleObject)]
pub struct AuditCount {
    /// The value; null where there is none.
    key: Option<GroupValue>,
    /// How many.
    count: i32,
}

impl AuditCount {
    fn new(group: &letopis_projections::lists::Group, at: LogPosition) -> Self {
        Self { key: GroupValue::of_key(&group.key, at).into_iter().next(), count: count(group.count) }
    }
}

/// How often a flag was raised.
#[derive(SimpleObject)]
pub struct FlagCount {
    /// The flag.
    flag: AuditFlag,
    /// How often.
    count: i32,
}

fn flag_counts(flags: &[(report::AuditFlag, u64)]) -> Vec<FlagCount> {
    flags.iter().map(|(flag, times)| FlagCount { flag: (*flag).into(), count: count(*times) }).collect()
}

/// Rejections by whether calls were on record at the moment, and whether calls came in late.
#[derive(SimpleObject)]
pub struct EvidenceSplit {
    /// Calls on record, none late.
    on_record: i32,
    /// Calls on record, and late ones.
    on_record_and_late: i32,
    /// Late calls only.
    late: i32,
    /// No calls at all.
    none: i32,
}

/// What became of rejected leads, each counted once.
#[derive(SimpleObject)]
pub struct ReturnedLeads {
    /// Rejected at least once.
    rejected: i32,
    /// Of them, came back afterwards.
    returned: i32,
    /// Of those that came back, are converted.
    converted: i32,
    /// `converted / returned`.
    conversion: Option<f64>,
}

/// The totals of one group.
#[derive(SimpleObject)]
pub struct AuditGroup {
    /// The values of the columns, in their order.
    key: Vec<GroupValue>,
    /// Rejections.
    total: i32,
    /// How often each flag was raised.
    flags: Vec<FlagCount>,
}

/// One rejection with everything the audit knows of it.
pub struct AuditedRejection {
    state: report::AuditedRejection,
    at: LogPosition,
}

/// One rejection with everything the audit knows of it.
#[Object]
impl AuditedRejection {
    /// The lead.
    async fn lead(&self, context: &Context<'_>) -> Option<FieldResult<Lead>> {
        link(context, Some(self.state.lead), self.at)
    }

    /// The key of the reason.
    async fn reason(&self) -> &str {
        &self.state.reason
    }

    /// The version of the catalog.
    async fn catalog_version(&self) -> u32 {
        self.state.catalog_version
    }

    /// What the reason claims about the facts.
    async fn claim(&self) -> Option<Claim> {
        self.state.claim.map(Into::into)
    }

    /// The comment; `erased` once the personal data is.
    async fn comment(&self, context: &Context<'_>) -> FieldResult<Option<String>> {
        let recorded = seen(context, self.at)?.get(self.state.position).map_err(FieldError::from)?;
        Ok(recorded.and_then(|recorded| match &recorded.event {
            Event::LeadRejected(rejected) => words(&rejected.personal.map(|words| words.comment.clone())),
            _ => None,
        }))
    }

    /// Who rejected it.
    async fn rejected_by(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.rejected_by, self.at)
    }

    /// The team of who rejected it, at that moment.
    async fn team(&self, context: &Context<'_>) -> Option<FieldResult<Team>> {
        link(context, self.state.team, self.at)
    }

    /// The source of the lead.
    async fn source(&self) -> Option<&str> {
        self.state.source.as_deref()
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.state.occurred_at)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.state.recorded_at)
    }

    /// The place of the event in the log.
    async fn position(&self) -> Position {
        Position(self.state.position)
    }

    /// What was on record at that moment; it never changes.
    async fn circumstances(&self) -> Circumstances {
        let known = &self.state.circumstances;
        Circumstances {
            touches: count(known.touches),
            calls: count(known.calls),
            calls_of_unknown_duration: count(known.calls_of_unknown_duration),
            longest_call_seconds: known.longest_call_seconds,
            last_call_seconds: known.last_call_seconds,
            outbound_attempts: count(known.outbound_attempts),
            inbound: count(known.inbound),
            hours_since_received: known.hours_since_received,
            overdue_tasks_of_owner: count(known.overdue_tasks_of_owner),
            overdue_tasks_on_lead: count(known.overdue_tasks_on_lead),
        }
    }

    /// What was recorded later and had happened before.
    async fn late_evidence(&self) -> LateEvidence {
        LateEvidence { state: self.state.late_evidence.clone(), at: self.at }
    }

    /// What looks wrong.
    async fn flags(&self) -> Vec<AuditFlag> {
        self.state.flags.iter().copied().map(Into::into).collect()
    }

    /// The version of the thresholds by which it was judged.
    async fn rule_version(&self) -> u32 {
        self.state.rule_version
    }

    /// The thresholds by which it was judged.
    async fn rules(&self) -> AuditRules {
        AuditRules::new(self.state.rule_version, self.state.thresholds)
    }
}

/// What was on record at the moment of a rejection.
#[derive(SimpleObject)]
pub struct Circumstances {
    /// Activities with the customer: everything but notes and talk among employees.
    touches: i32,
    /// Calls with the customer.
    calls: i32,
    /// Calls whose duration is unknown, which is neither short nor long.
    calls_of_unknown_duration: i32,
    /// The longest call of known duration.
    longest_call_seconds: Option<f64>,
    /// The last call; null when there is none, or its duration is unknown.
    last_call_seconds: Option<f64>,
    /// Activities by which the company turned to the customer.
    outbound_attempts: i32,
    /// Activities by which the customer turned to the company.
    inbound: i32,
    /// From the arrival of the lead to the rejection; negative when the rejection is dated before it.
    hours_since_received: f64,
    /// Overdue tasks of the employee, whatever they were about.
    overdue_tasks_of_owner: i32,
    /// Overdue tasks on this lead, whoever's.
    overdue_tasks_on_lead: i32,
}

/// What was recorded after a rejection and had happened before it.
pub struct LateEvidence {
    state: report::LateEvidence,
    at: LogPosition,
}

/// What was recorded after a rejection and had happened before it.
#[Object]
impl LateEvidence {
    /// Activities with the customer.
    async fn touches(&self) -> i32 {
        count(self.state.touches)
    }

    /// Calls.
    async fn calls(&self) -> i32 {
        count(self.state.calls)
    }

    /// The longest call of known duration.
    async fn longest_call_seconds(&self) -> Option<f64> {
        self.state.longest_call_seconds
    }

    /// The first hundred of them, in the order in which they were recorded.
    async fn activities(&self, context: &Context<'_>) -> FieldResult<Vec<RecordedEvent>> {
        let seen = seen(context, self.at)?;
        let places = self.state.activities.iter().take(crate::limits::PAGE_SIZE_MAX);
        places.filter_map(|place| RecordedEvent::at(&seen, *place).map_err(Into::into).transpose()).collect()
    }
}

/// Many leads rejected by one employee in a short time.
pub struct RejectionBurst {
    state: bursts::RejectionBurst,
    at: LogPosition,
}

/// Many leads rejected by one employee in a short time.
#[Object]
impl RejectionBurst {
    /// Who.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, Some(self.state.employee), self.at)
    }

    /// How many leads.
    async fn lead_count(&self) -> i32 {
        count(self.state.leads.len())
    }

    /// The first hundred leads, in the order of their rejections.
    async fn leads(&self, context: &Context<'_>) -> FieldResult<Vec<Lead>> {
        let seen = seen(context, self.at)?;
        let leads = self.state.leads.iter().take(crate::limits::PAGE_SIZE_MAX);
        leads.filter_map(|lead| Lead::load(&seen, *lead).map_err(Into::into).transpose()).collect()
    }

    /// The places of the rejections in the log.
    async fn rejections(&self) -> Vec<Position> {
        self.state.rejections.iter().copied().map(Position).collect()
    }

    /// When the first happened.
    async fn first_at(&self) -> DateTime {
        DateTime(self.state.first_at)
    }

    /// When the last happened.
    async fn last_at(&self) -> DateTime {
        DateTime(self.state.last_at)
    }

    /// From the first to the last.
    #[expect(clippy::cast_precision_loss, reason = "spans stay far below 2^53 milliseconds")]
    async fn span_seconds(&self) -> f64 {
        self.state.span_ms as f64 / 1_000.0
    }

    /// Overdue tasks of the employee on these leads, which the rejections made disappear from the desk.
    async fn overdue_tasks_cleared(&self) -> i32 {
        count(self.state.overdue_tasks_cleared)
    }

    /// The version of the thresholds by which it was judged.
    async fn rule_version(&self) -> u32 {
        self.state.rule_version
    }
}

/// The rejection audit.
#[derive(Default)]
pub struct RejectionAuditQueries;

/// The rejection audit.
#[Object]
impl RejectionAuditQueries {
    /// Why leads were rejected in a period, by whom, in which circumstances, and what contradicts it.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the schema")]
    async fn lead_rejection_audit(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only rejections at or after this instant.")] from: Option<DateTime>,
        #[graphql(desc = "Only rejections before this instant.")] to: Option<DateTime>,
        #[graphql(desc = "Only these rejections.")] filter: Option<ReportWhere>,
        #[graphql(desc = "Only rejections with one of these flags.")] flags: Option<Vec<AuditFlag>>,
        #[graphql(desc = "By which columns to divide.")] group_by: Option<Vec<GroupBy>>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> FieldResult<LeadRejectionAudit> {
        let view = as_of::view(context, as_of).await?;
        let query = report::AuditQuery {
            period: period(from, to),
            filter: filter.map(ReportWhere::into_where).transpose()?.unwrap_or_default(),
            flags: flags.unwrap_or_default().into_iter().map(Into::into).collect(),
            group_by: fields(group_by),
        };
        let mut state = long(|| view.rejection_audit(&query)).await.map_err(FieldError::from)?;
        state.groups = bounded("groups", state.groups)?;
        Ok(LeadRejectionAudit { view, query, state })
    }

    /// The bursts in which leads were rejected in a period.
    async fn rejection_bursts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only bursts with a rejection at or after this instant.")] from: Option<DateTime>,
        #[graphql(desc = "Only bursts with a rejection before this instant.")] to: Option<DateTime>,
        #[graphql(desc = "Only bursts with one of these rejections.")] filter: Option<ReportWhere>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> FieldResult<Vec<RejectionBurst>> {
        let view = as_of::view(context, as_of).await?;
        let query = report::AuditQuery {
            period: period(from, to),
            filter: filter.map(ReportWhere::into_where).transpose()?.unwrap_or_default(),
            flags: Vec::new(),
            group_by: Vec::new(),
        };
        let found = long(|| view.rejection_bursts(&query)).await.map_err(FieldError::from)?;
        let at = view.position();
        Ok(bounded("bursts", found)?.into_iter().map(|state| RejectionBurst { state, at }).collect())
    }
}
