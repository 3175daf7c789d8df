//! The rejection audit: why leads were rejected, by whom, in which circumstances, and what contradicts it.

use letopis_domain::catalog::{AuditThresholds, Claim};
use letopis_domain::ids::{BusinessUnitId, EmployeeId, LeadId, Position, TeamId};
use letopis_domain::values::Timestamp;
use rustc_hash::FxHashMap;

use crate::filter::{QueryError, Sieve, Where};
use crate::lists::{Group, Groups};
use crate::models::rejections::{Evidence, Rejection as Row};
use crate::names::{Cell, Kind, Ref};
use crate::page::{Edge, Page, PageRequest};
use crate::reports::bursts::{Derived, RejectionBurst, derive};
use crate::reports::funnel::ratio;
use crate::scope::{Between, Column, Scope};
use crate::value::{Field, Value};

/// What looks wrong about a rejection. Rule version 1; the thresholds are those published at its moment. Only
/// people's rejections are flagged, not those of machines or of the system itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AuditFlag {
    /// Nobody of the company had turned to the customer: no outbound activity.
    NoContactAttempt,
    /// At least one call, all durations known, and all of them short (under 10 s).
    ShortCallOnly,
    /// The reason claims that nobody answered, and a call of 30 s or more, an inbound activity, or the absence of any
    /// call contradicts it.
    EvidenceMismatch,
    /// One of many leads (10) rejected by the employee within a short time (10 minutes). Derived as of the position.
    Burst,
    /// The lead had an overdue task of the employee who rejected it.
    OverdueDodge,
    /// The same comment stands on several leads (5) rejected on the same day. Derived as of the position.
    CopyPasteComment,
}

impl AuditFlag {
    /// Every flag, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::NoContactAttempt,
        Self::ShortCallOnly,
        Self::EvidenceMismatch,
        Self::Burst,
        Self::OverdueDodge,
        Self::CopyPasteComment,
    ];
}

/// What is asked of the audit. Filters and groups read the columns of rejections: employee, team, unit, source,
/// reason, lead and the lead's attributes, as they were at that moment.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// When the rejection occurred.
    pub period: Between,
    /// Which rejections.
    pub filter: Where,
    /// Only rejections with at least one of these flags; empty = all.
    pub flags: Vec<AuditFlag>,
    /// By which columns to divide the totals.
    pub group_by: Vec<Field>,
}

/// The audit as of a position.
#[derive(Clone, PartialEq, Debug)]
pub struct RejectionAudit {
    /// The position it was read at.
    pub position: Position,
    /// Rejections.
    pub total: u64,
    /// By reason.
    pub by_reason: Vec<Group>,
    /// By employee.
    pub by_employee: Vec<Group>,
    /// By source of the lead.
    pub by_source: Vec<Group>,
    /// How often each flag was raised, in the order of [`AuditFlag::ALL`].
    pub flags: Vec<(AuditFlag, u64)>,
    /// What evidence of calls there was, and when it came in.
    pub evidence: EvidenceSplit,
    /// What became of the leads.
    pub returned: ReturnedLeads,
    /// The totals by the columns asked for; empty when no grouping was asked for.
    pub groups: Vec<AuditGroup>,
}

/// The totals of one group.
#[derive(Clone, PartialEq, Debug)]
pub struct AuditGroup {
    /// The values of the columns by which was grouped.
    pub key: Vec<Value>,
    /// Rejections.
    pub total: u64,
    /// How often each flag was raised, in the order of [`AuditFlag::ALL`].
    pub flags: Vec<(AuditFlag, u64)>,
}

/// Rejections by whether calls were on record at the moment, and whether calls came in late.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EvidenceSplit {
    /// Calls on record, none late.
    pub on_record: u64,
    /// Calls on record, and late ones.
    pub on_record_and_late: u64,
    /// Late calls only.
    pub late: u64,
    /// No calls at all.
    pub none: u64,
}

impl EvidenceSplit {
    fn add(&mut self, has_calls: bool, has_late_calls: bool) {
        *match (has_calls, has_late_calls) {
            (true, false) => &mut self.on_record,
            (true, true) => &mut self.on_record_and_late,
            (false, true) => &mut self.late,
            (false, false) => &mut self.none,
        } += 1;
    }
}

/// What became of the rejected leads, each counted once.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct ReturnedLeads {
    /// Rejected at least once.
    pub rejected: u64,
    /// Of them, came back afterwards.
    pub returned: u64,
    /// Of those that came back, are converted.
    pub converted: u64,
    /// `converted / returned`.
    pub conversion: Option<f64>,
}

