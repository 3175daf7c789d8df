//! What can be told only from many rejections at once: bursts, and comments that were copied.
//!
//! Both are derived as of the report's position. Each rejection is judged by the thresholds published at its own
//! moment, and only people's rejections count.

use letopis_domain::ids::{EmployeeId, LeadId, Position};
use letopis_domain::values::{Date, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::calendar::Calendar;
use crate::comment::CommentDigest;
use crate::models::published::AuditRules;
use crate::models::rejections::Rejection;
use crate::names::Ref;
use crate::scope::Scope;

/// Many leads rejected by one employee in a short time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RejectionBurst {
    /// Who.
    pub employee: EmployeeId,
    /// The leads, each once, in the order of their rejections.
    pub leads: Vec<LeadId>,
    /// The rejections, in the order in which they occurred.
    pub rejections: Vec<Position>,
    /// When the first occurred.
    pub first_at: Timestamp,
    /// When the last occurred.
    pub last_at: Timestamp,
    /// From the first to the last, in milliseconds.
    pub span_ms: i64,
    /// Overdue tasks of the employee on these leads, which the rejections made disappear from the desk.
    pub overdue_tasks_cleared: u64,
    /// The version of the thresholds.
    pub rule_version: u32,
}

/// The rows of one burst, in the order in which they occurred.
struct Run {
    rows: Vec<Ref>,
    rules: AuditRules,
}

/// The thresholds by rejection: looked up once per publication, not once per row.
struct Rules {
    /// The position from which each holds, ascending.
    versions: Vec<(u64, AuditRules)>,
}

impl Rules {
    fn read(scope: Scope<'_>) -> Self {
        let published = &scope.facts.published;
        let mut versions = vec![(0, published.rules(0))];
        let later = published.rules.iter().filter(|rules| rules.opened <= scope.position);
        versions.extend(later.map(|rules| (rules.opened, rules.content)));
        Self { versions }
    }

    fn index_at(&self, position: u64) -> usize {
        self.versions.partition_point(|(from, _)| *from <= position).saturating_sub(1)
    }
}

/// What was derived.
pub(crate) struct Derived {
    bursts: Vec<Run>,
    pub(crate) in_burst: FxHashSet<Ref>,
    pub(crate) copied: FxHashSet<Ref>,
}

/// Scratch counters of the leads in the current window.
#[derive(Default)]
struct Window {
    count_by_lead: FxHashMap<Ref, u32>,
}

impl Window {
    fn enter(&mut self, lead: Ref) {
        *self.count_by_lead.entry(lead).or_default() += 1;
    }

    fn leave(&mut self, lead: Ref) {
        if let Some(count) = self.count_by_lead.get_mut(&lead) {
            *count -= 1;
            if *count == 0 {
                self.count_by_lead.remove(&lead);
            }
        }
    }
}

pub(crate) fn derive(scope: Scope<'_>) -> Derived {
    let rules = Rules::read(scope);
    let bursts = bursts(scope, &rules);
    let in_burst = bursts.iter().flat_map(|run| run.rows.iter().copied()).collect();
    Derived { in_burst, bursts, copied: copied(scope, &rules) }
}

/// A rejection of an employee as the sliding window needs it.
struct Step<'f> {
    row: Ref,
    at: i64,
    rejection: &'f Rejection,
    rules: usize,
}

fn bursts(scope: Scope<'_>, rules: &Rules) -> Vec<Run> {
    let rejections = &scope.facts.rejections;
    let mut found = Vec::new();
    for rejected in &rejections.by_employee {
        let steps: Vec<Step<'_>> = rejected
            .iter()
            .filter_map(|(at, row)| {
                let rejection = rejections.rows.row(*row).filter(|row| row.opened <= scope.position)?;
                Some(Step { row: *row, at: *at, rejection, rules: rules.index_at(rejection.opened) })
            })
            .collect();
        let mut versions: Vec<usize> = steps.iter().map(|step| step.rules).collect();
        versions.dedup();
        versions.sort_unstable();
        versions.dedup();
        for version in versions {
            runs(&steps, version, rules.versions[version].1, &mut found);
        }
    }
    found
}

