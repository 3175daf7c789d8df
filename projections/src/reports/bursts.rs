//! What can be told only from many rejections at once: bursts, and comments that were copied.
//!
//! Both are derived as of the report's position. Each rejection is judged by the thresholds published at its own
//! moment, and only people's rejections count.

use letopis_domain::ids::{EmployeeId, LeadId, Position};
use letopis_domain::values::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::calendar::Calendar;
use crate::models::published::AuditRules;
use crate::models::rejections::{Judged, Rejection};
use crate::names::{Kind, Ref};
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
    /// By row.
    in_burst: Vec<bool>,
    copied: Vec<bool>,
}

pub(crate) fn derive(scope: Scope<'_>) -> Derived {
    let rules = Rules::read(scope);
    let rows = scope.facts.rejections.rows.len();
    let bursts = bursts(scope, &rules);
    let mut in_burst = vec![false; rows];
    for index in bursts.iter().flat_map(|run| &run.rows).filter_map(|row| row.index()) {
        in_burst[index] = true;
    }
    Derived { in_burst, bursts, copied: copied(scope, &rules) }
}

/// The leads of the current window, each with how often it occurs there.
#[derive(Default)]
struct Window {
    from: usize,
    until: usize,
    count_by_lead: FxHashMap<Ref, u32>,
}

impl Window {
    /// Slides to `from..=last` and tells how many leads there are.
    fn slide(&mut self, steps: &[Step], from: usize, last: usize) -> usize {
        if from >= self.until {
            self.count_by_lead.clear();
            (self.from, self.until) = (from, from);
        }
        for step in &steps[self.from..from] {
            if let Some(count) = self.count_by_lead.get_mut(&step.judged.lead) {
                *count -= 1;
                if *count == 0 {
                    self.count_by_lead.remove(&step.judged.lead);
                }
            }
        }
        for step in &steps[self.until..=last] {
            *self.count_by_lead.entry(step.judged.lead).or_default() += 1;
        }
        (self.from, self.until) = (from, last + 1);
        self.count_by_lead.len()
    }
}

/// A rejection of an employee and the version of the thresholds that judges it.
struct Step {
    judged: Judged,
    rules: usize,
}

/// What is hidden is as if it was not there: it makes no burst and no copy.
fn is_seen(scope: Scope<'_>, judged: &Judged) -> bool {
    scope.of_entity(Kind::Lead, judged.lead).sees()
}

fn bursts(scope: Scope<'_>, rules: &Rules) -> Vec<Run> {
    let mut found = Vec::new();
    for judged in &scope.facts.rejections.by_employee {
        let known = judged.iter().filter(|judged| judged.opened <= scope.position && is_seen(scope, judged));
        let steps: Vec<Step> =
            known.map(|judged| Step { judged: *judged, rules: rules.index_at(judged.opened) }).collect();
        for (version, (_, rules)) in rules.versions.iter().enumerate() {
            if steps.iter().any(|step| step.rules == version) {
                runs(&steps, version, *rules, &mut found);
            }
        }
    }
    found
}

/// The runs of rejections of one employee that the thresholds of one version judge.
fn runs(steps: &[Step], version: usize, rules: AuditRules, found: &mut Vec<Run>) {
    let window_micros = i64::try_from(rules.thresholds.burst_window_ms).unwrap_or(i64::MAX).saturating_mul(1_000);
    let needed = (rules.thresholds.burst_count as usize).max(1);
    let is_within =
        |first: &Step, last: &Step| last.judged.occurred_at.saturating_sub(first.judged.occurred_at) <= window_micros;
    let (mut window, mut first, mut taken) = (Window::default(), 0, 0);
    let mut run: Option<Run> = None;
    for (last, step) in steps.iter().enumerate() {
        while !is_within(&steps[first], step) {
            first += 1;
        }
        // Most stretches have too few rejections, whatever their leads.
        if last + 1 - first < needed || window.slide(steps, first, last) < needed {
            continue;
        }
        if taken <= first || run.is_none() {
            found.extend(run.take().filter(|run| !run.rows.is_empty()));
            (run, taken) = (Some(Run { rows: Vec::new(), rules }), first);
        }
        if let Some(run) = &mut run {
            run.rows
                .extend(steps[taken..=last].iter().filter(|step| step.rules == version).map(|step| step.judged.row));
        }
        taken = last + 1;
    }
    found.extend(run.filter(|run| !run.rows.is_empty()));
}

/// No day is longer, whatever the clocks do.
const DAY_MAX_MICROS: i64 = 26 * 60 * 60 * 1_000_000;

/// Rejections with a comment that stands on too many leads of the same day.
fn copied(scope: Scope<'_>, rules: &Rules) -> Vec<bool> {
    let calendar = Calendar::new(scope.facts.published.zone(scope.position));
    let rejections = &scope.facts.rejections;
    let mut copied = vec![false; rejections.rows.len()];
    let needed = |judged: &Judged| {
        let rules = &rules.versions[rules.index_at(judged.opened)].1;
        rules.thresholds.copied_comment_count as usize
    };
    let fewest = rules.versions.iter().map(|(_, rules)| rules.thresholds.copied_comment_count as usize).min();
    let fewest = fewest.unwrap_or(1).max(1);
    for same in rejections.by_comment.values().filter(|same| same.len() >= fewest) {
        let known: Vec<&Judged> =
            same.iter().filter(|judged| judged.opened <= scope.position && is_seen(scope, judged)).collect();
        let are_near =
            |some: &[&Judged]| some[fewest - 1].occurred_at.saturating_sub(some[0].occurred_at) <= DAY_MAX_MICROS;
        if !known.windows(fewest).any(are_near) {
            continue;
        }
        for day in known.chunk_by(|one, other| calendar.day(one.occurred_at) == calendar.day(other.occurred_at)) {
            let leads: FxHashSet<Ref> = day.iter().map(|judged| judged.lead).collect();
            for judged in day.iter().filter(|judged| leads.len() >= needed(judged)) {
                if let Some(index) = judged.row.index() {
                    copied[index] = true;
                }
            }
        }
    }
    copied
}

impl Derived {
    pub(crate) fn is_in_burst(&self, row: Ref) -> bool {
        row.index().is_some_and(|index| self.in_burst[index])
    }

    pub(crate) fn is_copied(&self, row: Ref) -> bool {
        row.index().is_some_and(|index| self.copied[index])
    }

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
        span_ms: last.occurred_at.saturating_sub(first.occurred_at) / 1_000,
        overdue_tasks_cleared: cleared_by_lead.into_values().map(u64::from).sum(),
        rule_version: run.rules.version,
    })
}