/// The facts recorded before a rejection that had happened by then. They never change.
#[derive(Clone, PartialEq, Debug)]
pub struct Circumstances {
    /// Activities with the customer: everything but notes and talk among employees.
    pub touches: u64,
    /// Calls with the customer.
    pub calls: u64,
    /// Calls whose duration is unknown, which is neither short nor long.
    pub calls_of_unknown_duration: u64,
    /// Of the calls of known duration.
    pub longest_call_seconds: Option<f64>,
    /// Of the last call; none when there is none, or its duration is unknown.
    pub last_call_seconds: Option<f64>,
    /// Activities by which the company turned to the customer.
    pub outbound_attempts: u64,
    /// Activities by which the customer turned to the company.
    pub inbound: u64,
    /// From the lead's arrival to the rejection; negative when the rejection is dated before it.
    pub hours_since_received: f64,
    /// Overdue tasks of the employee, whatever they were about.
    pub overdue_tasks_of_owner: u64,
    /// Overdue tasks on this lead, whoever's.
    pub overdue_tasks_on_lead: u64,
}

/// What was recorded after a rejection and had happened before it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LateEvidence {
    /// Activities with the customer.
    pub touches: u64,
    /// Calls.
    pub calls: u64,
    /// Of the calls of known duration.
    pub longest_call_seconds: Option<f64>,
    /// The activities, in the order in which they were recorded.
    pub activities: Vec<Position>,
}

/// One rejection with everything the audit knows of it. The comment is in the event at `position`.
#[derive(Clone, PartialEq, Debug)]
pub struct AuditedRejection {
    /// The event.
    pub position: Position,
    /// The lead.
    pub lead: LeadId,
    /// The reason's key.
    pub reason: String,
    /// The version of the catalog.
    pub catalog_version: u32,
    /// What the reason claims about the facts.
    pub claim: Option<Claim>,
    /// Who rejected it.
    pub rejected_by: Option<EmployeeId>,
    /// The team at that moment.
    pub team: Option<TeamId>,
    /// The business unit at that moment.
    pub unit: Option<BusinessUnitId>,
    /// The lead's source.
    pub source: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Frozen.
    pub circumstances: Circumstances,
    /// Came in later.
    pub late_evidence: LateEvidence,
    /// What looks wrong.
    pub flags: Vec<AuditFlag>,
    /// The version of the thresholds.
    pub rule_version: u32,
    /// The thresholds.
    pub thresholds: AuditThresholds,
}

/// The rejections that a query means, with what was derived as of the position.
struct Audit<'f> {
    scope: Scope<'f>,
    query: &'f AuditQuery,
    sieve: Sieve<Column>,
    derived: Derived,
}

impl<'f> Audit<'f> {
    fn new(scope: Scope<'f>, query: &'f AuditQuery) -> Result<Self, QueryError> {
        Ok(Self { scope, query, sieve: scope.sieve::<Row>(&query.filter)?, derived: derive(scope) })
    }

    fn is_meant(&self, row: &Row) -> bool {
        self.query.period.holds(row.occurred_at) && self.scope.passes(&self.sieve, row)
    }

    /// One bit per flag, in the order of `AuditFlag::ALL`.
    fn flags(&self, at: Ref, row: &Row) -> [bool; 6] {
        if !row.is_judged {
            return [false; 6];
        }
        let found = &row.findings;
        [
            found.no_contact_attempt,
            found.short_call_only,
            found.evidence_mismatch,
            self.derived.is_in_burst(at),
            found.overdue_dodge,
            self.derived.is_copied(at),
        ]
    }

    /// The rejections that are meant, in the order of the log, with their flags.
    fn rows(&self) -> impl Iterator<Item = (Ref, &'f Row, [bool; 6])> {
        let rows = &self.scope.facts.rejections.rows;
        let known = rows.iter().enumerate().take_while(|(_, row)| row.opened <= self.scope.position);
        let wanted = AuditFlag::ALL.map(|flag| self.query.flags.contains(&flag));
        known.filter_map(move |(index, row)| {
            if !self.is_meant(row) {
                return None;
            }
            let flags = self.flags(Ref::at(index), row);
            let has_wanted = self.query.flags.is_empty() || flags.iter().zip(wanted).any(|(flag, want)| *flag && want);
            has_wanted.then_some((Ref::at(index), row, flags))
        })
    }
}

#[derive(Default)]
struct Tally {
    total: u64,
    flags: [u64; 6],
}

impl Tally {
    fn add(&mut self, flags: [bool; 6]) {
        self.total += 1;
        for (count, flag) in self.flags.iter_mut().zip(flags) {
            *count += u64::from(flag);
        }
    }

    fn named(&self) -> Vec<(AuditFlag, u64)> {
        AuditFlag::ALL.into_iter().zip(self.flags).collect()
    }
}