/// The runs of rejections of one employee that the thresholds of one version judge.
fn runs(steps: &[Step<'_>], version: usize, rules: AuditRules, found: &mut Vec<Run>) {
    let window_micros = i64::try_from(rules.thresholds.burst_window_ms).unwrap_or(i64::MAX).saturating_mul(1_000);
    let needed = rules.thresholds.burst_count as usize;
    let (mut window, mut first, mut taken) = (Window::default(), 0, 0);
    let mut run: Option<Run> = None;
    for (last, step) in steps.iter().enumerate() {
        window.enter(step.rejection.lead);
        while step.at.saturating_sub(steps[first].at) > window_micros {
            window.leave(steps[first].rejection.lead);
            first += 1;
        }
        if window.count_by_lead.len() < needed {
            continue;
        }
        if taken <= first || run.is_none() {
            found.extend(run.take().filter(|run| !run.rows.is_empty()));
            (run, taken) = (Some(Run { rows: Vec::new(), rules }), first);
        }
        if let Some(run) = &mut run {
            run.rows.extend(steps[taken..=last].iter().filter(|step| step.rules == version).map(|step| step.row));
        }
        taken = last + 1;
    }
    found.extend(run.filter(|run| !run.rows.is_empty()));
}

/// Rejections with a comment that stands on too many leads of the same day.
fn copied(scope: Scope<'_>, rules: &Rules) -> FxHashSet<Ref> {
    let calendar = Calendar::new(scope.facts.published.zone(scope.position));
    let mut by_comment: FxHashMap<(CommentDigest, Date), Vec<Ref>> = FxHashMap::default();
    let rows = &scope.facts.rejections.rows;
    for (index, rejection) in rows.iter().enumerate().take_while(|(_, row)| row.opened <= scope.position) {
        if rejection.is_judged && !rejection.comment.is_none() {
            by_comment
                .entry((rejection.comment, calendar.day(rejection.occurred_at)))
                .or_default()
                .push(Ref::at(index));
        }
    }
    let mut copied = FxHashSet::default();
    for same in by_comment.into_values() {
        let leads: FxHashSet<Ref> = same.iter().filter_map(|row| rows.row(*row)).map(|row| row.lead).collect();
        copied.extend(same.into_iter().filter(|row| {
            let needed = rows
                .row(*row)
                .map_or(u32::MAX, |row| rules.versions[rules.index_at(row.opened)].1.thresholds.copied_comment_count);
            leads.len() >= needed as usize
        }));
    }
    copied
}

impl Derived {
    /// The bursts that hold a rejection which passes, in the order in which they began.
    pub(crate) fn into_bursts(self, scope: Scope<'_>, passes: impl Fn(&Rejection) -> bool) -> Vec<RejectionBurst> {
        let rows = &scope.facts.rejections.rows;
        let mut bursts: Vec<_> = self
            .bursts
            .into_iter()
            .filter(|run| run.rows.iter().filter_map(|row| rows.row(*row)).any(&passes))
            .filter_map(|run| burst(scope, &run))
            .collect();
        bursts.sort_by_key(|burst| (burst.first_at, burst.rejections.first().copied()));
        bursts
    }
}

fn burst(scope: Scope<'_>, run: &Run) -> Option<RejectionBurst> {
    let members: Vec<&Rejection> = run.rows.iter().filter_map(|row| scope.facts.rejections.rows.row(*row)).collect();
    let (first, last) = (members.first()?, members.last()?);
    let mut cleared_by_lead: FxHashMap<Ref, u32> = FxHashMap::default();
    let mut leads = Vec::new();
    for member in &members {
        let cleared = cleared_by_lead.entry(member.lead).or_insert_with(|| {
            leads.extend(scope.facts.names.id::<LeadId>(member.lead));
            0
        });
        *cleared = (*cleared).max(member.overdue_of_employee_on_lead);
    }
    Some(RejectionBurst {
        employee: scope.facts.names.id(first.who.employee)?,
        leads,
        rejections: members.iter().map(|member| Position(member.opened)).collect(),
        first_at: Timestamp::from_micros(first.occurred_at),
        last_at: Timestamp::from_micros(last.occurred_at),
        span_ms: (last.occurred_at - first.occurred_at) / 1_000,
        overdue_tasks_cleared: cleared_by_lead.into_values().map(u64::from).sum(),
        rule_version: run.rules.version,
    })
}