/// Counts by a number of a dictionary.
#[derive(Default)]
struct Shares(Vec<u64>);

impl Shares {
    fn add(&mut self, of: Ref) {
        let index = of.number() as usize;
        if self.0.len() <= index {
            self.0.resize(index + 1, 0);
        }
        self.0[index] += 1;
    }

    fn named(self, name: impl Fn(Ref) -> Value) -> Vec<Group> {
        let counts = self.0.into_iter().enumerate().filter(|(_, count)| *count > 0);
        let of = |number: usize| number.checked_sub(1).map_or(Ref::NONE, Ref::at);
        let mut groups: Vec<Group> =
            counts.map(|(number, count)| Group { key: vec![name(of(number))], count }).collect();
        groups.sort_by(|one, other| one.key.cmp(&other.key));
        groups
    }
}

/// The first rejection of each lead among those that are meant; 0 = none.
struct FirstRejections(Vec<u64>);

impl FirstRejections {
    fn of(&self, lead: Ref) -> Option<u64> {
        self.0.get(lead.index()?).copied().filter(|first| *first > 0)
    }
}

pub(crate) fn audit(scope: Scope<'_>, query: &AuditQuery) -> Result<RejectionAudit, QueryError> {
    let audit = Audit::new(scope, query)?;
    let names = &scope.facts.names;
    let columns = scope.columns::<Row>(&query.group_by)?;
    let late_calls = late_calls(scope);
    let (mut by_reason, mut by_employee, mut by_source) = (Shares::default(), Shares::default(), Shares::default());
    let (mut all, mut groups, mut evidence) = (Tally::default(), Groups::<Tally>::default(), EvidenceSplit::default());
    let mut first = FirstRejections(vec![0; names.ids[Kind::Lead as usize].len()]);
    for (at, row, flags) in audit.rows() {
        all.add(flags);
        by_reason.add(row.reason);
        by_employee.add(row.who.employee);
        by_source.add(row.source);
        if !columns.is_empty() {
            groups.of(columns.iter().map(|column| scope.cell(row, column))).add(flags);
        }
        evidence.add(row.evidence.calls > 0, late_calls.binary_search(&at).is_ok());
        if let Some(first) = row.lead.index().and_then(|lead| first.0.get_mut(lead)).filter(|first| **first == 0) {
            *first = row.opened;
        }
    }
    let groups = groups.into_sorted(scope).into_iter();
    Ok(RejectionAudit {
        position: Position(scope.position),
        total: all.total,
        by_reason: by_reason.named(|reason| names.value(Cell::text(reason))),
        by_employee: by_employee.named(|employee| names.value(Cell::id(Kind::Employee, employee))),
        by_source: by_source.named(|source| names.value(Cell::text(source))),
        flags: all.named(),
        evidence,
        returned: returned(scope, &first),
        groups: groups.map(|(key, tally)| AuditGroup { key, total: tally.total, flags: tally.named() }).collect(),
    })
}

/// The rejections with late calls, ascending.
fn late_calls(scope: Scope<'_>) -> Vec<Ref> {
    let facts = scope.facts;
    let late = facts.rejections.late.iter().take_while(|late| late.opened <= scope.position);
    let is_call = |row: Ref| {
        let activity = facts.activities.rows.row(row);
        activity.is_some_and(|activity| activity.is_call() && scope.sees(activity))
    };
    let mut rejections: Vec<Ref> = late.filter(|late| is_call(late.activity)).map(|late| late.rejection).collect();
    rejections.sort_unstable();
    rejections.dedup();
    rejections
}

/// What became of the leads after the first of their rejections that are meant.
fn returned(scope: Scope<'_>, first: &FirstRejections) -> ReturnedLeads {
    let mut counted = ReturnedLeads {
        rejected: first.0.iter().filter(|first| **first > 0).count() as u64,
        ..ReturnedLeads::default()
    };
    let mut by_lead: FxHashMap<Ref, bool> = FxHashMap::default();
    let known = scope.facts.rejections.returns.iter().take_while(|returned| returned.opened <= scope.position);
    for returned in known.filter(|returned| first.of(returned.lead).is_some_and(|first| first < returned.opened)) {
        let is_converted = returned.converted != 0 && returned.converted <= scope.position;
        *by_lead.entry(returned.lead).or_default() |= is_converted;
    }
    counted.returned = by_lead.len() as u64;
    counted.converted = by_lead.values().filter(|is_converted| **is_converted).count() as u64;
    counted.conversion = ratio(counted.converted, counted.returned);
    counted
}

/// The rejections themselves, in the order of the log; cursors are positions.
pub(crate) fn rejections(
    scope: Scope<'_>,
    query: &AuditQuery,
    page: &PageRequest<Position>,
) -> Result<Page<AuditedRejection, Position>, QueryError> {
    let (size, from_end) = page.size()?;
    let audit = Audit::new(scope, query)?;
    let (mut has_previous, mut has_next) = (false, false);
    let mut found: Vec<(&Row, [bool; 6])> = Vec::new();
    for (_, row, flags) in audit.rows() {
        if page.after.is_some_and(|after| row.opened <= after.0) {
            has_previous = true;
        } else if page.before.is_some_and(|before| row.opened >= before.0) || (!from_end && found.len() == size) {
            has_next = true;
            break;
        } else {
            found.push((row, flags));
        }
    }
    if from_end && found.len() > size {
        found.drain(..found.len() - size);
        has_previous = true;
    }
    let edge = |(row, flags): (&Row, [bool; 6])| {
        let node = audited(scope, row, flags)?;
        Some(Edge { cursor: node.position, node })
    };
    Ok(Page { edges: found.into_iter().filter_map(edge).collect(), has_next, has_previous })
}

/// How many rejections a query means.
pub(crate) fn count(scope: Scope<'_>, query: &AuditQuery) -> Result<u64, QueryError> {
    Ok(Audit::new(scope, query)?.rows().count() as u64)
}

/// The bursts in which a rejection that the query means took part.
pub(crate) fn rejection_bursts(scope: Scope<'_>, query: &AuditQuery) -> Result<Vec<RejectionBurst>, QueryError> {
    let audit = Audit::new(scope, query)?;
    let Audit { sieve, derived, .. } = audit;
    let is_meant = |row: &Row| query.period.holds(row.occurred_at) && scope.passes(&sieve, row);
    Ok(derived.into_bursts(scope, is_meant))
}

#[expect(clippy::cast_precision_loss, reason = "durations of calls fit")]
fn seconds(ms: Option<u64>) -> Option<f64> {
    ms.map(|ms| ms as f64 / 1e3)
}

fn audited(scope: Scope<'_>, row: &Row, flags: [bool; 6]) -> Option<AuditedRejection> {
    let names = &scope.facts.names;
    let rules = scope.facts.published.rules(row.opened);
    Some(AuditedRejection {
        position: Position(row.opened),
        lead: names.id(row.lead)?,
        reason: names.text(row.reason)?.to_owned(),
        catalog_version: row.catalog_version,
        claim: row.claim,
        rejected_by: names.id(row.who.employee),
        team: names.id(row.who.team),
        unit: names.id(row.who.unit),
        source: names.text(row.source).map(str::to_owned),
        occurred_at: Timestamp::from_micros(row.occurred_at),
        recorded_at: Timestamp::from_micros(row.recorded_at),
        circumstances: circumstances(row),
        late_evidence: late_evidence(scope, row),
        flags: AuditFlag::ALL
            .into_iter()
            .zip(flags)
            .filter(|(_, is_raised)| *is_raised)
            .map(|(flag, _)| flag)
            .collect(),
        rule_version: rules.version,
        thresholds: rules.thresholds,
    })
}

fn circumstances(row: &Row) -> Circumstances {
    let evidence: &Evidence = &row.evidence;
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a lead's life fit")]
    let hours_since_received = row.occurred_at.saturating_sub(row.received_at) as f64 / 3.6e9;
    Circumstances {
        touches: evidence.touches.into(),
        calls: evidence.calls.into(),
        calls_of_unknown_duration: evidence.calls_of_unknown_duration.into(),
        longest_call_seconds: seconds(evidence.longest_call_ms),
        last_call_seconds: seconds(evidence.last_call_ms),
        outbound_attempts: evidence.outbound.into(),
        inbound: evidence.inbound.into(),
        hours_since_received,
        overdue_tasks_of_owner: row.overdue_of_employee.into(),
        overdue_tasks_on_lead: row.overdue_on_lead.into(),
    }
}

fn late_evidence(scope: Scope<'_>, row: &Row) -> LateEvidence {
    let recorded_later = scope.facts.activities.of_lead(row.lead).take_while(|activity| activity.opened > row.opened);
    let mut evidence = LateEvidence::default();
    let mut longest: Option<u64> = None;
    for activity in recorded_later {
        if activity.opened > scope.position || activity.occurred_at > row.occurred_at || !scope.sees(activity) {
            continue;
        }
        evidence.touches += u64::from(activity.is_touch());
        evidence.calls += u64::from(activity.is_call());
        longest = if activity.is_call() { longest.max(activity.duration_ms) } else { longest };
        evidence.activities.push(Position(activity.opened));
    }
    evidence.activities.reverse();
    evidence.longest_call_seconds = seconds(longest);
    evidence
}
